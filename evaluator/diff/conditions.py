"""What became of the conditions of a flag."""

from collections.abc import Iterator, Sequence
from typing import Final

from evaluator.diff.filters import compare_filters
from evaluator.diff.model import ConditionDiff, FieldChange
from evaluator.diff.same_conditions import Condition, same_conditions
from evaluator.diff.values import ABSENT, changed_field, changed_fields, stayers, without
from evaluator.json_text import Path, path_text

PLACE: Final[tuple[str, ...]] = ("filters", "groups")
_OWN_PARTS: Final = ("properties", "rollout_percentage", "variant")


def compare_conditions(before: Sequence[Condition], after: Sequence[Condition]) -> tuple[ConditionDiff, ...]:
    """What became of each condition that changed, in the order of the new definition, removed ones last."""
    pairs = same_conditions(before, after)
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
