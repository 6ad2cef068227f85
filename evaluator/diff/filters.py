"""Which filters of a condition came, went or changed. Their order means nothing and is not compared."""

from collections.abc import Iterable, Sequence
from typing import Any

from evaluator.diff.model import FilterChange
from evaluator.diff.values import fingerprint

Filter = dict[str, Any]
Pairs = list[tuple[Filter, Filter]]


def compare_filters(
    before: Sequence[Filter], after: Sequence[Filter]
) -> tuple[tuple[Filter, ...], tuple[Filter, ...], tuple[FilterChange, ...]]:
    """Added, removed and changed filters; a changed one tests the same property, if possible with the same operator."""
    removed, added = _unequal(before, after)
    pairs: Pairs = []
    for names in (("type", "key", "operator"), ("type", "key")):
        found, removed, added = _pair(removed, added, names)
        pairs.extend(found)
    return tuple(added), tuple(removed), tuple(_change(old, new) for old, new in pairs)


def tokens(filters: Iterable[Filter]) -> frozenset[str]:
    """What to measure the likeness of conditions by: the properties tested, the tests, and each value of a test."""
    found: set[str] = set()
    for entry in filters:
        test = fingerprint([entry.get("type"), entry.get("key"), entry.get("operator")])
        found.add(fingerprint([entry.get("type"), entry.get("key")]))
        found.add(test)
        found.update(f"{test} {fingerprint(value)}" for value in _values(entry))
    return frozenset(found)


def _unequal(before: Sequence[Filter], after: Sequence[Filter]) -> tuple[list[Filter], list[Filter]]:
    old = [(fingerprint(entry), entry) for entry in before]
    new = [(fingerprint(entry), entry) for entry in after]
    for mark, entry in list(old):
        twin = next((other for other in new if other[0] == mark), None)
        if twin is not None:
            new.remove(twin)
            old.remove((mark, entry))
    return [entry for _, entry in old], [entry for _, entry in new]


def _pair(
    removed: list[Filter], added: list[Filter], names: tuple[str, ...]
) -> tuple[Pairs, list[Filter], list[Filter]]:
    pairs: Pairs = []
    unpaired: list[Filter] = []
    waiting = list(added)
    for old in removed:
        wanted = _identity(old, names)
        index = next((index for index, new in enumerate(waiting) if _identity(new, names) == wanted), None)
        if index is None:
            unpaired.append(old)
        else:
            pairs.append((old, waiting.pop(index)))
    return pairs, unpaired, waiting


def _identity(entry: Filter, names: tuple[str, ...]) -> str:
    return fingerprint([entry.get(name) for name in names])


def _change(before: Filter, after: Filter) -> FilterChange:
    if before.get("operator") != after.get("operator"):
        return FilterChange(before=before, after=after)
    old, new = ({fingerprint(value): value for value in _values(entry)} for entry in (before, after))
    return FilterChange(
        before=before,
        after=after,
        added_values=tuple(value for mark, value in new.items() if mark not in old),
        removed_values=tuple(value for mark, value in old.items() if mark not in new),
    )


def _values(entry: Filter) -> list[Any]:
    if "value" not in entry:
        return []
    value = entry["value"]
    return value if isinstance(value, list) else [value]
