"""Which filters of a condition came, went or changed. Their order means nothing and is not compared."""

from collections import deque
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import Any

from evaluator.diff.model import FilterChange
from evaluator.diff.values import fingerprint

Filter = dict[str, Any]
Pairs = list[tuple[Filter, Filter]]


def compare_filters(
    before: Sequence[Filter], after: Sequence[Filter]
) -> tuple[tuple[Filter, ...], tuple[Filter, ...], tuple[FilterChange, ...]]:
    """Added, removed and changed filters; a changed one tests the same property, if possible with the same operator."""
    _, removed, added = _paired(before, after, fingerprint)
    pairs: Pairs = []
    for names in (("type", "key", "operator"), ("type", "key")):
        found, removed, added = _paired(removed, added, partial(_identity, names=names))
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


def _paired(
    before: Sequence[Filter], after: Sequence[Filter], key: Callable[[Filter], str]
) -> tuple[Pairs, list[Filter], list[Filter]]:
    """Filters with the same key, in order, each once; and those of either side that are left over."""
    waiting: dict[str, deque[int]] = {}
    for position, entry in enumerate(after):
        waiting.setdefault(key(entry), deque()).append(position)
    pairs: Pairs = []
    unpaired: list[Filter] = []
    taken: set[int] = set()
    for entry in before:
        positions = waiting.get(key(entry))
        if positions:
            taken.add(position := positions.popleft())
            pairs.append((entry, after[position]))
        else:
            unpaired.append(entry)
    return pairs, unpaired, [entry for position, entry in enumerate(after) if position not in taken]


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
