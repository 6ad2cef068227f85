"""The local profile against the SDK itself, on random definitions and subjects."""

import pytest

from tests.oracles.cases import random_batches, without_devices
from tests.oracles.comparison import Comparison, compare_local
from tests.oracles.exercised import EXPECTED

CASES = 60_000


@pytest.fixture(scope="module")
def comparison() -> Comparison:
    return compare_local(random_batches(seed=1, cases=CASES))


def test_the_local_profile_answers_every_random_case_like_the_sdk(comparison: Comparison) -> None:
    assert comparison.cases >= CASES
    assert comparison.differences == []


def test_the_random_cases_exercise_every_operator_and_feature(comparison: Comparison) -> None:
    rare = {name: comparison.exercised[name] for name in EXPECTED if comparison.exercised[name] < 30}
    assert rare == {}


@pytest.mark.parametrize("kind", ["false", "true", "variant", "unknown"])
def test_no_kind_of_answer_is_rare_among_the_random_cases(comparison: Comparison, kind: str) -> None:
    assert comparison.share(kind) >= 0.05


def test_the_sdk_decides_most_random_cases_by_itself(comparison: Comparison) -> None:
    assert comparison.share("unknown") <= 0.4


def test_the_local_profile_finds_the_sdk_s_reasons_in_definitions_alone() -> None:
    batches = map(without_devices, random_batches(seed=4, cases=8_000, oddnesses=[0.6]))
    comparison = compare_local(batches)
    assert comparison.share("unknown") >= 0.6
    assert comparison.differences == []
