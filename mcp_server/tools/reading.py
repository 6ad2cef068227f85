"""Tools that look: find_flags, get_flag, explain_flag, simulate_flag, list_proposals, get_proposal."""

from dataclasses import asdict, dataclass
from typing import Annotated, Any, Literal

from mcp.server.mcpserver import Context
from mcp_types import CallToolResult
from pydantic import Field

from evaluator.context import Context as Subject
from mcp_server.services import finding
from mcp_server.services.changing import modify
from mcp_server.services.environments import only_environment
from mcp_server.services.errors import InvalidInput
from mcp_server.services.explaining import explain_flag
from mcp_server.services.explanation_lines import explanation_lines
from mcp_server.services.home import Home
from mcp_server.services.proposal import ProposalState
from mcp_server.services.proposing import Intent, simulate
from mcp_server.services.wording import finding_lines, headline, impact_lines, trust_lines
from mcp_server.tools import shapes, views
from mcp_server.tools.access import Access, Caller
from mcp_server.tools.answer import answer, told
from mcp_server.tools.paging import cursor_of, offset_of
from mcp_server.tools.progress import reporter
from mcp_server.tools.tidy import caller_of

FlagKey = Annotated[str, Field(description="exact key, see find_flags")]
EnvironmentName = Annotated[str | None, Field(description="needed where there are several")]
Operations = Annotated[
    list[dict[str, Any]], Field(description='e.g. [{"op":"set_rollout","condition":"c1","rollout_percentage":20}]')
]
Limit = Annotated[int, Field(ge=1, le=100)]


@dataclass(frozen=True, slots=True)
class Desk:
    """What every tool works with."""

    home: Home
    access: Access

    def caller(self, ctx: Context[Any], tool: str) -> Caller:
        """The caller, if it may use the tool. Raises Refused."""
        caller = caller_of(self.access, ctx.request_context)
        caller.require(tool)
        return caller

    def environment(self, caller: Caller, named: str | None) -> str:
        """The environment that is meant. Raises Refused or InvalidInput."""
        environment = only_environment(self.home, named or caller.environment)
        caller.check_environment(environment)
        return environment


