"""One filter at a time, put to the local profile and to the SDK's matcher; also near the border of what is valid."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from random import Random
from typing import Any, Final

import posthog.feature_flags as sdk

from evaluator.local.operators import compile_operator
from evaluator.local.unknown import Unknown
from tests.oracles.posthog_sdk import sdk_clock
from tests.oracles.random_contexts import MOMENTS
from tests.oracles.random_syntax import random_date, random_number, random_pattern, random_subject, random_version
from tests.oracles.random_values import OPERATORS, PROPERTIES, random_property_filter, random_value

Texts = Callable[[Random], str]

Question = tuple[str, Any, Any, int]
"""Operator, filter value, property value, property matching version."""

FAMILIES: Final[dict[str, tuple[Texts, Texts]]] = {
    "date": (random_date, random_date),
    "version": (random_version, random_version),
    "number": (random_number, random_number),
    "pattern": (random_pattern, random_subject),
}
"""Random texts for the filter, and for the property that it is asked on."""

FAR_SPANS: Final = ["2027y", "9999y", "-9999m", "9999w"]
"""Relative dates that reach before the year 1, or nearly."""

PYTHON_VALUES: Final[list[Any]] = [
    datetime(2026, 1, 1, tzinfo=UTC),
    datetime(2026, 1, 1, 12, 30),  # noqa: DTZ001 - what callers pass
    date(2026, 1, 1),
    Decimal("5.5"),
    {1: "a"},
]
"""Properties that only a caller in Python can pass."""


def sdk_answer(question: Question) -> bool | str:
    operator, wanted, found, version = question
    try:
        return sdk.match_property({"key": "p", "operator": operator, "value": wanted}, {"p": found}, version)
    except sdk.InconclusiveMatchError as unknown:
        return unknown.reason.value


def our_answer(question: Question, now: Any) -> bool | str:
    operator, wanted, found, version = question
    answer = compile_operator(operator, wanted, explicit_equality=version == 2).answer(found, now)
    return answer.cause.value if isinstance(answer, Unknown) else answer


def disagreements(questions: Iterator[Question], outcomes: Counter[tuple[str, bool | str]]) -> list[Any]:
    found = []
    for number, question in enumerate(questions):
        now = MOMENTS[number % len(MOMENTS)]
        with sdk_clock(now):
            expected = sdk_answer(question)
        outcomes[question[0], expected] += 1
        ours = our_answer(question, now)
        if ours is not expected and ours != expected:
            found.append((question, expected, ours))
    return found


def questions_on_values(random: Random, amount: int) -> Iterator[Question]:
    for _ in range(amount):
        entry = random_property_filter(random, oddness=0.3)
        value = random_value(random, PROPERTIES[entry["key"]], oddness=0.3)
        if random.random() < 0.05:
            value = random.choice(PYTHON_VALUES)
        if entry.get("operator") in OPERATORS["date"] and random.random() < 0.05:
            entry["value"] = random.choice(FAR_SPANS)
        yield entry.get("operator", "exact"), entry["value"], value, random.choice([1, 2])


def questions_on_texts(
    random: Random, operators: Sequence[str], wanted: Texts, found: Texts, amount: int
) -> Iterator[Question]:
    for _ in range(amount):
        yield random.choice(operators), wanted(random), found(random), 1


def questions_on_family(family: str, amount: int) -> Iterator[Question]:
    """Questions on texts of one of ``FAMILIES``."""
    wanted, found = FAMILIES[family]
    return questions_on_texts(Random(family), OPERATORS[family], wanted, found, amount)
