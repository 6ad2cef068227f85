"""One filter at a time: the local profile against the SDK's matcher, also near the border of what is valid."""

import re
from collections import Counter
from random import Random
from typing import Final

import pytest

from tests.oracles.filter_questions import disagreements, questions_on_family, questions_on_values
from tests.oracles.random_values import LOCAL_OPERATORS

BEYOND_RE2: Final = re.compile(r"\{(1001|9{11})")
"""Our engine counts to 1000 at most; where the SDK counts further, the prediction is unknown."""


def test_every_operator_agrees_with_the_sdk_on_random_values() -> None:
    outcomes: Counter[tuple[str, bool | str]] = Counter()
    assert disagreements(questions_on_values(Random("values"), 40_000), outcomes) == []
    constant = {"is_set": {True}, "is_not_set": {False}}
    for operator in LOCAL_OPERATORS:
        for answer in constant.get(operator, {True, False}):
            assert outcomes[operator, answer] >= 20, (operator, answer)


@pytest.mark.parametrize("family", ["date", "version", "number"])
def test_texts_near_the_border_are_read_like_the_sdk_reads_them(family: str) -> None:
    outcomes: Counter[tuple[str, bool | str]] = Counter()
    assert disagreements(questions_on_family(family, 15_000), outcomes) == []
    assert {answer for _, answer in outcomes} >= {True, False, "unsupported_definition"}


def test_patterns_are_evaluated_or_left_alone_like_the_sdk_does() -> None:
    outcomes: Counter[tuple[str, bool | str]] = Counter()
    differing = disagreements(questions_on_family("pattern", 40_000), outcomes)
    beyond = [case for case in differing if BEYOND_RE2.search(case[0][1]) and case[2] == "unsupported_definition"]
    assert [case for case in differing if case not in beyond] == []
    assert min(outcomes["regex", True], outcomes["regex", False], outcomes["regex", "unsupported_definition"]) > 1_000
