"""The 60-bit hash and its integer bounds, against pinned numbers and against the installed PostHog SDK."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from posthog import feature_flags as sdk

from evaluator.hashing import (
    SCALE,
    distinct_id_text,
    group_key_text,
    hash60,
    holdout_bound,
    holdout_hash,
    rollout_bound,
    rollout_hash,
    unit,
    variant_bounds,
    variant_hash,
)
from evaluator.json_text import NumberText

VECTORS: dict[str, Any] = json.loads((Path(__file__).parents[1] / "vectors" / "hashing.json").read_text())
TOPMOST_TIE = SCALE - 64
"""The smallest hash that binary64 rounds up to 2^60, whose unit hash is therefore 1.0."""

ids = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=60)
percentages = st.floats(0, 100) | st.integers(0, 100) | st.integers(0, 10_000).map(lambda n: n / 100)


def numbered(name: str) -> Any:
    return pytest.mark.parametrize("case", VECTORS[name], ids=lambda case: str(case["number"]))


@numbered("hashes")
def test_a_pinned_subject_has_its_pinned_hash(case: dict[str, Any]) -> None:
    hashed = {
        "rollout": lambda: rollout_hash(case["flag"], case["id"]),
        "variant": lambda: variant_hash(case["flag"], case["id"]),
        "holdout": lambda: holdout_hash(case["id"]),
    }[case["use"]]()
    assert unit(hashed) == case["unit"]
    if "digits" in case:
        assert f"{hashed:015x}" == case["digits"]


@numbered("rollout_bounds")
def test_a_pinned_percentage_has_its_pinned_bound(case: dict[str, Any]) -> None:
    bound = rollout_bound(case["percentage"])
    assert ("everybody" if bound is None else f"{bound:015x}") == case["bound"]


@numbered("variant_bounds")
def test_pinned_weights_have_their_pinned_bounds(case: dict[str, Any]) -> None:
    bounds = variant_bounds(case["percentages"])
    assert [f"{bound:015x}" for bound in bounds] == case["bounds"]
    for bound, cumulative in zip(bounds, case["sums"], strict=True):
        assert unit(bound - 1) < cumulative <= unit(bound)


@numbered("placements")
def test_a_pinned_subject_lands_in_its_pinned_place(case: dict[str, Any]) -> None:
    for subject, (position, expected) in case["subjects"].items():
        if "rollout" in case:
            hashed = rollout_hash(case["flag"], subject)
            bound = rollout_bound(case["rollout"])
            assert bound is not None
            assert (hashed <= bound) is expected
        else:
            hashed = variant_hash(case["flag"], subject)
            names = [name for name, _ in case["variants"]]
            bounds = variant_bounds(weight for _, weight in case["variants"])
            assert next(name for name, bound in zip(names, bounds, strict=True) if hashed < bound) == expected
        assert unit(hashed) == position


@given(key=ids, subject=ids)
def test_every_hash_is_the_sdks(key: str, subject: str) -> None:
    assert unit(rollout_hash(key, subject)) == sdk._hash(key, subject)
    assert unit(variant_hash(key, subject)) == sdk._hash(key, subject, salt="variant")
    assert unit(holdout_hash(subject)) == sdk._holdout_hash(subject)


@given(percentage=percentages, distance=st.integers(-200, 200))
def test_a_rollout_bound_decides_like_a_binary64_comparison(percentage: float, distance: int) -> None:
    bound = rollout_bound(percentage)
    if bound is None:
        assert percentage == 100
        return
    for hashed in (0, bound, bound + 1, bound + distance, SCALE - 1):
        hashed = min(max(hashed, 0), SCALE - 1)
        assert (hashed <= bound) is (unit(hashed) <= percentage / 100)


@given(weights=st.lists(percentages, min_size=1, max_size=6), distance=st.integers(-200, 200))
def test_variant_bounds_decide_like_the_sdks_lookup_table(weights: list[float], distance: int) -> None:
    names = [str(position) for position in range(len(weights))]
    variants = [{"key": name, "rollout_percentage": weight} for name, weight in zip(names, weights, strict=True)]
    table = sdk.variant_lookup_table({"filters": {"multivariate": {"variants": variants}}})
    bounds = variant_bounds(weights)
    for hashed in {0, SCALE - 1, *(bound + step for bound in bounds for step in (-1, 0, 1, distance))}:
        hashed = min(max(hashed, 0), SCALE - 1)
        ours = next((name for name, bound in zip(names, bounds, strict=True) if hashed < bound), None)
        theirs = next((row["key"] for row in table if row["value_min"] <= unit(hashed) < row["value_max"]), None)
        assert ours == theirs


@given(key=ids, subject=ids, percentage=percentages)
def test_the_sdk_holds_out_the_same_subjects(key: str, subject: str, percentage: float) -> None:
    flag = {"key": key, "filters": {"holdout": {"id": 7, "exclusion_percentage": percentage}}}
    bound = holdout_bound(percentage)
    assert (bound is None or holdout_hash(subject) <= bound) is (sdk._get_holdout_variant(flag, subject) == "holdout-7")


def test_a_unit_hash_can_be_one_and_is_then_beyond_every_full_set_of_variants() -> None:
    assert unit(TOPMOST_TIE) == 1.0
    assert unit(TOPMOST_TIE - 1) < 1.0
    assert variant_bounds([50, 50])[-1] == TOPMOST_TIE


def test_exactly_one_hundred_percent_needs_no_hash() -> None:
    assert rollout_bound(100) is None
    assert rollout_bound(100.0) is None
    assert rollout_bound(NumberText("1e2")) is None


def test_percentages_out_of_range_hold_everybody_or_nobody() -> None:
    assert rollout_bound(150) == SCALE - 1
    assert rollout_bound(10**400) == SCALE - 1
    assert rollout_bound(float("inf")) == SCALE - 1
    assert rollout_bound(-0.001) == -1
    assert rollout_bound(-(10**400)) == -1
    assert rollout_bound(float("nan")) == -1


def test_a_holdouts_percentage_is_clamped() -> None:
    assert holdout_bound(130) is None
    assert holdout_bound(-5) == 0


def test_an_empty_id_stands_at_zero_in_rollouts_and_variants_but_not_in_holdouts() -> None:
    assert rollout_hash("beta", "") == 0
    assert variant_hash("beta", "") == 0
    assert holdout_hash("") == hash60("holdout-")


def test_half_a_surrogate_pair_can_be_hashed() -> None:
    assert 0 <= rollout_hash("beta", "\ud800") < SCALE
    assert rollout_hash("beta", "\ud800") != rollout_hash("beta", "\ud801")


def test_a_distinct_id_is_shortened_to_200_characters_whatever_their_size() -> None:
    assert distinct_id_text("😀" * 300) == "😀" * 200
    assert distinct_id_text("é" * 200) == "é" * 200


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (42, "42"),
        (42.0, "42.0"),
        (1.5, "1.5"),
        (1e21, "1e+21"),
        (NumberText("1.10"), "1.1"),
        ("", ""),
        ("0042", "0042"),
    ],
)
def test_a_number_is_an_id_in_its_decimal_text(value: Any, text: str) -> None:
    assert distinct_id_text(value) == text
    assert group_key_text(value) == text


@pytest.mark.parametrize("value", [None, True, False, [], ["a"], {}, {"id": 1}])
def test_what_is_neither_text_nor_number_is_no_id(value: Any) -> None:
    assert distinct_id_text(value) is None
    assert group_key_text(value) == ""


def test_a_group_key_is_never_shortened() -> None:
    assert group_key_text("k" * 500) == "k" * 500
