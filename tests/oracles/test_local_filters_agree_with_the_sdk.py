"""One filter at a time: the local profile against the SDK's matcher, also near the border of what is valid."""

import re
from collections import Counter
from collections.abc import Callable, Iterator
from random import Random
from typing import Any, Final

import posthog.feature_flags as sdk
import pytest

from evaluator.local.operators import compile_operator
from evaluator.local.unknown import Unknown
from tests.oracles.posthog_sdk import sdk_clock
from tests.oracles.random_contexts import MOMENTS
from tests.oracles.random_syntax import random_date, random_number, random_pattern, random_subject, random_version
from tests.oracles.random_values import LOCAL_OPERATORS, OPERATORS, PROPERTIES, random_property_filter, random_value

Question = tuple[str, Any, Any, int]
"""Operator, filter value, property value, property matching version."""

BEYOND_RE2: Final = re.compile(r"\{(1001|9{11})")
"""Our engine counts to 1000 at most; where the SDK counts further, the prediction is unknown."""


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
        yield entry.get("operator", "exact"), entry["value"], value, random.choice([1, 2])


def questions_on_texts(
    random: Random, operators: list[str], wanted: Callable[[Random], str], found: Callable[[Random], str], amount: int
) -> Iterator[Question]:
    for _ in range(amount):
        yield random.choice(operators), wanted(random), found(random), 1


def test_every_operator_agrees_with_the_sdk_on_random_values() -> None:
    outcomes: Counter[tuple[str, bool | str]] = Counter()
    assert disagreements(questions_on_values(Random("values"), 40_000), outcomes) == []
    constant = {"is_set": {True}, "is_not_set": {False}}
    for operator in LOCAL_OPERATORS:
        for answer in constant.get(operator, {True, False}):
            assert outcomes[operator, answer] >= 20, (operator, answer)


@pytest.mark.parametrize(
    ("family", "wanted", "found"),
    [
        ("date", random_date, random_date),
        ("version", random_version, random_version),
        ("number", random_number, random_number),
    ],
)
def test_texts_near_the_border_are_read_like_the_sdk_reads_them(
    family: str, wanted: Callable[[Random], str], found: Callable[[Random], str]
) -> None:
    outcomes: Counter[tuple[str, bool | str]] = Counter()
    questions = questions_on_texts(Random(family), list(OPERATORS[family]), wanted, found, 15_000)
    assert disagreements(questions, outcomes) == []
    assert {answer for _, answer in outcomes} >= {True, False, "unsupported_definition"}


def test_patterns_are_evaluated_or_left_alone_like_the_sdk_does() -> None:
    outcomes: Counter[tuple[str, bool | str]] = Counter()
    questions = questions_on_texts(Random("patterns"), ["regex", "not_regex"], random_pattern, random_subject, 40_000)
    differing = disagreements(questions, outcomes)
    beyond = [case for case in differing if BEYOND_RE2.search(case[0][1]) and case[2] == "unsupported_definition"]
    assert [case for case in differing if case not in beyond] == []
    assert min(outcomes["regex", True], outcomes["regex", False], outcomes["regex", "unsupported_definition"]) > 1_000
