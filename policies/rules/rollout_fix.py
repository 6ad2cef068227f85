"""The fix that a number can give: the rollout of an edited condition with which the failed rules pass."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from math import ceil, floor
from typing import Any

from policies.case import Case, Edit
from policies.impact import FlagImpact, Impact
from policies.rules.condition import Touched, conditions, flag_edits, is_live, touched_conditions
from policies.verdict import Fix

Passes = Callable[[Case], bool]


@dataclass(frozen=True, slots=True)
class Complaint:
    """A failed remark that another rollout may settle. ``passes`` tells whether it is gone in another version."""

    flag: str | None
    passes: Passes


def rollout_fixes(case: Case, complaints: Sequence[Complaint]) -> list[Fix | None]:
    """A fix for each complaint, in order; None where no rollout of one condition is to blame.

    Complaints about the same condition share one search, so they get a rollout that settles them all. At most eight
    replays per condition.
    """
    fixes: list[Fix | None] = [None] * len(complaints)
    edits = flag_edits(case)
    levers = [lever for edit in edits if (lever := _lever(case, edit)) is not None]
    for lever in levers if case.try_rollout is not None else ():
        mine = [at for at, complaint in enumerate(complaints) if complaint.flag == lever.flag or len(levers) == 1]
        fix = _search(case, lever, [complaints[at].passes for at in mine], alone=len(edits) == 1) if mine else None
        for at in mine:
            fixes[at] = fix
    return fixes


@dataclass(frozen=True, slots=True)
class _Lever:
    """A condition of an edited flag. ``steps`` are whole percentages from where it was to just before where it goes."""

    flag: str
    id: str
    steps: range
    rises: bool
    present: float | None
    """What it was before the change; None if it was not, or was for others."""


def _lever(case: Case, edit: Edit) -> _Lever | None:
    """Of the touched conditions (or of all, where the flag is merely turned on) the one that moves most subjects."""
    if is_live(edit.after) and not is_live(edit.before):
        candidates = tuple(Touched(edit.key, condition, None) for condition in conditions(edit.after))
    else:
        candidates = touched_conditions(edit)
    named = [(touched.condition.id, touched) for touched in candidates if touched.condition.id is not None]
    if not named:
        return None
    moved = _moved_by(case, edit.key)
    name, touched = max(named, key=lambda item: (moved.get(item[0], 0), -item[1].condition.index))
    present = None if touched.before is None or touched.new_audience else _within(touched.before.percentage)
    start = present or 0.0
    goal = _within(touched.condition.percentage)
    rises = goal >= start
    steps = range(ceil(start), ceil(goal)) if rises else range(floor(start), floor(goal), -1)
    return _Lever(edit.key, name, steps, rises, present)


def _within(percentage: float) -> float:
    return min(max(percentage, 0.0), 100.0)


def _moved_by(case: Case, flag: str) -> Mapping[str | None, int]:
    impacts = case.impact.flags if case.impact is not None else ()
    rows = (row for impact in impacts if impact.flag == flag for row in impact.attribution)
    return {row.condition_id: row.changed for row in rows if row.side == "after"}


def _search(case: Case, lever: _Lever, passes: Sequence[Passes], *, alone: bool) -> Fix:
    """Bisects the steps. What it suggests was replayed and passed."""
    name = f"condition {lever.id}" if alone else f"condition {lever.id} of {lever.flag}"
    best, fails = -1, len(lever.steps)
    while fails - best > 1:
        middle = (best + fails) // 2
        version = _with_rollout(case, lever, lever.steps[middle])
        if all(passed(version) for passed in passes):
            best = middle
        else:
            fails = middle
    if best < 0:
        return Fix(kind="split", text=f"No rollout of {name} alone passes; split the change into smaller ones.")
    value = lever.steps[best]
    if value == lever.present:
        return Fix(kind="ask", text=f"No other rollout of {name} than the present {value} % passes; ask a person.")
    text = f"Set {name} to {'≤' if lever.rises else '≥'} {value} %."
    return Fix(kind="set", text=text, path=f"conditions.{lever.id}.rollout_percentage", value=value)


def _with_rollout(case: Case, lever: _Lever, percentage: int) -> Case:
    """The same case as if the change had asked for another rollout."""
    assert case.try_rollout is not None
    impact = case.try_rollout(lever.flag, lever.id, float(percentage))
    edits = tuple(_edit_with(edit, lever, percentage) for edit in case.edits)
    return replace(case, impact=impact, edits=edits, drift=_drift_with(case.drift, impact))


def _drift_with(drift: Mapping[str, FlagImpact], impact: Impact) -> dict[str, FlagImpact]:
    """What drift becomes: the same last review, another end."""
    ends = {flag.flag: flag.on_after for flag in impact.flags}
    return {key: known.model_copy(update={"on_after": ends.get(key, known.on_after)}) for key, known in drift.items()}


def _edit_with(edit: Edit, lever: _Lever, percentage: int) -> Edit:
    if edit.kind != "flag" or edit.key != lever.flag or edit.after is None:
        return edit
    index = next(condition.index for condition in conditions(edit.after) if condition.id == lever.id)
    filters: dict[str, Any] = dict(edit.after["filters"])
    groups = list(filters["groups"])
    groups[index] = {**groups[index], "rollout_percentage": percentage}
    return replace(edit, after={**edit.after, "filters": {**filters, "groups": groups}})
