"""Tools that propose and move proposals. None of them approves anything."""

from dataclasses import replace
from typing import Annotated, Any

from mcp.server.mcpserver import Context
from mcp_types import CallToolResult
from pydantic import Field

from mcp_server.services import moving
from mcp_server.services.applying import apply
from mcp_server.services.changing import create, modify, near_duplicates
from mcp_server.services.portability import lint_lines, lints_of_proposal, with_lints
from mcp_server.services.proposing import Judged, propose
from mcp_server.services.waiting import LIVE_WITHIN_SECONDS, up_to
from mcp_server.services.wording import live_line
from mcp_server.tools import proposal_views, shapes
from mcp_server.tools.answer import answer, told
from mcp_server.tools.desk import Desk, EnvironmentName, Expectation, FlagKey, Operations, ProposalId
from mcp_server.tools.progress import reporter

Reason = Annotated[str, Field(description="why, for the reviewer and the audit log")]
IdempotencyKey = Annotated[str | None, Field(description="repeats return the first proposal", max_length=200)]


class Writing:
    """The write tools, as bound methods for the server to register."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._home = desk.home

    @told
    def modify_flag(
        self,
        ctx: Context[Any],
        flag_key: FlagKey,
        operations: Operations,
        reason: Reason,
        environment: EnvironmentName = None,
        expect: Expectation = None,
        idempotency_key: IdempotencyKey = None,
    ) -> Annotated[CallToolResult, shapes.ProposalAnswer]:
        """Propose a change to a flag. It is replayed on recorded traffic and judged; nothing changes until it is
        applied. Operations name conditions by id (get_flag); the grammar is in drysail://operations."""
        caller = self._desk.caller(ctx, "modify_flag")
        name = self._desk.environment(caller, environment)
        intent = modify(
            self._home,
            name,
            flag_key,
            operations,
            reason=reason,
            actor=caller.actor,
            expect=expect,
            idempotency_key=idempotency_key,
        )
        return self._judged(propose(self._home, intent, progress=reporter(ctx)))

    @told
    def create_flag(
        self,
        ctx: Context[Any],
        flag_key: Annotated[
            str, Field(description="permanent; subjects are hashed with it", pattern=r"^[A-Za-z0-9_.-]{1,200}$")
        ],
        reason: Reason,
        name: str = "",
        operations: Annotated[
            list[dict[str, Any]] | None, Field(description="applied to the new flag, e.g. add_condition, set_variants")
        ] = None,
        environment: EnvironmentName = None,
        expect: Expectation = None,
        idempotency_key: IdempotencyKey = None,
    ) -> Annotated[CallToolResult, shapes.ProposalAnswer]:
        """Propose a new flag. It starts off for everyone; turn it on later with modify_flag."""
        caller = self._desk.caller(ctx, "create_flag")
        where = self._desk.environment(caller, environment)
        near = near_duplicates(self._home, where, flag_key)
        intent = create(
            self._home, where, {"key": flag_key, "name": name}, operations or [], reason=reason, actor=caller.actor
        )
        intent = replace(intent, expect=expect, idempotency_key=idempotency_key)
        judged = propose(self._home, intent, progress=reporter(ctx))
        hints = [f"Note: similar keys exist: {', '.join(near)}. Make sure none of them is meant."] if near else []
        return self._judged(judged, hints)

    @told
    def apply_proposal(
        self, ctx: Context[Any], proposal_id: ProposalId
    ) -> Annotated[CallToolResult, shapes.ProposalAnswer]:
        """Apply an allowed or approved proposal, once. Everything it was judged on is checked again."""
        caller = self._desk.caller(ctx, "apply_proposal")
        known, _ = self._desk.proposal(caller, proposal_id)
        applied = apply(self._home, known.id, caller.actor, wait=up_to(LIVE_WITHIN_SECONDS))
        structured = proposal_views.proposal_answer(applied.proposal, applied.evidence)
        live = live_line(applied)
        structured = structured.model_copy(update={"note": live})
        lines = [f"Applied {known.id} as revision {applied.revision} of {applied.proposal.environment}.", live]
        return answer([*lines, structured.next_step], structured)

    @told
    def withdraw_proposal(
        self, ctx: Context[Any], proposal_id: ProposalId, reason: str = ""
    ) -> Annotated[CallToolResult, shapes.ProposalAnswer]:
        """Take back a proposal of yours that is still open."""
        caller = self._desk.caller(ctx, "withdraw_proposal")
        known, _ = self._desk.proposal(caller, proposal_id)
        proposal = moving.withdraw(self._home, known.id, caller.actor, reason)
        structured = proposal_views.proposal_answer(proposal, None)
        return answer([f"Withdrew {known.id}.", structured.next_step], structured)

    @told
    def rebase_proposal(
        self, ctx: Context[Any], proposal_id: ProposalId
    ) -> Annotated[CallToolResult, shapes.ProposalAnswer]:
        """Repeat a stale or open proposal of yours on what is in force now: fresh evidence, no approvals."""
        caller = self._desk.caller(ctx, "rebase_proposal")
        known, _ = self._desk.proposal(caller, proposal_id)
        return self._judged(moving.rebase(self._home, known.id, caller.actor, progress=reporter(ctx)))

    def _judged(self, judged: Judged, hints: list[str] | None = None) -> CallToolResult:
        """The proposal with what deserves a look beside the verdict: near keys, and what SDKs would answer."""
        proposal = judged.proposal
        lints = lints_of_proposal(self._home, proposal)
        lines = proposal_views.proposal_lines(proposal, judged.evidence)
        structured = proposal_views.proposal_answer(proposal, judged.evidence)
        if lints:
            structured = structured.model_copy(update={"flags": with_lints(structured.flags, lints)})
        if hints:
            structured = structured.model_copy(update={"note": " ".join(hints)})
        return answer([*lines[:1], *(hints or []), *lines[1:-1], *lint_lines(lints), *lines[-1:]], structured)
