"""A difference in words: one short line per change, the most telling first."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from evaluator.describe import (
    condition_label,
    describe_condition,
    describe_filter,
    percent,
    shown,
    shown_list,
)
from evaluator.diff.model import ConditionDiff, FieldChange, FilterChange, FlagDiff, VariantDiff

_SWITCHES: Final[Mapping[str, tuple[str, str]]] = {
    "active": ("turns the flag on", "turns the flag off"),
    "continuity": ("keeps answers over a login from now on", "no longer keeps answers over a login"),
    "early_exit": (
        "stops at the first condition whose rollout leaves a matching subject out",
        "no longer stops at a condition whose rollout leaves a matching subject out",
    ),
    "enrollment": ("opens early access", "closes early access"),
}


def lines(difference: FlagDiff) -> list[str]:
    """Every change of a difference in words; nothing for an empty one."""
    return list(_lines(difference))


def _lines(difference: FlagDiff) -> Iterator[str]:
    if difference.kind != "changed":
        yield "creates the flag" if difference.kind == "added" else "removes the flag"
    for name in ("active", "enrollment", "early_exit", "continuity"):
        yield from _switch(name, getattr(difference, name))
    yield from _changes(filter(None, (difference.aggregation, difference.bucketing)))
    yield from _changes(difference.holdout)
    for condition in difference.conditions:
        yield from _condition(condition)
    for variant in difference.variants:
        yield from _variant(variant)
    yield from _changes((*difference.payloads, *difference.metadata, *difference.fields))


def _switch(name: str, change: FieldChange | None) -> Iterator[str]:
    if change is None:
        return
    on, off = _SWITCHES[name]
    if change.after is True:
        yield on
    elif change.before is True:
        yield off
    else:
        yield _field(change)


def _condition(condition: ConditionDiff) -> Iterator[str]:
    name = _condition_name(condition)
    if condition.kind == "added":
        yield f"adds {name}: {describe_condition(condition.after)}"
        return
    if condition.kind == "removed":
        yield f"removes {name}: {describe_condition(condition.before)}"
        return
    if condition.moved and condition.before_index is not None and condition.after_index is not None:
        yield f"moves {name} from place {condition.before_index + 1} to place {condition.after_index + 1}"
    if condition.rollout is not None:
        yield f"{name}: rollout {percent(condition.rollout.before)} → {percent(condition.rollout.after)}"
    yield from (f"{name}: adds the filter {describe_filter(entry)}" for entry in condition.filters_added)
    yield from (f"{name}: removes the filter {describe_filter(entry)}" for entry in condition.filters_removed)
    yield from (f"{name}: {_filter(change)}" for change in condition.filters_changed)
    if condition.variant is not None:
        yield f"{name}: pinned variant {_or_none(condition.variant.before)} → {_or_none(condition.variant.after)}"
    yield from _changes(condition.fields)


def _condition_name(condition: ConditionDiff) -> str:
    index = condition.before_index if condition.after_index is None else condition.after_index
    return condition_label(index, condition.id)


def _filter(change: FilterChange) -> str:
    if isinstance(change.before.get("value"), list) and isinstance(change.after.get("value"), list):
        parts = []
        if change.added_values:
            parts.append(f"gains {shown_list(change.added_values)}")
        if change.removed_values:
            parts.append(f"loses {shown_list(change.removed_values)}")
        if parts:
            return f"{describe_filter(change.after)} ({' and '.join(parts)})"
    before, after = describe_filter(change.before), describe_filter(change.after)
    return f"{before} → {after}" if before != after else f"{after} (in its details)"


def _variant(variant: VariantDiff) -> Iterator[str]:
    name = f"variant {shown(variant.key)}"
    before, after = _weight(variant.before_weight), _weight(variant.after_weight)
    if variant.kind == "added":
        yield f"adds {name} with {after}"
    elif variant.kind == "removed":
        yield f"removes {name}, which had {before}"
    else:
        if variant.moved:
            yield f"moves {name}, which reassigns subjects"
        if before != after:
            yield f"{name}: {before} → {after}"
    yield from _changes(variant.fields)


def _weight(weight: object) -> str:
    return "no weight" if weight is None else percent(weight)


def _changes(changes: Iterable[FieldChange]) -> Iterator[str]:
    return map(_field, changes)


def _field(change: FieldChange) -> str:
    match change.kind:
        case "added":
            return f"{change.path}: {shown(change.after)} (new)"
        case "removed":
            return f"{change.path}: removed (was {shown(change.before)})"
        case _:
            return f"{change.path}: {shown(change.before)} → {shown(change.after)}"


def _or_none(variant: object) -> str:
    return "none" if variant is None else shown(variant)
