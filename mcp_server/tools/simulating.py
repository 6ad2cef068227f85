"""simulate_flag: what a change would do, and nothing is stored."""

from collections.abc import Sequence
from typing import Annotated, Any

from mcp.server.mcpserver import Context
from mcp_types import CallToolResult
from pydantic import Field

from mcp_server.services import moving
from mcp_server.services.changing import modify
from mcp_server.services.errors import InvalidInput
from mcp_server.services.foreign_text import clean
from mcp_server.services.judging import Judgement
from mcp_server.services.portability import added_lints, lint_lines, with_lints
from mcp_server.services.proposing import Intent, simulate
from mcp_server.services.wording import finding_lines, headline, impact_lines, proved_lines, share, trust_lines
from mcp_server.tools import proposal_views, shapes
from mcp_server.tools.access import Caller
from mcp_server.tools.answer import answer, told
from mcp_server.tools.desk import Desk, Detail, EnvironmentName, Expectation, Operations
from mcp_server.tools.progress import reporter
from mcp_server.tools.quoting import cleaned, cleaned_line
from policies.impact import Impact, TrafficFacts

MOST_VALUES = 8
"""Values of one property in the text."""

_BOTH_OR_NEITHER = "Give either flag_key and operations, or the proposal_id of an open proposal."


class Simulating:
    """The simulation, as a bound method for the server to register."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._home = desk.home

    @told
    def simulate_flag(
        self,
        ctx: Context[Any],
        flag_key: Annotated[str | None, Field(description="exact key, see find_flags")] = None,
        operations: Operations | None = None,
        proposal_id: Annotated[str | None, Field(description="an open proposal, instead of operations")] = None,
        environment: EnvironmentName = None,
        expect: Expectation = None,
        breakdown: Annotated[list[str] | None, Field(description="properties to split the effect by")] = None,
        detail: Detail = "summary",
    ) -> Annotated[CallToolResult, shapes.Simulated]:
        """Dry-run a change: replay it on recorded traffic and show who would move and what the policy would say.
        Stores nothing; use it freely before modify_flag. Operations are the same as there. With proposal_id, repeats
        that proposal's change on what is in force now."""
        caller = self._desk.caller(ctx, "simulate_flag")
        if (proposal_id is None) == (operations is None) or (proposal_id is None) != (flag_key is not None):
            raise InvalidInput("What shall be simulated?", hint=_BOTH_OR_NEITHER, code="OPERATIONS_OR_PROPOSAL")
        if proposal_id is not None:
            intent = self._of_proposal(caller, proposal_id, environment, expect)
        else:
            name = self._desk.environment(caller, environment)
            intent = modify(
                self._home,
                name,
                flag_key or "",
                operations or [],
                reason="simulation",
                actor=caller.actor,
                expect=expect,
            )
        wanted = tuple(breakdown or ())
        judgement, recording = simulate(self._home, intent, breakdowns=wanted, progress=reporter(ctx))
        traffic = None if recording is None else recording.facts
        return _simulated(intent, judgement, traffic, breakdown=bool(wanted), full=detail == "full")

    def _of_proposal(
        self, caller: Caller, proposal_id: str, environment: str | None, expect: dict[str, Any] | None
    ) -> Intent:
        proposal, _ = self._desk.proposal(caller, proposal_id)
        if environment is not None and environment != proposal.environment:
            raise InvalidInput(
                f"Proposal {proposal.id} is in {proposal.environment}, not in {clean(environment, 60)}.",
                hint="Leave the environment out.",
                code="WRONG_ENVIRONMENT",
                place="environment",
            )
        return moving.repeated(self._home, proposal.id, caller.actor, expect=expect)


def _simulated(
    intent: Intent, judgement: Judgement, traffic: TrafficFacts | None, *, breakdown: bool, full: bool
) -> CallToolResult:
    impact, verdict = judgement.impact, judgement.verdict
    lints = added_lints(judgement.change.base, judgement.change.edits)
    step = {
        "allow": "modify_flag with the same operations makes the proposal; it would be allowed.",
        "review": "modify_flag with the same operations makes the proposal; a person would have to approve it.",
        "deny": "It would be denied. Take a fix from the findings and call simulate_flag again.",
    }[verdict.decision]
    structured = shapes.Simulated(
        environment=intent.environment,
        decision=str(verdict.decision),
        changed_subjects=None if impact is None else impact.changed_subjects,
        subjects=None if impact is None else impact.subjects,
        flags=with_lints(_flags(judgement, breakdown=breakdown, full=full), lints),
        findings=proposal_views.findings(verdict, full=full),
        traffic=None if traffic is None else _traffic(traffic),
        next_step=step,
    )
    lines = [
        f"Would be {headline(verdict)}",
        *impact_lines(impact),
        *proved_lines(judgement.proved),
        *(_breakdown_lines(impact) if breakdown else ()),
        *map(cleaned_line, finding_lines(verdict)),
        *(proposal_views.coverage_lines(impact) if full else ()),
        *trust_lines(impact, traffic),
        *lint_lines(lints),
        step,
    ]
    return answer(lines, structured, full=full)


def _flags(judgement: Judgement, *, breakdown: bool, full: bool) -> list[dict[str, Any]]:
    impact = judgement.impact
    rows = proposal_views.impact_flags(impact, judgement.proved, full=full)
    if impact is None or not breakdown:
        return rows
    parts = {flag.flag: [part.model_dump(mode="json") for part in flag.breakdowns] for flag in impact.flags}
    return [{**row, "breakdowns": cleaned(parts[row["flag"]], 80)} for row in rows]


def _breakdown_lines(impact: Impact | None) -> Sequence[str]:
    """The most changed values first; the structured channel has the others."""
    return [
        f"    {flag.flag} by {clean(part.property, 60)} {clean(row.value, 60)}: {row.changed:,} of {row.subjects:,} "
        f"change, on {share(row.on_before, row.subjects)} -> {share(row.on_after, row.subjects)}"
        for flag in (() if impact is None else impact.flags)
        if flag.edited or flag.changed
        for part in flag.breakdowns
        for row in part.rows[:MOST_VALUES]
    ]


def _traffic(traffic: TrafficFacts) -> dict[str, Any]:
    row = traffic.model_dump(mode="json")
    return {name: value for name, value in row.items() if value not in (None, "", [], {})}
