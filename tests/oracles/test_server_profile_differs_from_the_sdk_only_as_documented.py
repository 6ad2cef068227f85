"""The server profile against what the SDK decides by itself: equal, or different for a documented reason."""

import re
from pathlib import Path

import pytest

from tests.oracles.cases import random_batches
from tests.oracles.comparison import Comparison, compare_server

CASES = 40_000
TABLE = Path(__file__).parents[2] / "docs" / "semantics.md"


@pytest.fixture(scope="module")
def comparison() -> Comparison:
    return compare_server(random_batches(seed=2, cases=CASES))


def test_every_difference_between_server_and_sdk_has_a_numbered_row(comparison: Comparison) -> None:
    assert comparison.differences == []


def test_server_and_sdk_agree_on_most_random_cases(comparison: Comparison) -> None:
    differing = comparison.explained.total() - comparison.explained[frozenset({38})]
    assert comparison.decided >= CASES * 0.6
    assert differing <= comparison.decided * 0.2


def test_many_rows_explain_differences_alone(comparison: Comparison) -> None:
    assert len([rows for rows in comparison.explained if len(rows) == 1]) >= 20


def test_every_row_that_explains_a_difference_is_documented(comparison: Comparison) -> None:
    documented = {int(number) for number in re.findall(r"^\| (\d+) \|", TABLE.read_text("utf-8"), re.MULTILINE)}
    assert frozenset().union(*comparison.explained) <= documented
