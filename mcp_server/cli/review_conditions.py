"""The conditions of a changed flag side by side, matched by their permanent ids: a moved one is not a new one."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from evaluator.definitions.condition_ids import condition_ids
from evaluator.describe import describe_flag
from evaluator.diff import diff
from evaluator.diff.words import lines
from policies.impact import FlagImpact


@dataclass(frozen=True, slots=True)
class ConditionRow:
    """One line: ``sign`` is + added, - removed, ~ changed, > moved or blank; the texts are ready to be shown."""

    sign: str
    id: str
    condition: Mapping[str, Any]
    rollout: str
    people: str


def condition_rows(
    before: Mapping[str, Any] | None, after: Mapping[str, Any] | None, impact: FlagImpact | None
) -> list[ConditionRow]:
    """All conditions in the new order; removed ones at the end."""
    old, new = _by_id(before), _by_id(after)
    reached_before = {row.id: row.eligible for row in impact.coverage_before} if impact is not None else {}
    reached_after = {row.id: row.eligible for row in impact.coverage_after} if impact is not None else {}
    common = [name for name in old if name in new]
    moved = common != [name for name in new if name in old]
    rows = []
    for name in [*new, *(name for name in old if name not in new)]:
        was, now = old.get(name), new.get(name)
        shown = now if now is not None else was
        if shown is None:
            continue
        sign = "+" if was is None else "-" if now is None else "~" if was != now else ">" if moved else " "
        rows.append(
            ConditionRow(
                sign=sign,
                id=name,
                condition=shown,
                rollout=_arrow(_percent(was), _percent(now)),
                people=_arrow(_count(reached_before, name, was), _count(reached_after, name, now)),
            )
        )
    return rows


def other_changes(before: Mapping[str, Any] | None, after: Mapping[str, Any] | None) -> list[str]:
    """What differs beside the conditions, one line each."""
    if after is None:
        return []
    if before is None:
        return describe_flag({**after, "filters": {**(after.get("filters") or {}), "groups": []}})
    return lines(diff(before, after).model_copy(update={"conditions": ()}))


def _by_id(flag: Mapping[str, Any] | None) -> dict[str, Mapping[str, Any]]:
    if flag is None:
        return {}
    groups = (flag.get("filters") or {}).get("groups") or []
    return dict(zip(condition_ids(flag), groups, strict=True))


def _percent(condition: Mapping[str, Any] | None) -> str:
    if condition is None:
        return "–"
    percentage = condition.get("rollout_percentage")
    return f"{100 if percentage is None else percentage:g} %"


def _count(counts: Mapping[str | None, int], name: str, condition: Mapping[str, Any] | None) -> str:
    if condition is None:
        return "–"
    return f"{counts[name]:,}" if name in counts else "?"


def _arrow(before: str, after: str) -> str:
    return before if before == after else f"{before} → {after}"
