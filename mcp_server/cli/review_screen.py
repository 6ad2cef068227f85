"""The review screen. Pure: from a review to something rich can print, at 80 columns and more, with or without colour.

Order: verdict, effect, who, dependants, rules, trust; what the proposer wrote comes last, because it persuades.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from rich import box
from rich.console import Group, RenderableType
from rich.rule import Rule
from rich.table import Table
from rich.text import Text

from evaluator.describe import describe_filter
from mcp_server.cli.review_conditions import ConditionRow, condition_rows, other_changes
from mcp_server.services.foreign_text import clean
from mcp_server.services.proposal import DocumentEdit, Evidence, Proposal
from mcp_server.services.reviewing import Review
from mcp_server.services.wording import (
    DECISION_WORDS,
    Complaint,
    complaints,
    proved_lines,
    share,
    trust_lines,
    value_name,
)
from policies.impact import FlagImpact, Impact
from policies.verdict import Decision, Level, State

STYLES = {Decision.ALLOW: "bold green", Decision.REVIEW: "bold yellow", Decision.DENY: "bold red"}
SIGNS = {Decision.ALLOW: "✓", Decision.REVIEW: "!", Decision.DENY: "✗"}
LEVEL_STYLES = {Level.BLOCK: "red", Level.APPROVE: "yellow", Level.WARN: "cyan", Level.AUDIT: "dim"}


SHOWN_OF_A_CONDITION = 400


def review_screen(review: Review, now: datetime) -> RenderableType:
    """The whole screen for one proposal."""
    proposal, evidence = review.proposal, review.evidence
    parts: list[RenderableType] = [*_head(review, now), Rule(style="dim")]
    for edit in proposal.edits:
        parts.extend(_change(edit, evidence))
    if evidence is not None:
        parts += [Rule(style="dim"), *_impact(evidence), Rule(style="dim"), *_policy(evidence)]
        parts += [Rule(style="dim"), *_trust(evidence)]
    parts += [_note(proposal), Rule(style="dim"), *_on_apply(review)]
    return Group(*parts)


def _head(review: Review, now: datetime) -> Iterator[RenderableType]:
    proposal, evidence = review.proposal, review.evidence
    title = Text.assemble(
        (f"{proposal.id}  ", "bold"),
        f"{proposal.kind} ",
        (clean(", ".join(edit.ref.key for edit in proposal.edits)), "bold"),
        " @ ",
        (proposal.environment.upper(), "bold"),
        (" (sandbox)" if review.sandbox else ""),
    )
    yield title
    if evidence is not None:
        decision = evidence.verdict.decision
        state = "" if proposal.state in ("needs_review", "denied", "allowed") else f"  now {proposal.state}"
        yield Text(f"{SIGNS[decision]} {DECISION_WORDS[decision]}{state}", style=STYLES[decision])
    else:
        yield Text(f"{proposal.state}", style="bold")
    behalf = f" for {proposal.actor.on_behalf_of}" if proposal.actor.on_behalf_of else ""
    client = f" ({clean(proposal.actor.client, 40)})" if proposal.actor.client else ""
    yield Text(
        f"by {proposal.actor.principal}{client}{behalf} · {_ago(now - proposal.created_at)} ago · "
        f"expires in {_ago(proposal.expires_at - now)}",
        style="dim",
    )
    for sentence in review.moved:
        yield Text(f"✗ STALE  {clean(sentence, 400)}", style="bold red")


def _change(edit: DocumentEdit, evidence: Evidence | None) -> Iterator[RenderableType]:
    if edit.ref.kind != "flag":
        verb = "creates" if edit.before is None else "removes" if edit.after is None else "changes"
        yield _titled("CHANGE", f"{verb} {edit.ref.kind} {clean(edit.ref.key)}; press d to see it whole", "yellow")
        return
    impact = None if evidence is None or evidence.impact is None else _of(evidence.impact, edit.ref.key)
    verb = "new flag" if edit.before is None else "removed" if edit.after is None else "changed"
    yield _titled("CHANGE", f"{clean(edit.ref.key)}: {verb}, revision {edit.base_revision} → {edit.base_revision + 1}")
    table = Table(box=None, pad_edge=False, expand=True, show_edge=False)
    table.add_column("", width=1)
    table.add_column("", width=4)
    table.add_column("when (the first that matches decides)", ratio=1, overflow="fold", header_style="dim")
    table.add_column("rollout", justify="right", no_wrap=True, header_style="dim")
    table.add_column("matching people", justify="right", no_wrap=True, header_style="dim")
    for row in condition_rows(edit.before, edit.after, impact):
        table.add_row(*_condition_cells(row))
    yield table
    for line in other_changes(edit.before, edit.after):
        yield Text(f"  ~ {clean(line, 300)}", style="yellow")


def _whole(text: str) -> str:
    """Foreign text of a condition; what does not fit is never left out silently."""
    shown = clean(text, SHOWN_OF_A_CONDITION)
    rest = len(text) - SHOWN_OF_A_CONDITION
    return f"{shown} (+{rest} more characters; press w to see all)" if rest > 0 else shown


def _extras(condition: Mapping[str, Any]) -> str:
    """What a condition does beside choosing people."""
    pinned = condition.get("variant")
    group = condition.get("aggregation_group_type_index")
    variant = f" → always variant {clean(pinned, 60)}" if pinned else ""
    return variant + (f" (by group type {clean(group, 12)})" if group is not None else "")


def _condition_cells(row: ConditionRow) -> tuple[Text, ...]:
    style = {"+": "green", "-": "red", "~": "yellow"}.get(row.sign, "")
    when = " and ".join(map(describe_filter, row.condition.get("properties") or [])) or "everyone"
    return (
        Text(row.sign, style=f"bold {style}".strip()),
        Text(clean(row.id, 12), style="dim"),
        Text(_whole(when) + _extras(row.condition), style=style),
        Text(row.rollout, style=style),
        Text(row.people),
    )


def _impact(evidence: Evidence) -> Iterator[RenderableType]:
    yield from _measured(evidence.impact)
    for number, line in enumerate(proved_lines(evidence.proved)):
        yield _titled("CERTAIN" if number == 0 else "", line)


def _measured(impact: Impact | None) -> Iterator[RenderableType]:
    if impact is None:
        yield _titled("IMPACT", "not known: no traffic was recorded in this environment", "bold red")
        return
    changed = share(impact.changed_subjects, impact.subjects)
    yield _titled("IMPACT", f"{impact.changed_subjects:,} of {impact.subjects:,} people change ({changed})")
    for flag in impact.flags:
        if flag.edited:
            yield _matrix(flag)
            yield Text(
                f"  newly on {flag.entered:,}   turned off {flag.left:,}   switched variant {flag.switched:,}   "
                f"other payload {flag.payload_changed:,}   undetermined {flag.undetermined:,}   "
                f"on share {share(flag.on_before, flag.subjects)} → {share(flag.on_after, flag.subjects)}"
            )
            yield from _who(flag)
    moved = [flag for flag in impact.flags if not flag.edited]
    for flag in moved:
        effect = f"{flag.changed:,} people change" if flag.changed else "no change"
        yield _titled("FEEDS", f"{flag.flag}: {effect}", "yellow" if flag.changed else "")


def _matrix(flag: FlagImpact) -> Table:
    """Old values down, new values across; what stays is dim."""
    values = sorted({move.before for move in flag.transitions} | {move.after for move in flag.transitions}, key=str)
    counts = {(move.before, move.after): move.subjects for move in flag.transitions}
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False, title=None)
    table.add_column("before ╲ after", style="dim", header_style="dim")
    for value in values:
        table.add_column(Text(value_name(value)), justify="right")
    for before in values:
        row = [Text(value_name(before))]
        for after in values:
            count = counts.get((before, after), 0)
            row.append(Text(f"{count:,}", style="dim" if before == after or not count else "bold yellow"))
        table.add_row(*row)
    return table


def _who(flag: FlagImpact) -> Iterator[RenderableType]:
    rows = [(breakdown.property, row) for breakdown in flag.breakdowns for row in breakdown.rows if row.changed]
    rows.sort(key=lambda pair: (-pair[1].changed, pair[0], pair[1].value))
    for number, (name, row) in enumerate(rows[:3]):
        before, after = share(row.on_before, row.subjects), share(row.on_after, row.subjects)
        first = "  ◀ never had it before" if row.on_before == 0 and row.on_after else ""
        who = f"{clean(name, 40)} = {clean(row.value, 40)}: {row.changed:,} of {row.subjects:,} change"
        yield _titled("WHO" if number == 0 else "", f"{who} ({before} → {after} on){first}")


def _policy(evidence: Evidence) -> Iterator[RenderableType]:
    findings = evidence.verdict.findings
    failed = [finding for finding in findings if finding.failed]
    passed = sum(1 for finding in findings if finding.state is State.PASS)
    excepted = [finding for finding in findings if finding.state is State.EXCEPTED]
    name = clean(evidence.verdict.policy, 60)
    yield _titled("POLICY", f"{len(failed)} failed · {passed} passed · {len(excepted)} excepted   ({name})")
    for complaint in complaints(evidence.verdict):
        yield _complaint(complaint)
    for finding in excepted:
        yield Text(f"  · EXCEPTED {finding.rule}  {clean(finding.message, 400)}", style="dim")


def _complaint(complaint: Complaint) -> Text:
    style = LEVEL_STYLES[complaint.level]
    sign = {Level.BLOCK: "✗", Level.APPROVE: "!", Level.WARN: "~", Level.AUDIT: "·"}[complaint.level]
    state = "" if complaint.state is State.FAIL else f" ({complaint.state.replace('_', ' ')})"
    return Text.assemble(
        (f"  {sign} {complaint.level.upper():<8}", f"bold {style}"),
        (f"{', '.join(complaint.rules)}{state}  ", style),
        clean(complaint.message, 600),
    )


def _trust(evidence: Evidence) -> Iterator[RenderableType]:
    for number, line in enumerate(trust_lines(evidence.impact, evidence.traffic)):
        yield _titled("TRUST" if number == 0 else "", line)


def _note(proposal: Proposal) -> Text:
    return _titled("NOTE", f"untrusted text from {proposal.actor.principal}: “{clean(proposal.reason, 300)}”", "dim")


def _on_apply(review: Review) -> Iterator[RenderableType]:
    digest = review.proposal.evidence_digest or ""
    yield _titled("ON APPLY", f"checks everything again, writes once; evidence {digest[:8]}…{digest[-4:]}")
    for approval in review.approvals:
        yield Text(f"          approved by {approval.reviewer} ({approval.assurance.label})", style="green")


def _titled(title: str, text: str, style: str = "") -> Text:
    return Text.assemble((f"{title:<10}", "bold"), (text, style))


def _of(impact: Impact, key: str) -> FlagImpact | None:
    return next((flag for flag in impact.flags if flag.flag == key), None)


def _ago(span: timedelta) -> str:
    minutes = max(0, int(span.total_seconds() // 60))
    if minutes < 60:
        return f"{minutes} min"
    return f"{minutes // 60} h {minutes % 60} min" if minutes < 48 * 60 else f"{minutes // 1440} days"
