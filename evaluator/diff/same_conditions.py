"""Which conditions of two definitions of a flag are the same ones."""

from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from evaluator.definitions.condition_ids import stored_condition_ids
from evaluator.diff.filters import tokens
from evaluator.diff.values import fingerprint

MOST_COMPARISONS: Final = 40_000
"""Pairs of conditions whose likeness is weighed. Where there are more, the order of the conditions decides."""


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
Likeness = Callable[[Condition, Condition], float]


def conditions_of(flag: Mapping[str, Any], groups: Sequence[Mapping[str, Any]]) -> list[Condition]:
    """A flag's conditions with their permanent ids, if it carries them."""
    ids = stored_condition_ids(flag) or (None,) * len(groups)
    return [_condition(index, ids[index], body) for index, body in enumerate(groups)]


def same_conditions(before: Iterable[Condition], after: Iterable[Condition]) -> list[Pair]:
    """The conditions of both definitions that are one and the same, in the order of the new definition.

    Two are the same if they share a permanent id; else if they are equal; else if they have equal filters; else by the
    likeness of their filters, the most alike first. Of several that would do, the nearest in place.
    """
    old, new, pairs = list(before), list(after), []
    for key in (_id, _mark, _filters_mark):
        found = [pair for alike in _groups(old, new, key) for pair in _nearest(*alike, lambda left, right: 1.0)]
        old, new = _unpaired(old, new, found)
        pairs.extend(found)
    pairs.extend(_nearest(old, new, _jaccard))
    return sorted(pairs, key=lambda pair: pair[1].index)


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


def _id(condition: Condition) -> Hashable:
    return condition.id


def _mark(condition: Condition) -> Hashable:
    return condition.mark


def _filters_mark(condition: Condition) -> Hashable:
    return condition.filters_mark


def _groups(
    old: Iterable[Condition], new: Iterable[Condition], key: Callable[[Condition], Hashable]
) -> Iterator[tuple[list[Condition], list[Condition]]]:
    """Old and new conditions that have the same key; None is no key."""
    grouped: dict[Hashable, tuple[list[Condition], list[Condition]]] = {}
    for side, conditions in enumerate((old, new)):
        for condition in conditions:
            name = key(condition)
            if name is not None:
                grouped.setdefault(name, ([], []))[side].append(condition)
    return iter(grouped.values())


def _nearest(old: Sequence[Condition], new: Sequence[Condition], likeness: Likeness) -> list[Pair]:
    if len(old) * len(new) > MOST_COMPARISONS:
        return [pair for pair in zip(old, new, strict=False) if likeness(*pair) > 0]
    candidates = [(likeness(left, right), left, right) for left in old for right in new]
    candidates = [candidate for candidate in candidates if candidate[0] > 0]
    candidates.sort(key=lambda found: (-found[0], abs(found[1].index - found[2].index), found[2].index))
    pairs: list[Pair] = []
    taken: tuple[set[int], set[int]] = (set(), set())
    for _, left, right in candidates:
        if left.index not in taken[0] and right.index not in taken[1]:
            pairs.append((left, right))
            taken[0].add(left.index)
            taken[1].add(right.index)
    return pairs


def _unpaired(
    old: Sequence[Condition], new: Sequence[Condition], pairs: Iterable[Pair]
) -> tuple[list[Condition], list[Condition]]:
    gone = {left.index for left, _ in pairs}, {right.index for _, right in pairs}
    return (
        [condition for condition in old if condition.index not in gone[0]],
        [condition for condition in new if condition.index not in gone[1]],
    )


def _jaccard(left: Condition, right: Condition) -> float:
    either = left.tokens | right.tokens
    return len(left.tokens & right.tokens) / len(either) if either else 0.0
