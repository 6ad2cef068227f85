"""Sorts the values that a property can have into classes that no filter in question can tell apart.

Every value there can be, and none, falls into one of the classes; a class may be empty. That is what proofs need. A
class for which an example was found is certainly not empty, which is what examples need.
"""

from collections.abc import Iterator, Sequence
from itertools import product
from math import prod
from typing import Final

from evaluator.analysis.examples import examples
from evaluator.analysis.model import TooMany
from evaluator.analysis.ordered_values import (
    MOST_CLASSES,
    Answers,
    Asked,
    date_classes,
    every_answer,
    merged,
    number_classes,
    version_classes,
)
from evaluator.analysis.questions import Family
from evaluator.analysis.text_values import CASE_MATTERS, Stand, named_texts, plain_stands_for, stands_for, text_classes
from evaluator.context import MISSING, JsonValue, Mark

NO_EXAMPLE = object()

MOST_TEXTS: Final = 20_000
"""Texts that equalities name, for one property."""

Row = tuple[bool, ...]
"""The answers to all questions, in order."""

TRUE_LIST: JsonValue = [True, [True]]
"""A value that is true in the sense of filters without being the text ``true``: only lists are."""


def classes(asked: Asked, *, may_be_absent: bool) -> dict[Row, object]:
    """Every combination of answers that a value can give, with an example or ``NO_EXAMPLE``. Raises TooMany."""
    found = dict.fromkeys(covering(asked, may_be_absent=may_be_absent), NO_EXAMPLE)
    tried = [*([MISSING] if may_be_absent else []), *examples(asked, named_texts(asked))]
    for value in tried:
        row = _row(asked, value)
        if found.get(row, NO_EXAMPLE) is NO_EXAMPLE:
            found[row] = value
    return found


def covering(asked: Asked, *, may_be_absent: bool) -> dict[Row, None]:
    """The classes: every value there can be, and none, gives one of these combinations of answers. Raises TooMany."""
    found = dict.fromkeys([_row(asked, MISSING)] if may_be_absent else [])
    named = named_texts(asked)
    if len(named) > MOST_TEXTS:
        raise TooMany
    case_matters = any(question.family in CASE_MATTERS for question in asked.values())
    for text in sorted(named):
        for stand in stands_for(text) if case_matters else plain_stands_for(text):
            found |= dict.fromkeys(_rows_of(asked, stand))
            _limit(found)
    for answers in _unnamed(asked):
        found[tuple(answers[name] for name in asked)] = None
        _limit(found)
    return found


def _limit(found: dict[Row, None]) -> None:
    if len(found) > MOST_CLASSES:
        raise TooMany


def _row(asked: Asked, value: JsonValue | Mark) -> Row:
    return tuple(question.answer(value) for question in asked.values())


def _rows_of(asked: Asked, stand: Stand) -> Iterator[Row]:
    known = {name: question.answer(stand.value) for name, question in asked.items()}
    free = [name for name, question in asked.items() if question.family in stand.free]
    for answers in every_answer(free):
        yield tuple({**known, **answers}.values())


def _unnamed(asked: Asked) -> Iterator[Answers]:
    """What the values can answer whose text no equality names. They are true for no question of truth, save lists."""
    fixed = {
        name: question.family != "equality" and question.answer("")
        for name, question in asked.items()
        if question.family in ("constant", "equality", "truth")
    }
    texts = [text_classes(_of(asked, "text")), every_answer(list(_of(asked, "pattern")))]
    lines = [
        number_classes(_of(asked, "number")),
        version_classes(_of(asked, "version", "range")),
        date_classes(_of(asked, "date")),
    ]
    yield from _combined([[fixed], *texts, *lines])
    if _of(asked, "truth"):
        rest = _of(asked, "truth", "number", "version", "range", "date")
        listed = {name: question.answer(TRUE_LIST) for name, question in rest.items()}
        yield from _combined([[fixed], *texts, [listed]])


def _combined(parts: Sequence[Sequence[Answers]]) -> Iterator[Answers]:
    if prod(map(len, parts)) > MOST_CLASSES:
        raise TooMany
    return map(merged, product(*parts))


def _of(asked: Asked, *families: Family) -> Asked:
    return {name: question for name, question in asked.items() if question.family in families}
