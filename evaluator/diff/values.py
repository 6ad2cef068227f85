"""Comparing JSON values: strictly by type, of any depth."""

from bisect import bisect_left
from collections.abc import Collection, Iterator, Mapping, Sequence
from enum import Enum
from typing import Any, Final

from evaluator.context import JsonValue
from evaluator.diff.model import FieldChange
from evaluator.json_text import MAX_DEPTH, Path, path_text, write


class Absence(Enum):
    """What stands where a document has no value."""

    ABSENT = "absent"


ABSENT: Final = Absence.ABSENT


def fingerprint(value: JsonValue) -> str:
    """Equal for two values exactly if they are the same JSON: 1, 1.0 and true differ, the order of keys does not."""
    return write(value, scalar=_scalar_fingerprint, sort_keys=True)


def _scalar_fingerprint(value: Any) -> str:
    if isinstance(value, bool) or value is None or isinstance(value, str):
        return repr(value)
    return hex(value) if isinstance(value, int) else float.__repr__(value)


def same(before: JsonValue | Absence, after: JsonValue | Absence) -> bool:
    """Whether both are the same JSON, or both absent."""
    if before is ABSENT or after is ABSENT:
        return before is after
    return fingerprint(before) == fingerprint(after)


def changed_field(path: Path, before: JsonValue | Absence, after: JsonValue | Absence) -> FieldChange | None:
    """The change from one value to the other as a whole; None if there is none."""
    if same(before, after):
        return None
    name = path_text(path)
    if before is ABSENT:
        return FieldChange(path=name, kind="added", after=after)
    if after is ABSENT:
        return FieldChange(path=name, kind="removed", before=before)
    return FieldChange(path=name, kind="changed", before=before, after=after)


def changed_fields(path: Path, before: JsonValue | Absence, after: JsonValue | Absence) -> Iterator[FieldChange]:
    """The changes from one value to the other, each as deep as both are objects, or lists of one length.

    Beyond the depth that a document may have, values are compared as a whole.
    """
    pending: list[Iterator[tuple[Path, Any, Any]]] = [iter(((path, before, after),))]
    while pending:
        for place, old, new in pending[-1]:
            if old is new:
                continue
            inner = _common_parts(place, old, new) if len(place) < MAX_DEPTH else None
            if inner is not None:
                pending.append(inner)
                break
            change = changed_field(place, old, new)
            if change is not None:
                yield change
        else:
            pending.pop()


def _common_parts(place: Path, before: Any, after: Any) -> Iterator[tuple[Path, Any, Any]] | None:
    """The values under each key or position of two objects or lists; None where they have none in common."""
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        keys = dict.fromkeys((*before, *after))
        return (((*place, key), before.get(key, ABSENT), after.get(key, ABSENT)) for key in keys) if keys else None
    if isinstance(before, list) and isinstance(after, list) and len(before) == len(after) > 0:
        return (((*place, index), *pair) for index, pair in enumerate(zip(before, after, strict=True)))
    return None


def without(mapping: Mapping[str, Any], keys: Collection[str]) -> dict[str, Any]:
    """The mapping without some of its keys."""
    return {key: value for key, value in mapping.items() if key not in keys}


def stayers(positions: Sequence[int]) -> set[int]:
    """The largest set of positions that are in ascending order, so that the fewest others have moved."""
    tails: list[int] = []
    tail_indices: list[int] = []
    previous: list[int | None] = []
    for index, position in enumerate(positions):
        length = bisect_left(tails, position)
        previous.append(tail_indices[length - 1] if length else None)
        tails[length : length + 1] = [position]
        tail_indices[length : length + 1] = [index]
    kept: set[int] = set()
    cursor = tail_indices[-1] if tail_indices else None
    while cursor is not None:
        kept.add(positions[cursor])
        cursor = previous[cursor]
    return kept