class Reading:
    """The read tools, as bound methods for the server to register."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._home = desk.home

    @told
    def find_flags(
        self,
        ctx: Context[Any],
        query: Annotated[str, Field(description="words in key, name, owner, tags or variants; empty lists all")] = "",
        environment: EnvironmentName = None,
        status: Annotated[Literal["on", "off", "archived", "any"], Field()] = "any",
        limit: Limit = 20,
        cursor: Annotated[str | None, Field(description="next_cursor of the page before")] = None,
    ) -> Annotated[CallToolResult, shapes.Flags]:
        """Search feature flags by key, name, owner or tag. Use it first when you do not know the exact key."""
        caller = self._desk.caller(ctx, "find_flags")
        name = self._desk.environment(caller, environment)
        page = finding.find_flags(
            self._home,
            name,
            query=query,
            active={"on": True, "off": False}.get(status),
            archived=status in ("archived", "any"),
            offset=offset_of(cursor),
            limit=limit,
        )
        flags = [flag for flag in page.flags if status != "archived" or flag.archived]
        more = cursor_of(page.next_offset)
        step = "get_flag shows one of them whole." if flags else "Try other words, or none to list all."
        if more:
            step = f"{step} Call again with cursor={more} for more."
        lines = [f"{len(flags)} of {page.total} flags in {name}:", *map(views.flag_line, flags), step]
        rows = [asdict(flag) for flag in flags]
        return answer(
            lines, shapes.Flags(environment=name, flags=rows, total=page.total, next_cursor=more, next_step=step)
        )

    @told
    def get_flag(
        self, ctx: Context[Any], flag_key: FlagKey, environment: EnvironmentName = None
    ) -> Annotated[CallToolResult, shapes.Flag]:
        """Show one flag: in words, its conditions with their permanent ids, metadata, history and open proposals.
        Read it before you change a flag."""
        caller = self._desk.caller(ctx, "get_flag")
        name = self._desk.environment(caller, environment)
        flag = views.flag_answer(name, finding.get_flag(self._home, name, flag_key))
        return answer(views.flag_lines(flag), flag)

    @told
    def explain_flag(
        self,
        ctx: Context[Any],
        flag_key: FlagKey,
        distinct_id: Annotated[str, Field(description="the subject")],
        properties: Annotated[
            dict[str, Any] | None, Field(description="person properties; left out: as last recorded")
        ] = None,
        groups: Annotated[dict[str, str] | None, Field(description="group type to group key")] = None,
        group_properties: dict[str, dict[str, Any]] | None = None,
        environment: EnvironmentName = None,
    ) -> Annotated[CallToolResult, shapes.Explained]:
        """Explain why a subject gets the value it gets, condition by condition, with actual and expected values."""
        caller = self._desk.caller(ctx, "explain_flag")
        name = self._desk.environment(caller, environment)
        subject = Subject(
            distinct_id=distinct_id,
            properties=properties or {},
            groups=groups or {},
            group_properties=group_properties or {},
        )
        recorded = properties is None and groups is None
        explained = explain_flag(self._home, name, flag_key, subject, recorded=recorded)
        trace = explained.explanation.as_dict()
        step = "get_flag shows the flag's history; simulate_flag tries a change."
        structured = shapes.Explained(
            environment=name,
            key=flag_key,
            distinct_id=distinct_id,
            context=explained.source,
            sentence=explained.explanation.sentence,
            trace=trace,
            next_step=step,
        )
        lines = [
            explained.explanation.sentence,
            f"Context {explained.source}.",
            *explanation_lines(explained.explanation),
            step,
        ]
        return answer(lines, structured)

    @told
    def simulate_flag(
        self,
        ctx: Context[Any],
        flag_key: FlagKey,
        operations: Operations,
        environment: EnvironmentName = None,
        breakdown: Annotated[list[str] | None, Field(description="properties to split the effect by")] = None,
    ) -> Annotated[CallToolResult, shapes.Simulated]:
        """Dry-run a change: replay it on recorded traffic and show who would move and what the policy would say.
        Stores nothing; use it freely before modify_flag. Operations are the same as there."""
        caller = self._desk.caller(ctx, "simulate_flag")
        name = self._desk.environment(caller, environment)
        intent = modify(self._home, name, flag_key, operations, reason="simulation", actor=caller.actor)
        return self._simulated(ctx, intent, tuple(breakdown or ()))

    def _simulated(self, ctx: Context[Any], intent: Intent, breakdown: tuple[str, ...]) -> CallToolResult:
        judgement, recording = simulate(self._home, intent, breakdowns=breakdown, progress=reporter(ctx))
        impact, verdict = judgement.impact, judgement.verdict
        traffic = None if recording is None else recording.facts
        step = {
            "allow": "modify_flag with the same operations makes the proposal; it would be allowed.",
            "review": "modify_flag with the same operations makes the proposal; a person would have to approve it.",
            "deny": "It would be denied. Take a fix from the findings and simulate again.",
        }[verdict.decision]
        flags = views.impact_flags(impact)
        if impact is not None and breakdown:
            for row, flag in zip(flags, impact.flags, strict=True):
                row["breakdowns"] = [part.model_dump(mode="json") for part in flag.breakdowns]
        structured = shapes.Simulated(
            environment=intent.environment,
            decision=str(verdict.decision),
            changed_subjects=None if impact is None else impact.changed_subjects,
            subjects=None if impact is None else impact.subjects,
            flags=flags,
            findings=views.findings(verdict),
            traffic=None if traffic is None else traffic.model_dump(mode="json"),
            next_step=step,
        )
        lines = [
            f"Would be {headline(verdict)}",
            *impact_lines(impact),
            *finding_lines(verdict),
            *trust_lines(impact, traffic),
            step,
        ]
        return answer(lines, structured)

    @told
    def list_proposals(
        self,
        ctx: Context[Any],
        environment: EnvironmentName = None,
        state: Annotated[str | None, Field(description="e.g. needs_review, approved, applied")] = None,
        flag_key: str | None = None,
        limit: Limit = 20,
        cursor: str | None = None,
    ) -> Annotated[CallToolResult, shapes.Proposals]:
        """List proposals, newest first: who wants to change what, and how far it has come."""
        caller = self._desk.caller(ctx, "list_proposals")
        name = environment or caller.environment
        if name is not None:
            caller.check_environment(name)
        offset = offset_of(cursor)
        with self._home.store.read() as reader:
            if name is not None:
                reader.environment(name)
            found = reader.proposals(name, states=_states(state), flag=flag_key, limit=10_000)
        page = found[offset : offset + limit]
        more = cursor_of(offset + limit if offset + limit < len(found) else None)
        step = "get_proposal shows one of them with its effect and findings."
        rows = [views.proposal_row(proposal) for proposal in page]
        lines = [
            f"{len(page)} of {len(found)} proposals:",
            *(f"{row['id']} {row['state']} {', '.join(row['flags']) or 'cohorts'} by {row['by']}" for row in rows),
            step + (f" Call again with cursor={more} for more." if more else ""),
        ]
        return answer(lines, shapes.Proposals(proposals=rows, total=len(found), next_cursor=more, next_step=step))

    @told
    def get_proposal(
        self, ctx: Context[Any], proposal_id: Annotated[str, Field(description="as modify_flag returned it")]
    ) -> Annotated[CallToolResult, shapes.ProposalAnswer]:
        """Show one proposal: the change, its measured effect, the policy's findings and what to do next."""
        caller = self._desk.caller(ctx, "get_proposal")
        with self._home.store.read() as reader:
            proposal = reader.proposal(proposal_id)
            evidence = reader.evidence(proposal.evidence_digest or "")
        caller.check_environment(proposal.environment)
        return answer(views.proposal_lines(proposal, evidence), views.proposal_answer(proposal, evidence))


def _states(name: str | None) -> list[ProposalState] | None:
    if name is None:
        return None
    try:
        return [ProposalState(name)]
    except ValueError:
        raise InvalidInput(
            f"There is no state {name!r}.",
            hint=f"Use one of: {', '.join(ProposalState)}.",
            code="UNKNOWN_STATE",
            place="state",
        ) from None
