"""Tools that look at proposals: list_proposals, get_proposal."""

from collections.abc import Sequence
from difflib import get_close_matches
from typing import Annotated, Any

from mcp.server.mcpserver import Context
from mcp_types import CallToolResult
from pydantic import Field

from mcp_server.services.changing import flag_document
from mcp_server.services.errors import InvalidInput
from mcp_server.services.foreign_text import clean
from mcp_server.services.proposal import Proposal, ProposalState
from mcp_server.tools import proposal_views, shapes
from mcp_server.tools.answer import answer, told
from mcp_server.tools.desk import Cursor, Desk, Detail, Limit, ProposalId
from mcp_server.tools.paging import cursor_of, offset_of

MOST = 10_000


class Proposals:
    """The tools that look at proposals, as bound methods for the server to register."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._home = desk.home

    @told
    def list_proposals(
        self,
        ctx: Context[Any],
        environment: Annotated[str | None, Field(description="left out: all")] = None,
        state: Annotated[str | None, Field(description="e.g. needs_review, approved, applied")] = None,
        flag_key: str | None = None,
        limit: Limit = 10,
        cursor: Cursor = None,
    ) -> Annotated[CallToolResult, shapes.Proposals]:
        """List proposals, newest first: who wants to change what, and how far it has come."""
        caller = self._desk.caller(ctx, "list_proposals")
        name = environment or caller.environment
        if name is not None:
            caller.check_environment(name)
        offset = offset_of(cursor)
        found = self._found(name, state, flag_key)
        rows = [proposal_views.proposal_row(proposal) for proposal in found[offset : offset + limit]]
        more = cursor_of(offset + limit if offset + limit < len(found) else None)
        step = "get_proposal shows one of them with its effect and findings."
        if not rows:
            step = "Nothing fits; leave a filter out, or propose something with modify_flag."
        if more:
            step = f"{step} Call again with cursor={more} for more."
        return answer(
            [f"{len(rows)} of {len(found)} proposals:", *map(proposal_views.proposal_line, rows), step],
            shapes.Proposals(proposals=rows, total=len(found), next_cursor=more, next_step=step),
        )

    @told
    def get_proposal(
        self, ctx: Context[Any], proposal_id: ProposalId, detail: Detail = "summary"
    ) -> Annotated[CallToolResult, shapes.ProposalAnswer]:
        """Show one proposal: the change, its measured effect, the policy's findings and what to do next.
        detail=full adds every condition and every rule."""
        caller = self._desk.caller(ctx, "get_proposal")
        proposal, evidence = self._desk.proposal(caller, proposal_id)
        full = detail == "full"
        return answer(
            proposal_views.proposal_lines(proposal, evidence, full=full),
            proposal_views.proposal_answer(proposal, evidence, full=full),
            full=full,
        )

    def _found(self, environment: str | None, state: str | None, flag_key: str | None) -> Sequence[Proposal]:
        with self._home.store.read() as reader:
            if environment is not None:
                reader.environment(environment)
            found = reader.proposals(environment, states=_states(state), flag=flag_key, limit=MOST)
            if not found and flag_key is not None and environment is not None:
                flag_document(reader, environment, flag_key)
            return found


def _states(name: str | None) -> list[ProposalState] | None:
    if name is None:
        return None
    try:
        return [ProposalState(name)]
    except ValueError:
        near = get_close_matches(name, list(ProposalState), n=1)
        hint = f"Did you mean {near[0]}?" if near else f"Use one of: {', '.join(ProposalState)}."
        raise InvalidInput(
            f"There is no state {clean(name, 40)!r}.", hint=hint, code="UNKNOWN_STATE", place="state"
        ) from None
