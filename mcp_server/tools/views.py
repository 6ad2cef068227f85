"""From records to the two channels: lines of text and shallow objects."""

from typing import Any

from evaluator.describe import describe_condition
from evaluator.diff import diff

from mcp_server.services.finding import FlagSummary, FlagView
from mcp_server.services.foreign_text import clean
from mcp_server.services.proposal import Evidence, Proposal, ProposalState
from mcp_server.services.wording import finding_lines, headline, impact_lines, trust_lines
from mcp_server.tools.shapes import Flag, ProposalAnswer
from policies.impact import FlagImpact, Impact
from policies.verdict import Verdict

NEXT = {
    ProposalState.JUDGING: "Ask again in a moment with get_proposal.",
    ProposalState.ALLOWED: "Call apply_proposal to apply it.",
    ProposalState.NEEDS_REVIEW: "Ask an engineer to run `drysail review {id}` in a terminal; then call apply_proposal. "
    "Nobody can approve it in this chat.",
    ProposalState.DENIED: "It cannot be applied. Take a fix from the findings and propose again with modify_flag.",
    ProposalState.APPROVED: "Call apply_proposal to apply exactly what was approved.",
    ProposalState.APPLIED: "It is applied. `drysail undo {id}` proposes the way back.",
    ProposalState.REJECTED: "A person rejected it. Do not repeat it unchanged; read the note.",
    ProposalState.WITHDRAWN: "It is closed. Propose again if it is still wanted.",
    ProposalState.EXPIRED: "It expired. Call rebase_proposal for fresh evidence.",
    ProposalState.STALE: "Something it rests on moved. Call rebase_proposal for fresh evidence.",
}


def flag_line(flag: FlagSummary) -> str:
    """One flag in a list."""
    state = "archived" if flag.archived else "on" if flag.active else "off"
    variants = f", variants {', '.join(flag.variants)}" if flag.variants else ""
    about = f" - {clean(flag.name, 60)}" if flag.name else ""
    return f"{flag.key} [{state}, {flag.conditions} conditions{variants}, {flag.lifecycle}]{about}"


def flag_answer(environment: str, view: FlagView) -> Flag:
    """One flag with its conditions by id."""
    body = view.document.body
    own: dict[str, Any] = dict(body.get("drysail") or {})
    ids = own.pop("condition_ids", [])
    own.pop("next_condition", None)
    groups = (body.get("filters") or {}).get("groups") or []
    return Flag(
        environment=environment,
        key=view.document.ref.key,
        revision=view.document.revision,
        active=bool(body.get("active")) and not body.get("deleted"),
        in_words=list(view.description),
        conditions=[
            {
                "id": name,
                "when": describe_condition(group),
                "rollout_percentage": group.get("rollout_percentage", 100),
                "filters": group.get("properties") or [],
            }
            for name, group in zip(ids, groups, strict=False)
        ],
        definition={name: value for name, value in body.items() if name != "drysail"},
        metadata=own,
        open_proposals=[proposal_row(proposal) for proposal in view.open_proposals],
        history=[
            {"revision": revision.revision, "at": f"{revision.at:%Y-%m-%dT%H:%M:%SZ}", "proposal": revision.proposal_id}
            for revision in view.revisions
        ],
        next_step="simulate_flag tries a change without consequences; explain_flag tells why a subject gets its value.",
    )


def flag_lines(flag: Flag) -> list[str]:
    """The same as text."""
    lines = [f"{flag.key} in {flag.environment}, revision {flag.revision}, {'on' if flag.active else 'off'}"]
    lines.extend(clean(line, 300) for line in flag.in_words)
    lines.append("Conditions (the first that matches decides):")
    lines.extend(f"  {condition['id']}: {clean(condition['when'], 300)}" for condition in flag.conditions)
    if flag.metadata:
        lines.append("Metadata: " + ", ".join(f"{name}={clean(value, 60)}" for name, value in flag.metadata.items()))
    lines.extend(f"Open proposal {row['id']} ({row['state']}) by {row['by']}" for row in flag.open_proposals)
    lines.append(flag.next_step)
    return lines


def proposal_row(proposal: Proposal) -> dict[str, Any]:
    """One proposal in a list. Its reason is the proposer's text."""
    return {
        "id": proposal.id,
        "environment": proposal.environment,
        "flags": list(proposal.flags),
        "state": str(proposal.state),
        "by": proposal.actor.principal,
        "created_at": f"{proposal.created_at:%Y-%m-%dT%H:%M:%SZ}",
        "untrusted_reason": clean(proposal.reason),
    }


def change_lines(proposal: Proposal) -> list[str]:
    """What the proposal edits, in words."""
    lines: list[str] = []
    for edit in proposal.edits:
        name = f"{edit.ref.kind} {edit.ref.key}"
        if edit.before is None:
            lines.append(f"creates {name}")
        elif edit.after is None:
            lines.append(f"removes {name}")
        elif edit.ref.kind == "flag":
            lines.extend(f"{name}: {clean(line, 300)}" for line in diff(edit.before, edit.after).lines())
        else:
            lines.append(f"changes {name}")
    return lines


def flag_impact(flag: FlagImpact) -> dict[str, Any]:
    """The effect on one flag, without what nobody reads in a chat."""
    return flag.model_dump(
        mode="json",
        include={
            "flag", "edited", "subjects", "checks", "on_before", "on_after", "entered", "left", "switched",
            "payload_changed", "undetermined", "errors", "changed", "transitions",
        },
    ) | {
        "conditions": [
            {"id": condition.id, "matched": condition.matched, "decided": condition.decided}
            for condition in flag.coverage_after
        ]
    }  # fmt: skip


def impact_flags(impact: Impact | None) -> list[dict[str, Any]]:
    """The effect on every flag that was replayed."""
    return [] if impact is None else [flag_impact(flag) for flag in impact.flags]


def findings(verdict: Verdict) -> list[dict[str, Any]]:
    """The failed findings."""
    return [finding.model_dump(mode="json", exclude_none=True) for finding in verdict.findings if finding.failed]


def next_step(proposal: Proposal) -> str:
    """What the caller does next."""
    return NEXT[proposal.state].format(id=proposal.id)


def proposal_answer(proposal: Proposal, evidence: Evidence | None) -> ProposalAnswer:
    """One proposal."""
    impact = None if evidence is None else evidence.impact
    return ProposalAnswer(
        proposal_id=proposal.id,
        environment=proposal.environment,
        state=str(proposal.state),
        change=change_lines(proposal),
        decision=None if evidence is None else str(evidence.verdict.decision),
        changed_subjects=None if impact is None else impact.changed_subjects,
        subjects=None if impact is None else impact.subjects,
        flags=impact_flags(impact),
        findings=[] if evidence is None else findings(evidence.verdict),
        evidence=None if evidence is None else evidence.digest,
        note=clean(proposal.note, 400),
        next_step=next_step(proposal),
    )


def proposal_lines(proposal: Proposal, evidence: Evidence | None) -> list[str]:
    """The same as text: the state first, then the effect, then the rules."""
    lines = [f"Proposal {proposal.id} in {proposal.environment}: {proposal.state.replace('_', ' ')}"]
    if proposal.note:
        lines.append(clean(proposal.note, 400))
    lines.extend(f"  {line}" for line in change_lines(proposal))
    if evidence is not None:
        lines.append(headline(evidence.verdict))
        lines.extend(impact_lines(evidence.impact))
        lines.extend(finding_lines(evidence.verdict))
        lines.extend(trust_lines(evidence.impact, evidence.traffic))
    lines.append(next_step(proposal))
    return lines
