"""Operators on text: contains, starts with, ends with. Case-blind for A to Z only."""

from collections.abc import Callable
from datetime import datetime

from evaluator.compiled import Predicate
from evaluator.context import MISSING, JsonValue, Mark
from evaluator.matching.text_form import ascii_lower, text_of


def contains(wanted: JsonValue, *, positive: bool) -> Predicate:
    """``icontains``: the wanted text occurs in the property. A list is its JSON text here, not alternatives."""
    part = folded(wanted)
    return _on_text(lambda text: part in text, positive)


def contains_any(wanted: JsonValue, *, positive: bool) -> Predicate:
    """``icontains_multi``: at least one of the listed texts occurs in the property."""
    parts = [folded(item) for item in (wanted if isinstance(wanted, list | tuple) else [wanted])]
    return _on_text(lambda text: any(part in text for part in parts), positive)


def starts_with(wanted: JsonValue, *, positive: bool) -> Predicate:
    """``starts_with``: the property begins with the wanted text."""
    prefix = folded(wanted)
    return _on_text(lambda text: text.startswith(prefix), positive)


def ends_with(wanted: JsonValue, *, positive: bool) -> Predicate:
    """``ends_with``: the property ends with the wanted text."""
    suffix = folded(wanted)
    return _on_text(lambda text: text.endswith(suffix), positive)


def folded(value: JsonValue) -> str:
    """The text form of a wanted value, as it is looked for."""
    return ascii_lower(text_of(value))


def _on_text(test: Callable[[str], bool], positive: bool) -> Predicate:
    def matches(value: JsonValue | Mark, now: datetime) -> bool:
        if value is MISSING:
            return not positive
        return test(ascii_lower(text_of(value))) is positive

    return matches
