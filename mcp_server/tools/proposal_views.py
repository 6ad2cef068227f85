"""Proposals and what they would do, from records to the two channels."""

from collections.abc import Mapping, Sequence
from typing import Any

from evaluator.diff import diff, words
from mcp_server.services.foreign_text import clean
from mcp_server.services.proposal import Evidence, Proposal, ProposalState
from mcp_server.services.wording import MOST_PROVED, finding_lines, headline, impact_lines, proved_lines, trust_lines
from mcp_server.tools.quoting import cleaned, cleaned_line
from mcp_server.tools.shapes import ProposalAnswer
from policies.impact import FlagImpact, Impact
from policies.verdict import Verdict

NEXT = {
    ProposalState.JUDGING: "Ask again in a moment with get_proposal; if it stays so, call rebase_proposal.",
    ProposalState.ALLOWED: "Call apply_proposal to apply it.",
    ProposalState.NEEDS_REVIEW: "Ask an engineer to run `drysail review {id}` in a terminal; then call apply_proposal. "
    "Nobody can approve it in this chat.",
    ProposalState.DENIED: "It cannot be applied. Take a fix from the findings and propose again with modify_flag.",
    ProposalState.APPROVED: "Call apply_proposal to apply exactly what was approved.",
    ProposalState.APPLIED: "It is applied. `drysail undo {id}` in a terminal proposes the way back.",
    ProposalState.REJECTED: "A person rejected it. Do not repeat it unchanged; read the note.",
    ProposalState.WITHDRAWN: "It is closed. Propose again with modify_flag if it is still wanted.",
    ProposalState.EXPIRED: "It expired. Call rebase_proposal for fresh evidence.",
    ProposalState.STALE: "Something it rests on moved. Call rebase_proposal for fresh evidence.",
}

MOST_FLAGS = 10
"""Flags of one effect, transitions of one flag and findings in a summary; what is left out is counted."""


def proposal_row(proposal: Proposal) -> dict[str, Any]:
    """One proposal in a list. Its reason is the proposer's text."""
    flags = [clean(key) for key in proposal.flags]
    row: dict[str, Any] = {
        "id": proposal.id,
        "environment": proposal.environment,
        "flags": flags[:5],
        "state": str(proposal.state),
        "by": clean(proposal.actor.principal),
        "created_at": f"{proposal.created_at:%Y-%m-%dT%H:%M:%SZ}",
        "untrusted_reason": clean(proposal.reason),
    }
    return row if len(flags) <= 5 else {**row, "more_flags": len(flags) - 5}


def proposal_line(row: dict[str, Any]) -> str:
    """The same as text."""
    more = f" and {row['more_flags']} more" if "more_flags" in row else ""
    flags = ", ".join(row["flags"]) or "cohorts"
    return (
        f"{row['id']} {row['state']} in {row['environment']}: {flags}{more}, by {row['by']} at {row['created_at']}, "
        f'reason "{row["untrusted_reason"]}"'
    )


def change_lines(proposal: Proposal) -> list[str]:
    """What the proposal edits, in words."""
    lines: list[str] = []
    for edit in proposal.edits:
        name = f"{edit.ref.kind} {clean(edit.ref.key)}"
        if edit.before is None:
            lines.append(f"creates {name}")
        elif edit.after is None:
            lines.append(f"removes {name}")
        elif edit.ref.kind == "flag":
            lines.extend(f"{name}: {clean(line, 300)}" for line in words.lines(diff(edit.before, edit.after)))
        else:
            lines.append(f"changes {name}")
    return lines


def impact_flags(impact: Impact | None, proved: Mapping[str, Sequence[str]], *, full: bool) -> list[dict[str, Any]]:
    """The effect on each flag: in a summary those that were edited or move, else all, with every condition.

    What is certain without traffic is in ``proved``; without any, that is all there is.
    """
    if impact is None:
        return [{"flag": key, "proved": _proved(lines)} for key, lines in list(proved.items())[:MOST_FLAGS]]
    moving = [flag for flag in impact.flags if full or flag.edited or flag.changed or flag.undetermined]
    rows = [_flag_impact(flag, full=full) for flag in moving[: None if full else MOST_FLAGS]]
    return [{**row, "proved": _proved(proved[row["flag"]])} if proved.get(row["flag"]) else row for row in rows]


