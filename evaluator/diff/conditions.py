"""Which conditions of a flag are the same ones, and what became of them."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from evaluator.definitions.condition_ids import stored_condition_ids
from evaluator.diff.filters import compare_filters, tokens
from evaluator.diff.model import ConditionDiff, FieldChange
from evaluator.diff.values import ABSENT, changed_field, changed_fields, fingerprint, stayers, without
from evaluator.json_text import Path, path_text

PLACE: Final[tuple[str, ...]] = ("filters", "groups")
_OWN_PARTS: Final = ("properties", "rollout_percentage", "variant")


@dataclass(frozen=True, slots=True, eq=False)
class Condition:
    """One condition of one of the two definitions, with what it is compared by."""

    index: int
    id: str | None
    body: dict[str, Any]
    filters: tuple[dict[str, Any], ...]
    mark: str
    filters_mark: str
    tokens: frozenset[str]


Pair = tuple[Condition, Condition]


def conditions_of(flag: Mapping[str, Any], groups: Sequence[Mapping[str, Any]]) -> list[Condition]:
    """A flag's conditions with their permanent ids, if it carries them."""
    ids = stored_condition_ids(flag) or (None,) * len(groups)
    return [_condition(index, ids[index], body) for index, body in enumerate(groups)]


def _condition(index: int, name: str | None, body: Mapping[str, Any]) -> Condition:
    filters = _filters_of(body)
    mark = fingerprint(body.get("properties") if filters is None else sorted(map(fingerprint, filters)))
    filters = filters or ()
    return Condition(index, name, dict(body), filters, fingerprint(body), mark, tokens(filters))


def _filters_of(body: Mapping[str, Any]) -> tuple[dict[str, Any], ...] | None:
    """None where the filters are not a list of objects."""
    properties = body.get("properties", [])
    if not isinstance(properties, list) or not all(isinstance(entry, Mapping) for entry in properties):
        return None
    return tuple(dict(entry) for entry in properties)


def compare_conditions(before: Sequence[Condition], after: Sequence[Condition]) -> tuple[ConditionDiff, ...]:
    """What became of each condition that changed, in the order of the new definition, removed ones last.

    Two conditions are the same one if they share a permanent id; else if they are equal; else if they have equal
    filters; else by the likeness of their filters, the most alike first.
    """
    pairs = _match(before, after)
    stayed = stayers([old.index for old, _ in pairs])
    old_of = {new.index: old for old, new in pairs}
    found = [
        _kept(old_of[new.index], new, moved=old_of[new.index].index not in stayed)
        if new.index in old_of
        else _added(new)
        for new in after
    ]
    gone = {old.index for old in before} - {old.index for old, _ in pairs}
    found.extend(_removed(old) for old in before if old.index in gone)
    return tuple(difference for difference in found if difference is not None)


def _match(before: Sequence[Condition], after: Sequence[Condition]) -> list[Pair]:
    old, new, pairs = list(before), list(after), []
    for likeness in (_same_id, _equal, _equal_filters, _jaccard):
        candidates = [(likeness(left, right), left, right) for left in old for right in new]
        candidates = [candidate for candidate in candidates if candidate[0] > 0]
        candidates.sort(key=lambda found: (-found[0], abs(found[1].index - found[2].index), found[2].index))
        for _, left, right in candidates:
            if left in old and right in new:
                pairs.append((left, right))
                old.remove(left)
                new.remove(right)
    return sorted(pairs, key=lambda pair: pair[1].index)


def _same_id(left: Condition, right: Condition) -> float:
    return left.id is not None and left.id == right.id


def _equal(left: Condition, right: Condition) -> float:
    return left.mark == right.mark


def _equal_filters(left: Condition, right: Condition) -> float:
    return left.filters_mark == right.filters_mark


def _jaccard(left: Condition, right: Condition) -> float:
    either = left.tokens | right.tokens
    return len(left.tokens & right.tokens) / len(either) if either else 0.0


def _added(new: Condition) -> ConditionDiff:
    return ConditionDiff(kind="added", id=new.id, before_index=None, after_index=new.index, before=None, after=new.body)


def _removed(old: Condition) -> ConditionDiff:
    return ConditionDiff(
        kind="removed", id=old.id, before_index=old.index, after_index=None, before=old.body, after=None
    )


def _kept(old: Condition, new: Condition, *, moved: bool) -> ConditionDiff | None:
    place: Path = (*PLACE, new.index)
    added, removed, changed = compare_filters(old.filters, new.filters)
    other = list(changed_fields(place, without(old.body, _OWN_PARTS), without(new.body, _OWN_PARTS)))
    if not (added or removed or changed):
        other.extend(_field(place, "properties", old, new))
    if old.id and new.id and old.id != new.id:
        other.append(FieldChange(path=path_text((*place, "id")), kind="changed", before=old.id, after=new.id))
    rollout, variant = (next(_field(place, name, old, new), None) for name in _OWN_PARTS[1:])
    if not (moved or added or removed or changed or other or rollout or variant):
        return None
    return ConditionDiff(
        kind="changed",
        id=new.id or old.id,
        before_index=old.index,
        after_index=new.index,
        before=old.body,
        after=new.body,
        moved=moved,
        filters_added=added,
        filters_removed=removed,
        filters_changed=changed,
        rollout=rollout,
        variant=variant,
        fields=tuple(other),
    )


def _field(place: Path, name: str, old: Condition, new: Condition) -> Iterator[FieldChange]:
    change = changed_field((*place, name), old.body.get(name, ABSENT), new.body.get(name, ABSENT))
    if change is not None:
        yield change
