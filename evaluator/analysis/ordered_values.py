"""Values that lie on a line: numbers, versions, dates. Limits cut the line into points and gaps, which is all that
comparisons can tell apart."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import tzinfo
from functools import cmp_to_key, partial
from itertools import product
from math import prod
from typing import Any, Final

from evaluator.analysis.model import TooMany
from evaluator.analysis.questions import REFERENCE_NOW, FilterQuestion
from evaluator.context import JsonValue
from evaluator.matching import compile_predicate
from evaluator.matching.numbers import numeric_value
from evaluator.matching.semver import version_of

Answers = Mapping[str, bool]
"""What a class of values answers to some of the questions, by the question's name."""

Asked = Mapping[str, FilterQuestion]

MOST_FREE: Final = 5
"""Questions of which nothing is known but that they say yes or no, for one property."""

MOST_CLASSES: Final = 1024
"""Classes of values that are told apart, for one property."""

NO_NUMBER: Final[tuple[JsonValue, ...]] = (None, float("nan"))
"""Values that are no number: most are like null; not-a-number is none even for ``not_between``."""
NO_VERSION: Final = ""
NO_DATE: Final = ""

_SIGNS: Final[Mapping[str, frozenset[int]]] = {
    "gt": frozenset({1}),
    "gte": frozenset({0, 1}),
    "lt": frozenset({-1}),
    "lte": frozenset({-1, 0}),
    "semver_eq": frozenset({0}),
    "semver_neq": frozenset({-1, 1}),
    "semver_gt": frozenset({1}),
    "semver_gte": frozenset({0, 1}),
    "semver_lt": frozenset({-1}),
    "semver_lte": frozenset({-1, 0}),
    "is_date_exact": frozenset({0}),
    "is_date_before": frozenset({-1}),
    "is_date_after": frozenset({1}),
}
_RELATIVE: Final = re.compile(r"-?[0-9]+([hdwmy])")


def number_classes(asked: Asked) -> list[Answers]:
    """What numbers, and values that are none, can answer."""
    limits = [limit for question in asked.values() for limit in _number_limits(question)]
    classes = [{name: question.answer(value) for name, question in asked.items()} for value in NO_NUMBER]
    for cell in _cells(_sorted(limits, _order)):
        classes.append({name: _in_number_cell(question, cell) for name, question in asked.items()})
    return _different(classes)


def version_classes(asked: Asked) -> list[Answers]:
    """What versions, and values that are none, can answer. Of ranges nothing is known but that they say yes or no."""
    compared = {name: question for name, question in asked.items() if question.family == "version"}
    ranges = [name for name, question in asked.items() if question.family == "range"]
    limits = [version_of(question.value) for question in compared.values()]
    classes: list[Answers] = [{name: question.answer(NO_VERSION) for name, question in asked.items()}]
    for cell in _cells(_sorted(limits, _order)):
        here = {
            name: cell.sign(version_of(question.value), _order) in _SIGNS[question.operator]
            for name, question in compared.items()
        }
        classes.extend({**here, **free} for free in every_answer(ranges))
    return _different(classes)


def date_classes(asked: Asked) -> list[Answers]:
    """What dates, and values that are none, can answer, at whatever moment.

    Absolute dates lie on one line. Relative ones lie on a line only with their likes: days go with hours and weeks, in
    a zone whose clocks never jump. Where one line meets another depends on the moment, so that nothing is known of it.
    """
    lines: dict[str, dict[str, FilterQuestion]] = {}
    for name, question in asked.items():
        lines.setdefault(_line_of(question, name), {})[name] = question
    per_line = [_date_line(line, questions) for line, questions in lines.items()]
    if prod(map(len, per_line)) > MOST_CLASSES:
        raise TooMany
    none = {name: question.answer(NO_DATE) for name, question in asked.items()}
    return _different([none, *(merged(parts) for parts in product(*per_line))])


def every_answer(names: Sequence[str]) -> list[Answers]:
    """All combinations of yes and no."""
    if len(names) > MOST_FREE:
        raise TooMany
    return [dict(zip(names, answers, strict=True)) for answers in product((False, True), repeat=len(names))]


def merged(parts: Sequence[Answers]) -> Answers:
    """The answers to all questions, from those to disjoint sets of them."""
    return {name: answer for part in parts for name, answer in part.items()}


@dataclass(frozen=True, slots=True)
class _Cell:
    """A limit itself (``open`` false), or what lies between it and the next (``limit`` None: before the first)."""

    limit: Any
    open: bool

    def sign(self, limit: Any, order: Callable[[Any, Any], int]) -> int:
        """-1, 0 or 1: how a value of this cell stands to a limit."""
        if self.limit is None:
            return -1
        sign = order(self.limit, limit)
        return 1 if self.open and sign == 0 else sign


def _cells(limits: Sequence[Any]) -> Iterator[_Cell]:
    yield _Cell(None, open=True)
    for limit in limits:
        yield _Cell(limit, open=False)
        yield _Cell(limit, open=True)


def _sorted(limits: Sequence[Any], order: Callable[[Any, Any], int]) -> list[Any]:
    found: list[Any] = []
    for limit in sorted(limits, key=cmp_to_key(order)):
        if not found or order(found[-1], limit) != 0:
            found.append(limit)
    return found


def _order(one: Any, other: Any) -> int:
    return int(one > other) - int(one < other)


def _number_limits(question: FilterQuestion) -> list[float | None]:
    values = question.value if question.operator in ("between", "not_between") else [question.value]
    return [numeric_value(value) for value in values]


def _in_number_cell(question: FilterQuestion, cell: _Cell) -> bool:
    signs = [cell.sign(limit, _order) for limit in _number_limits(question)]
    if question.operator in ("between", "not_between"):
        return (signs[0] >= 0 and signs[1] <= 0) is (question.operator == "between")
    return signs[0] in _SIGNS[question.operator]


def _line_of(question: FilterQuestion, name: str) -> str:
    relative = _RELATIVE.fullmatch(question.value) if isinstance(question.value, str) else None
    zone = question.manner.timezone
    if relative is None:
        return f"absolute {zone}"
    if zone != "UTC":
        return f"alone {name}"
    return "relative hours" if relative[1] in "hdw" else f"relative {relative[1]}"


def _date_line(line: str, asked: Asked) -> list[Answers]:
    if line.startswith("alone"):
        return every_answer(list(asked))
    zone = next(iter(asked.values())).manner.zone
    limits = _sorted([question.value for question in asked.values()], partial(_date_order, zone))
    return [
        {
            name: cell.sign(question.value, partial(_date_order, zone)) in _SIGNS[question.operator]
            for name, question in asked.items()
        }
        for cell in _cells(limits)
    ]


def _date_order(zone: tzinfo, one: str, other: str) -> int:
    """How two dates of one line stand to each other, as the evaluator reads them."""
    before, after = (
        compile_predicate({"operator": operator, "value": other}, matching_version=1, timezone=zone).predicate
        for operator in ("is_date_before", "is_date_after")
    )
    return after(one, REFERENCE_NOW) - before(one, REFERENCE_NOW)


def _different(classes: Iterable[Answers]) -> list[Answers]:
    return list({tuple(answers.items()): answers for answers in classes}.values())