def findings(verdict: Verdict, *, full: bool = False) -> list[dict[str, Any]]:
    """The failed findings (in full, all). The message ends with its fix; ``fix`` holds its number, if it is one."""
    shown = [finding for finding in verdict.findings if full or finding.failed]
    rows = []
    for finding in shown:
        row = finding.model_dump(mode="json", exclude={"fix"}, exclude_none=True)
        row["message"] = clean(finding.message, 600)
        if finding.fix is not None and finding.fix.path is not None:
            row["fix"] = {"path": finding.fix.path, "value": finding.fix.value}
        rows.append({name: value for name, value in row.items() if value != ""})
    return rows


def next_step(proposal: Proposal) -> str:
    """What the caller does next."""
    return NEXT[proposal.state].format(id=proposal.id)


def proposal_answer(proposal: Proposal, evidence: Evidence | None, *, full: bool = False) -> ProposalAnswer:
    """One proposal."""
    impact = None if evidence is None else evidence.impact
    changes = change_lines(proposal)
    return ProposalAnswer(
        proposal_id=proposal.id,
        environment=proposal.environment,
        state=str(proposal.state),
        by=clean(proposal.actor.principal),
        untrusted_reason=clean(proposal.reason),
        expires_at=f"{proposal.expires_at:%Y-%m-%dT%H:%M:%SZ}",
        change=changes if full else _first(changes, 20, "more changes"),
        decision=None if evidence is None else str(evidence.verdict.decision),
        changed_subjects=None if impact is None else impact.changed_subjects,
        subjects=None if impact is None else impact.subjects,
        flags=[] if evidence is None else impact_flags(impact, evidence.proved, full=full),
        findings=[] if evidence is None else findings(evidence.verdict, full=full),
        evidence=None if evidence is None else evidence.digest,
        expect=cleaned(proposal.expect, 120),
        note=clean(proposal.note, 400) or None,
        next_step=next_step(proposal),
    )


def proposal_lines(proposal: Proposal, evidence: Evidence | None, *, full: bool = False) -> list[str]:
    """The same as text: the state first, then the effect, then the rules."""
    changes = change_lines(proposal)
    lines = [
        f"Proposal {proposal.id} in {proposal.environment}: {proposal.state.replace('_', ' ')}",
        f'  by {clean(proposal.actor.principal)}, reason "{clean(proposal.reason)}", '
        f"expires {proposal.expires_at:%Y-%m-%d %H:%M} UTC",
    ]
    if proposal.note:
        lines.append(f"  note: {clean(proposal.note, 400)}")
    lines.extend(f"  {line}" for line in (changes if full else _first(changes, 20, "more changes")))
    if evidence is not None:
        lines.append(headline(evidence.verdict))
        lines.extend(impact_lines(evidence.impact))
        lines.extend(proved_lines(evidence.proved))
        lines.extend(cleaned_line(line) for line in finding_lines(evidence.verdict))
        lines.extend(trust_lines(evidence.impact, evidence.traffic))
        if full:
            lines.extend(coverage_lines(evidence.impact))
            lines.append(f"evidence {evidence.digest}")
    lines.append(next_step(proposal))
    return lines


def coverage_lines(impact: Impact | None) -> list[str]:
    """How many subjects each condition would match and decide."""
    return [
        f"  {flag.flag} {condition.id or condition.index + 1}: {condition.matched:,} matched, "
        f"{condition.decided:,} decided"
        for flag in (() if impact is None else impact.flags)
        for condition in flag.coverage_after
    ]


def _proved(lines: Sequence[str]) -> list[str]:
    return [clean(line, MOST_PROVED) for line in lines]


def _flag_impact(flag: FlagImpact, *, full: bool) -> dict[str, Any]:
    row = flag.model_dump(
        mode="json",
        include={"flag", "edited", "subjects", "checks", "on_before", "on_after", "entered", "left", "switched"},
    )
    rare = {
        "payload_changed": flag.payload_changed,
        "undetermined": flag.undetermined,
        "errors": flag.errors,
    }
    row |= {name: count for name, count in rare.items() if count or full}
    moves = [move for move in flag.transitions if full or move.before != move.after]
    row["transitions"] = [move.model_dump(mode="json") for move in moves[: None if full else MOST_FLAGS]]
    if full:
        row["conditions"] = [
            condition.model_dump(mode="json", include={"id", "reached", "matched", "in_rollout", "decided"})
            for condition in flag.coverage_after
        ]
    return row


def _first(lines: list[str], count: int, what: str) -> list[str]:
    return lines if len(lines) <= count else [*lines[:count], f"({len(lines) - count} {what})"]
