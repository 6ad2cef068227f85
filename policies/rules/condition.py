"""The conditions of a flag definition, and which of them a change touches.

Definitions come from imports and agents, so everything here takes any JSON and reads what it can.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from evaluator.compile_flag import is_served
from evaluator.definitions.condition_ids import stored_condition_ids
from policies.case import Case, Edit


@dataclass(frozen=True, slots=True)
class Condition:
    """One entry of ``filters.groups``. ``audience`` is text that is equal where the same subjects pass the filters."""

    id: str | None
    index: int
    percentage: float
    audience: str
    everyone: bool
    """It has no filters and addresses persons, not groups."""

    @property
    def label(self) -> str:
        """How a message names it."""
        return f"condition {self.id}" if self.id is not None else f"condition {self.index + 1}"


@dataclass(frozen=True, slots=True)
class Touched:
    """A condition of the new definition that is new or differs from the old one with the same id."""

    flag: str
    condition: Condition
    before: Condition | None

    @property
    def new_audience(self) -> bool:
        """Whether it is new, or its filters changed."""
        return self.before is None or self.before.audience != self.condition.audience


def is_live(definition: Mapping[str, Any] | None) -> bool:
    """Whether answers include the flag: it exists, is active and not deleted."""
    return definition is not None and is_served(definition)


def conditions(definition: Mapping[str, Any] | None) -> tuple[Condition, ...]:
    """The flag's conditions, with their permanent ids where they have one."""
    if definition is None:
        return ()
    filters = _mapping(definition.get("filters"))
    groups = filters.get("groups")
    if not isinstance(groups, list | tuple):
        return ()
    ids = stored_condition_ids(definition) or (None,) * len(groups)
    by_group = filters.get("aggregation_group_type_index")
    return tuple(
        _condition(name, index, {"aggregation_group_type_index": by_group, **_mapping(group)})
        for index, (name, group) in enumerate(zip(ids, groups, strict=True))
    )


def has_variants(definition: Mapping[str, Any] | None) -> bool:
    """Whether the flag can give anything but on and off."""
    if definition is None:
        return False
    return bool(_mapping(_mapping(definition.get("filters")).get("multivariate")).get("variants"))


def touched_conditions(edit: Edit) -> tuple[Touched, ...]:
    """Conditions of the new definition that are new, or whose filters or rollout changed. None if the flag is off.

    A flag that is switched on is compared with what a person approved while it was on: what was put into it while it
    was off is new to everybody.
    """
    if edit.kind != "flag" or not is_live(edit.after):
        return ()
    old = conditions(_last_live(edit))
    pairs = ((condition, _counterpart(condition, old)) for condition in conditions(edit.after))
    return tuple(
        Touched(edit.key, new, before)
        for new, before in pairs
        if before is None or (new.audience, new.percentage) != (before.audience, before.percentage)
    )


def _last_live(edit: Edit) -> Mapping[str, Any] | None:
    return edit.before if is_live(edit.before) else edit.approved if is_live(edit.approved) else None


def flag_edits(case: Case) -> tuple[Edit, ...]:
    """The edits that are flags."""
    return tuple(edit for edit in case.edits if edit.kind == "flag")


def definition_after(case: Case, flag: str) -> Mapping[str, Any] | None:
    """The definition that a flag has after the change; None if it is unknown or removed."""
    for edit in flag_edits(case):
        if edit.key == flag:
            return edit.after
    return case.dependents.get(flag)


def _counterpart(new: Condition, old: tuple[Condition, ...]) -> Condition | None:
    """The same condition in the old definition: by id; without ids, one with the same filters."""
    if new.id is not None and any(condition.id is not None for condition in old):
        return next((condition for condition in old if condition.id == new.id), None)
    same = [condition for condition in old if condition.audience == new.audience]
    return max(same, key=lambda condition: condition.percentage == new.percentage, default=None)


def _condition(name: str | None, index: int, group: Mapping[str, Any]) -> Condition:
    filters = group.get("properties") or []
    listed = sorted(map(_canonical, filters)) if isinstance(filters, list | tuple) else [_canonical(filters)]
    return Condition(
        id=name,
        index=index,
        percentage=_percentage(group.get("rollout_percentage")),
        audience=_canonical([listed, group["aggregation_group_type_index"]]),
        everyone=not filters and group["aggregation_group_type_index"] is None,
    )


def _percentage(value: Any) -> float:
    """Everybody, where it is missing or no number."""
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return float(value) if is_number else 100.0


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _canonical(value: Any) -> str:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), default=str)
