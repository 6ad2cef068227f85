"""The difference between two definitions of one flag."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from evaluator.context import JsonValue
from evaluator.diff.conditions import PLACE as CONDITIONS
from evaluator.diff.conditions import compare_conditions
from evaluator.diff.model import ConditionDiff, FieldChange, FlagDiff, Kind, VariantDiff
from evaluator.diff.same_conditions import conditions_of
from evaluator.diff.values import ABSENT, Absence, changed_field, changed_fields, without
from evaluator.diff.variants import PLACE as VARIANTS
from evaluator.diff.variants import comparable, compare_variants
from evaluator.json_text import Path

Flag = Mapping[str, Any]

_NAMED: Final[Mapping[str, tuple[str, ...]]] = {
    "active": ("active",),
    "aggregation": ("filters", "aggregation_group_type_index"),
    "bucketing": ("bucketing_identifier",),
    "continuity": ("ensure_experience_continuity",),
    "early_exit": ("filters", "early_exit"),
    "enrollment": ("filters", "feature_enrollment"),
}
"""Fields of ``FlagDiff`` that are one value each, and where that value lies."""

_IDS: Final = ("condition_ids", "next_condition")


def diff(before: Flag | None, after: Flag | None) -> FlagDiff:
    """What differs between two definitions of a flag (PostHog JSON; None where there is none).

    Never raises for anything that JSON can hold: parts with an unexpected shape are compared as plain values.
    """
    old: Flag = {} if before is None else before
    new: Flag = {} if after is None else after
    conditions, odd_conditions = _conditions(old, new)
    variants, odd_variants = _variants(old, new)
    named = {name: changed_field(path, *_both(old, new, path)) for name, path in _NAMED.items()}
    return FlagDiff(
        kind=_kind(before, after),
        conditions=conditions,
        variants=variants,
        payloads=tuple(_changes(old, new, ("filters", "payloads"))),
        holdout=tuple(_changes(old, new, ("filters", "holdout"))),
        metadata=tuple(_metadata(old, new, conditions)),
        fields=(*odd_conditions, *odd_variants, *_rest(old, new)),
        **named,
    )


def _kind(before: Flag | None, after: Flag | None) -> Kind:
    if (before is None) is (after is None):
        return "changed"
    return "added" if before is None else "removed"


def _conditions(old: Flag, new: Flag) -> tuple[tuple[ConditionDiff, ...], tuple[FieldChange, ...]]:
    before, after = _both(old, new, CONDITIONS)
    if not (_are_conditions(before) and _are_conditions(after)):
        return (), tuple(changed_fields(CONDITIONS, before, after))
    found = compare_conditions(
        conditions_of(old, [] if before is ABSENT else before), conditions_of(new, [] if after is ABSENT else after)
    )
    return found, () if found else tuple(changed_fields(CONDITIONS, before, after))


def _are_conditions(groups: JsonValue | Absence) -> bool:
    return groups is ABSENT or (isinstance(groups, list) and all(isinstance(group, Mapping) for group in groups))


def _variants(old: Flag, new: Flag) -> tuple[tuple[VariantDiff, ...], tuple[FieldChange, ...]]:
    before, after = _both(old, new, VARIANTS)
    others = _changes(old, new, VARIANTS[:-1], leaving_out=(VARIANTS[-1],))
    if not all(variants is ABSENT or comparable(variants) for variants in (before, after)):
        return (), (*changed_fields(VARIANTS, before, after), *others)
    found = compare_variants([] if before is ABSENT else before, [] if after is ABSENT else after)
    return found, (*(() if found else changed_fields(VARIANTS, before, after)), *others)


def _metadata(old: Flag, new: Flag, conditions: tuple[ConditionDiff, ...]) -> Iterator[FieldChange]:
    """Drysail's own data. The ids of conditions follow the conditions; they count only where those are the same."""
    yield from _changes(old, new, ("drysail",), leaving_out=_IDS if conditions else ())


def _rest(old: Flag, new: Flag) -> Iterator[FieldChange]:
    """Everything that no other part of the difference looks at."""
    yield from changed_fields((), *(_without_known(flag) for flag in (old, new)))


def _without_known(flag: Flag) -> dict[str, Any]:
    rest = without(flag, ["drysail", *(path[0] for path in _NAMED.values() if len(path) == 1)])
    filters = rest.get("filters")
    if isinstance(filters, Mapping):
        named = [path[1] for path in _NAMED.values() if len(path) == 2]
        rest["filters"] = without(filters, ["groups", "multivariate", "payloads", "holdout", *named])
    return rest


def _changes(old: Flag, new: Flag, path: Path, leaving_out: tuple[str, ...] = ()) -> Iterator[FieldChange]:
    before, after = (
        without(value, leaving_out) if isinstance(value, Mapping) else value for value in _both(old, new, path)
    )
    yield from changed_fields(path, before, after)


def _both(old: Flag, new: Flag, path: Path) -> tuple[Any, Any]:
    return _at(old, path), _at(new, path)


def _at(value: Any, path: Path) -> Any:
    for part in path:
        value = value.get(part, ABSENT) if isinstance(value, Mapping) else ABSENT
    return value
