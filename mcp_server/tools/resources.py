"""Resources: flags, proposals, the policy in force, the grammar of operations. Tools reach the first two as well."""

import json
from typing import Any

from mcp.server import MCPServer
from mcp.server.mcpserver import Context
from mcp.server.mcpserver.exceptions import ResourceError, ResourceNotFoundError

from mcp_server.services import finding
from mcp_server.services.errors import DrysailError, NotFound
from mcp_server.services.operations import grammar_text
from mcp_server.services.policy_in_force import policy_in_force
from mcp_server.tools import proposal_views, views
from mcp_server.tools.access import Caller
from mcp_server.tools.answer import error_text
from mcp_server.tools.desk import Desk
from mcp_server.tools.tidy import caller_of


def add_resources(server: MCPServer[Any], desk: Desk) -> None:
    """Registers them."""
    home = desk.home

    def reader_of(ctx: Context[Any], environment: str | None = None) -> Caller:
        caller = caller_of(desk.access, ctx.request_context)
        caller.require("get_flag")
        if environment is not None:
            caller.check_environment(environment)
        return caller

    @server.resource("drysail://operations", title="Operations", mime_type="text/plain")
    def operations() -> str:
        """What modify_flag and simulate_flag take: each operation with its fields and meaning."""
        return grammar_text()

    @server.resource("drysail://flags/{environment}/{key}", title="Flag", mime_type="application/json")
    def flag(environment: str, key: str, ctx: Context[Any]) -> str:
        """One flag, as get_flag shows it in full."""
        try:
            reader_of(ctx, environment)
            view = finding.get_flag(home, environment, key)
        except DrysailError as error:
            raise _as_resource_error(error) from error
        return views.flag_answer(environment, view).model_dump_json(exclude_none=True)

    @server.resource("drysail://proposals/{proposal_id}", title="Proposal", mime_type="application/json")
    def proposal(proposal_id: str, ctx: Context[Any]) -> str:
        """One proposal, as get_proposal shows it."""
        try:
            found, evidence = desk.proposal(reader_of(ctx), proposal_id)
        except DrysailError as error:
            raise _as_resource_error(error) from error
        return proposal_views.proposal_answer(found, evidence).model_dump_json(exclude_none=True)

    @server.resource("drysail://policy/{environment}", title="Policy", mime_type="application/json")
    def policy(environment: str, ctx: Context[Any]) -> str:
        """The rules in force, with their limits. They are public: knowing them does not weaken them."""
        try:
            reader_of(ctx, environment)
            with home.store.read() as reader:
                reader.environment(environment)
                in_force = policy_in_force(reader)
        except DrysailError as error:
            raise _as_resource_error(error) from error
        return json.dumps(in_force.resolved())


def _as_resource_error(error: DrysailError) -> ResourceError:
    kind = ResourceNotFoundError if isinstance(error, NotFound) else ResourceError
    return kind(error_text(error))
