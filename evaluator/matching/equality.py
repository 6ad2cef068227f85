"""``exact`` and ``is_not``: case-blind equality of text forms, with a second life for truth values."""

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Final

from evaluator.compiled import Predicate
from evaluator.context import MISSING, JsonValue, Mark
from evaluator.matching.text_form import text_of

EXPLICIT: Final = 2
"""The ``property_matching_version`` under which true and false in a filter are words like any other."""


def wanted_texts(wanted: JsonValue, matching_version: int) -> frozenset[str] | None:
    """The texts one of which the property must be; None where the filter asks for its truth.

    An empty list asks whether the property is truthy. Before version 2, so does any filter made of truth values only:
    it compares truthiness, whereby ``false`` matches whatever is not true.
    """
    if isinstance(wanted, list | tuple) and not wanted:
        return None
    if matching_version != EXPLICIT and _is_truth_value(wanted):
        return None
    alternatives = wanted if isinstance(wanted, list | tuple) else [wanted]
    return frozenset(text_of(alternative).lower() for alternative in alternatives)


def one_of(texts: frozenset[str], *, positive: bool) -> Predicate:
    """``exact`` (``positive``) or ``is_not``: is the property one of these texts, all in lower case?"""

    def matches(value: JsonValue | Mark, now: datetime) -> bool:
        if type(value) is str:
            return (value.lower() in texts) is positive
        if value is MISSING:
            return not positive
        return (text_of(value).lower() in texts) is positive

    return matches


def same_truth(wanted: JsonValue, *, positive: bool) -> Predicate:
    """``exact`` (``positive``) or ``is_not`` of a filter without ``wanted_texts``: is the property as truthy?"""
    truth = _is_true(wanted)

    def matches(value: JsonValue | Mark, now: datetime) -> bool:
        if value is MISSING:
            return not positive
        return (_is_true(value) is truth) is positive

    return matches


def _is_truth_value(value: JsonValue) -> bool:
    return _all_leaves(value, lambda leaf: leaf is True or leaf is False or _lower(leaf) in ("true", "false"))


def _is_true(value: JsonValue) -> bool:
    return _all_leaves(value, lambda leaf: leaf is True or _lower(leaf) == "true")


def _lower(value: JsonValue) -> str | None:
    return value.lower() if isinstance(value, str) else None


def _all_leaves(value: JsonValue, test: Callable[[JsonValue], bool]) -> bool:
    return all(map(test, _leaves(value)))


def _leaves(value: JsonValue) -> Iterator[JsonValue]:
    """What the lists inside lists hold in the end, the value itself if it is no list."""
    pending = [value]
    while pending:
        item = pending.pop()
        if isinstance(item, list | tuple):
            pending.extend(item)
        else:
            yield item
