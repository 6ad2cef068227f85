"""Reading an impact the pessimistic way, and saying so where there is nothing to read."""

from collections.abc import Callable

from policies.case import Case
from policies.impact import FlagImpact, Impact
from policies.rules.condition import flag_edits
from policies.rules.rule import Remark
from policies.verdict import Fix, State

RECORD = Fix(
    kind="record",
    text="Record traffic (let checks go through `drysail serve`, or import a recording), take a snapshot, "
    "and re-run the evidence.",
)


def no_snapshot() -> Remark:
    """The remark of every rule that measures, when there is no traffic at all."""
    message = "There is no recorded traffic, so nobody can tell who moves."
    return Remark(State.INSUFFICIENT_EVIDENCE, message, observed="no snapshot", fix=RECORD)


def empty_snapshot() -> Remark:
    """The remark of every rule that measures, when the snapshot holds nobody."""
    message = "The traffic snapshot holds no subjects, so nobody can tell who moves."
    return Remark(State.INSUFFICIENT_EVIDENCE, message, observed="0 subjects", fix=RECORD)


def passed(observed: str, limit: str, message: str, *, flag: str | None = None) -> Remark:
    """A remark that the limit holds."""
    return Remark(State.PASS, message, observed, limit, flag)


def not_applicable(message: str, *, flag: str | None = None) -> Remark:
    """A remark that the rule has nothing to say."""
    return Remark(State.NOT_APPLICABLE, message, flag=flag)


def each_flag(case: Case, look: Callable[[FlagImpact, Impact], Remark]) -> list[Remark]:
    """One remark per flag that the change can affect; insufficient evidence where the replay has no numbers."""
    impact = case.impact
    if impact is None:
        return [no_snapshot()]
    if impact.subjects <= 0:
        return [empty_snapshot()]
    replayed = {flag.flag for flag in impact.flags}
    missing = sorted({edit.key for edit in flag_edits(case)} - replayed)
    return [look(flag, impact) for flag in impact.flags] + [_not_replayed(key) for key in missing]


def may_be_on(flag: FlagImpact, impact: Impact) -> int:
    """The most subjects that can be on after the change: an undetermined one counts as on."""
    return min(flag.on_after + flag.undetermined, impact.subjects)


def may_move(flag: FlagImpact, impact: Impact) -> int:
    """The most subjects whose answer can change, in value or in payload: an undetermined one counts as changed."""
    return min(flag.changed + flag.payload_changed + flag.undetermined, impact.subjects)


def may_move_together(impact: Impact) -> int:
    """The most subjects for whom at least one of the flags in the impact can change."""
    changed = min(impact.changed_subjects, sum(flag.changed for flag in impact.flags))
    payloads = sum(flag.payload_changed for flag in impact.flags)
    undetermined = min(impact.undetermined_subjects, sum(flag.undetermined for flag in impact.flags))
    return min(changed + payloads + undetermined, impact.subjects)


def up_to(flag: FlagImpact) -> str:
    """``up to ``, where undetermined subjects make a number an upper end."""
    return "up to " if flag.undetermined else ""


def _not_replayed(key: str) -> Remark:
    message = "The replay has no numbers for this flag."
    return Remark(State.INSUFFICIENT_EVIDENCE, message, observed="not replayed", flag=key, fix=RECORD)
