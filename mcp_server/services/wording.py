"""Impact and verdict in plain lines, the same for agents, plain terminals and CI."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from mcp_server.services.applying import Applied
from mcp_server.services.foreign_text import clean
from policies.impact import FlagImpact, FlagValue, Impact, TrafficFacts
from policies.verdict import Decision, Level, State, Verdict

MOST_PROVED = 300
"""Characters of a sentence about what is certain; it may quote filters."""

DECISION_WORDS = {
    Decision.ALLOW: "ALLOWED",
    Decision.REVIEW: "NEEDS REVIEW by a person",
    Decision.DENY: "DENIED by the policy",
}


def share(part: int, whole: int) -> str:
    """A share in per cent, with as many digits as it takes to tell it from nothing."""
    if whole == 0:
        return "0 %"
    percent = 100 * part / whole
    return f"{percent:.1f} %" if percent >= 0.1 or part == 0 else "< 0.1 %"


def value_name(value: FlagValue) -> str:
    """A flag's value as people say it."""
    if value is None:
        return "undetermined"
    if isinstance(value, str):
        return clean(value, 60)
    return "on" if value else "off"


def impact_lines(impact: Impact | None) -> list[str]:
    """The effect, one line per flag that moves and one for those that do not."""
    if impact is None:
        return ["No traffic was recorded yet, so the effect is not known."]
    lines = [
        f"{impact.changed_subjects:,} of {impact.subjects:,} subjects change "
        f"({share(impact.changed_subjects, impact.subjects)})."
    ]
    moving = [flag for flag in impact.flags if flag.edited or _moves(flag)]
    lines.extend(line for flag in moving for line in _flag_lines(flag))
    still = len(impact.flags) - len(moving)
    if still:
        lines.append(f"{still} dependent flag{'s' if still > 1 else ''} checked, no change.")
    return lines


def proved_lines(proved: Mapping[str, Sequence[str]]) -> list[str]:
    """What is certain without traffic, after the flag that it is about; beside the measured effect."""
    return [f"{clean(flag, 60)}: {clean(line, MOST_PROVED)}" for flag, lines in proved.items() for line in lines]


def finding_lines(verdict: Verdict) -> list[str]:
    """The failed rules (each message ends with its fix), and how many passed."""
    lines = [_complaint_line(complaint) for complaint in complaints(verdict)]
    counts = {state: sum(1 for finding in verdict.findings if finding.state is state) for state in State}
    excepted = f", {counts[State.EXCEPTED]} excepted" if counts[State.EXCEPTED] else ""
    lines.append(
        f"{counts[State.PASS]} rules passed, {counts[State.NOT_APPLICABLE]} do not apply{excepted} "
        f"(policy {clean(verdict.policy, 60)})."
    )
    return lines


@dataclass(frozen=True, slots=True)
class Complaint:
    """Failed rules that say the same."""

    level: Level
    state: State
    rules: tuple[str, ...]
    message: str


def complaints(verdict: Verdict) -> list[Complaint]:
    """The failed findings in their order; those of one level with the same message are one."""
    grouped: dict[tuple[Level, State, str], list[str]] = {}
    for finding in verdict.findings:
        if finding.failed:
            grouped.setdefault((finding.level, finding.state, finding.message), []).append(finding.rule)
    return [
        Complaint(level, state, tuple(dict.fromkeys(rules)), message)
        for (level, state, message), rules in grouped.items()
    ]


def trust_lines(impact: Impact | None, traffic: TrafficFacts | None) -> list[str]:
    """What the evidence rests on."""
    if impact is None or traffic is None:
        return ["There is no snapshot of traffic in this environment."]
    compared = impact.fidelity.compared
    agreeing = share(compared - impact.fidelity.differing, compared)
    lines = [
        f"{traffic.provenance} traffic, {traffic.subjects:,} subjects, {traffic.checks:,} checks, "
        f"{traffic.first_at:%Y-%m-%d %H:%M} to {traffic.newest_at:%Y-%m-%d %H:%M} UTC ({traffic.snapshot})",
        f"replay agrees with the recorded answers for {agreeing} of {compared:,} subjects"
        if compared
        else "no recorded answers to compare the replay with",
    ]
    if traffic.mode == "statistical":
        lines.append("statistical: shares only, because distinct ids were hashed when this was recorded")
    if traffic.dropped:
        lines.append(f"{traffic.dropped:,} checks were dropped while recording")
    return lines


def headline(verdict: Verdict) -> str:
    """The decision and what decided."""
    rules: Sequence[str] = sorted({finding.rule for finding in verdict.findings if finding.failed})
    because = f": {', '.join(rules)}" if rules and verdict.decision is not Decision.ALLOW else ""
    return f"{DECISION_WORDS[verdict.decision]}{because}"


def live_line(applied: Applied) -> str:
    """How long it took until servers answered with the change."""
    if not applied.live and not applied.waiting:
        return "No server is running here; the next one starts with it."
    parts = [f"{server.url} after {int(delay.total_seconds() * 1000)} ms" for server, delay in applied.live]
    parts += [f"{server.url} has not confirmed yet" for server in applied.waiting]
    return f"Live on {'; '.join(parts)}."


def _flag_lines(flag: FlagImpact) -> list[str]:
    lines = [
        f"{flag.flag}: on {share(flag.on_before, flag.subjects)} -> {share(flag.on_after, flag.subjects)} "
        f"({flag.entered:,} enter, {flag.left:,} leave, {flag.switched:,} switch variant"
        + (f", {flag.payload_changed:,} get another payload" if flag.payload_changed else "")
        + (f", {flag.undetermined:,} undetermined" if flag.undetermined else "")
        + (f", {flag.errors:,} errors" if flag.errors else "")
        + ")"
    ]
    moves = [move for move in flag.transitions if move.before != move.after]
    lines.extend(
        f"    {value_name(move.before)} -> {value_name(move.after)}: {move.subjects:,} subjects" for move in moves[:6]
    )
    if not flag.checks:
        lines.append("    nobody asked for this flag in the recorded window")
    return lines


def _moves(flag: FlagImpact) -> bool:
    return bool(flag.changed or flag.undetermined or flag.payload_changed)


def _complaint_line(complaint: Complaint) -> str:
    state = "" if complaint.state is State.FAIL else f" ({complaint.state.replace('_', ' ')})"
    return f"  {complaint.level.upper()} {', '.join(complaint.rules)}{state}: {complaint.message}"
