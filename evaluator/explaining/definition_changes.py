"""What could be otherwise about a flag's definition, one part at a time."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from math import ceil, floor
from typing import Any

from evaluator.check import Check
from evaluator.compiled import CompiledCondition, CompiledFlag, PropertyTest
from evaluator.context import JsonValue, Mark
from evaluator.explaining.alternatives import DefinitionChange
from evaluator.explaining.setting import Setting
from evaluator.hashing import rollout_bound, rollout_hash, unit
from evaluator.matching.text_form import text_of

LISTS = ("exact", "is_not", "icontains_multi", "not_icontains_multi")
"""Operators whose value is a list that can gain or lose an entry."""


def definition_changes(setting: Setting, key: str, wanted: bool | str) -> Iterator[DefinitionChange]:
    """The changes of one flag that might matter to the subject."""
    flag = setting.ruleset.flags[key]
    definition = flag.definition
    if definition.get("deleted") is True:
        return
    if definition.get("active") is False or flag.served:
        active = definition.get("active") is not True
        changed = {**definition, "active": active}
        yield DefinitionChange("active", key, changed, before=not active, after=active)
    check = Check(setting.context, setting.now, setting.facts)
    for condition in flag.conditions:
        yield from _of_condition(flag, condition, setting, check, wanted)


def _of_condition(
    flag: CompiledFlag, condition: CompiledCondition, setting: Setting, check: Check, wanted: bool | str
) -> Iterator[DefinitionChange]:
    groups: Sequence[Mapping[str, Any]] = flag.definition["filters"]["groups"]
    index, group = condition.index, groups[condition.index]

    def change(kind: Any, groups_after: Sequence[Any], **told: Any) -> DefinitionChange:
        definition = {**flag.definition, "filters": {**flag.definition["filters"], "groups": list(groups_after)}}
        if len(groups_after) != len(groups) or kind == "move_condition":
            definition.pop("drysail", None)
        return DefinitionChange(kind, flag.key, definition, index, condition.id, **told)

    def within(kind: Any, group_after: Mapping[str, Any], **told: Any) -> DefinitionChange:
        return change(kind, [group_after if place == index else old for place, old in enumerate(groups)], **told)

    yield from _rollouts(flag, condition, group, setting, check, within)
    yield from _filters(condition, group, check, within)
    if isinstance(wanted, str) and condition.override != wanted and any(key == wanted for _, key in flag.variants):
        yield within("variant", {**group, "variant": wanted}, before=condition.override, after=wanted)
    if index:
        yield change("move_condition", [group, *_without(groups, index)], before=index, after=0)
    yield change("remove_condition", _without(groups, index))


Within = Callable[..., DefinitionChange]


def _filters(
    condition: CompiledCondition, group: Mapping[str, Any], check: Check, within: Within
) -> Iterator[DefinitionChange]:
    entries = list(group.get("properties") or ())
    for place, (entry, test) in enumerate(zip(entries, condition.tests, strict=True)):
        if isinstance(test, PropertyTest) and (entry.get("operator") or "exact") in LISTS:
            for kind, value, values in _values(entry, test, check):
                changed = [*entries[:place], {**entry, "value": values}, *entries[place + 1 :]]
                yield within(kind, {**group, "properties": changed}, filter=entry, value=value)
        yield within("drop_filter", {**group, "properties": _without(entries, place)}, filter=entry)


def _values(entry: Mapping[str, Any], test: PropertyTest, check: Check) -> Iterator[tuple[str, JsonValue, Any]]:
    """The filter's list with the subject's value, and without it."""
    actual: JsonValue | Mark
    source = test.source
    actual = check.person_property(test.property) if source is None else check.group_property(source, test.property)
    if isinstance(actual, Mark) or not isinstance(actual, str | int | float):
        return
    values = entry.get("value")
    values = values if isinstance(values, list) else [values]
    text = text_of(actual).lower()
    same = [number for number, value in enumerate(values) if text_of(value).lower() == text]
    if not same:
        yield "add_value", actual, [*values, actual]
    elif len(values) > 1:
        yield "remove_value", values[same[0]], _without(values, same[0])


def _rollouts(
    flag: CompiledFlag,
    condition: CompiledCondition,
    group: Mapping[str, Any],
    setting: Setting,
    check: Check,
    within: Within,
) -> Iterator[DefinitionChange]:
    step = setting.ruleset.programs[flag.key].steps[condition.index]
    identity = check.distinct_id if step.identify is None else step.identify(check)
    if isinstance(identity, Mark):
        return
    place = rollout_hash(flag.key, identity)
    inside = condition.rollout_bound is None or place <= condition.rollout_bound
    after = largest_without(place) if inside else smallest_with(place)
    if after is not None:
        told = {"before": condition.percentage, "after": after, "exact": unit(place) * 100}
        yield within("rollout", {**group, "rollout_percentage": after}, **told)


def smallest_with(place: int) -> float | int | None:
    """The smallest percentage, rounded up as a person would type it, whose rollout holds this 60-bit hash."""
    return next((typed for typed in _typed(unit(place) * 100, ceil) if _holds(typed, place)), None)


def largest_without(place: int) -> float | int | None:
    """The largest percentage, rounded down as a person would type it, whose rollout leaves this hash out."""
    return next((typed for typed in _typed(unit(place) * 100, floor) if not _holds(typed, place)), None)


def _holds(percentage: float, place: int) -> bool:
    bound = rollout_bound(percentage)
    return bound is None or place <= bound


def _typed(exact: float, rounded: Callable[[float], int]) -> Iterator[float | int]:
    """Round numbers near an exact percentage: whole ones from 10 on, finer ones below, and the next ones after that."""
    digits = 0 if exact >= 10 else 1 if exact >= 1 else 2 if exact >= 0.1 else 3 if exact >= 0.01 else 4
    scaled = rounded(exact * 10**digits)
    outward = 1 if rounded is ceil else -1
    for number in (scaled, scaled + outward):
        typed = round(number / 10**digits, digits)
        if 0 <= typed <= 100:
            yield int(typed) if typed == int(typed) else typed


def _without(entries: Sequence[Any], place: int) -> list[Any]:
    return [entry for number, entry in enumerate(entries) if number != place]
