"""Completion of flag keys, environments and proposals, for prompts and resource templates."""

from collections.abc import Mapping, Sequence
from typing import Any

import anyio.to_thread
from mcp.server import MCPServer
from mcp_types import Completion, CompletionArgument, CompletionContext, PromptReference, ResourceTemplateReference

from mcp_server.services.home import Home
from mcp_server.services.ports import Reader
from mcp_server.services.proposal import OPEN_STATES
from mcp_server.tools.access import Caller
from mcp_server.tools.tidy import completing

MOST = 100
"""Values in one completion; the protocol's limit."""


def add_completions(server: MCPServer[Any], home: Home) -> None:
    """Registers them."""

    @server.completion()  # type: ignore[no-untyped-call, untyped-decorator]
    async def complete(
        reference: PromptReference | ResourceTemplateReference,
        argument: CompletionArgument,
        context: CompletionContext | None,
    ) -> Completion | None:
        caller = completing.get()
        if "flags:read" not in caller.scopes:
            return None
        resolved = (context and context.arguments) or {}
        known = await anyio.to_thread.run_sync(_values, home, caller, argument.name, resolved)
        found = [value for value in known if value.startswith(argument.value)]
        return Completion(values=found[:MOST], total=len(found), has_more=len(found) > MOST)


def _values(home: Home, caller: Caller, name: str, resolved: Mapping[str, str]) -> Sequence[str]:
    with home.store.read() as reader:
        environments = [
            environment.name for environment in reader.environments() if caller.environment in (None, environment.name)
        ]
        match name:
            case "environment":
                return environments
            case "flag_key" | "key":
                wanted = resolved.get("environment") or ""
                return _flag_keys(reader, [wanted] if wanted in environments else environments)
            case "proposal_id":
                return [
                    proposal.id
                    for proposal in reader.proposals(caller.environment, states=list(OPEN_STATES), limit=MOST)
                ]
            case _:
                return []


def _flag_keys(reader: Reader, environments: Sequence[str]) -> Sequence[str]:
    return sorted({document.ref.key for name in environments for document in reader.documents(name, "flag")})
