"""Laws that hold for every operator and any JSON whatsoever."""

import json
from datetime import UTC, datetime, timedelta, timezone
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluator.context import MISSING
from evaluator.matching import OPERATORS, BadFilter, CompiledPredicate, compile_predicate

NOW = datetime(2026, 3, 31, 12, 0, tzinfo=UTC)

telling_texts = st.sampled_from(
    ["", "null", "true", "FALSE", "1", "-7d", "9999y", "9999m", "2026-03-08 02:30", "0000-01-01", "2024", "1e400",
     "9999-12-31T23:59:59Z", "nan", "1.2.3-alpha+7", "1.*", ">=1, <2", "[", "(?i)a", r"\d+$", "a{2}{3}", "\ud800",
     "İ", "x" * 300]
)  # fmt: skip
scalars = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.sampled_from([10**400, -(10**4000), 2**63, 2**64])
    | st.floats()
    | st.text(st.characters(), max_size=8)
    | telling_texts
)
anything = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=3), inner, max_size=3)
)
operators = st.sampled_from(OPERATORS)
moments = st.datetimes(timezones=st.sampled_from([UTC, timezone(timedelta(hours=-14)), ZoneInfo("Europe/Berlin")]))
zones = st.sampled_from([UTC, ZoneInfo("America/New_York"), ZoneInfo("Asia/Kathmandu"), timezone(timedelta(hours=14))])

NEGATIONS = {
    "exact": "is_not",
    "icontains": "not_icontains",
    "icontains_multi": "not_icontains_multi",
    "starts_with": "not_starts_with",
    "ends_with": "not_ends_with",
    "is_set": "is_not_set",
}


def compiled(operator: str | None, wanted: Any, version: int = 1, zone: Any = UTC) -> CompiledPredicate | None:
    """None where the filter is refused."""
    try:
        return compile_predicate(
            {"key": "p", "operator": operator, "value": wanted}, matching_version=version, timezone=zone
        )
    except BadFilter as refusal:
        if refusal.code == "unsupported_regex" and operator in ("regex", "not_regex"):
            return None
        raise


@given(
    operator=operators,
    wanted=anything,
    value=anything | st.just(MISSING),
    now=moments,
    zone=zones,
    version=st.integers(0, 3),
)
def test_a_predicate_never_raises_and_answers_the_same_twice(
    operator: str, wanted: Any, value: Any, now: datetime, zone: Any, version: int
) -> None:
    predicate = compiled(operator, wanted, version, zone)
    if predicate is not None:
        answer = predicate.predicate(value, now)
        assert answer in (True, False)
        assert type(answer) is bool
        assert predicate.predicate(value, now) is answer


@given(operator=operators, wanted=anything, value=anything, now=moments, later=moments)
def test_only_a_predicate_that_says_so_depends_on_the_moment(
    operator: str, wanted: Any, value: Any, now: datetime, later: datetime
) -> None:
    predicate = compiled(operator, wanted)
    if predicate is not None and not predicate.uses_now:
        assert predicate.predicate(value, now) is predicate.predicate(value, later)


@given(
    pair=st.sampled_from(sorted(NEGATIONS.items())),
    wanted=anything.filter(lambda value: value is not None),
    value=anything | st.just(MISSING),
    version=st.sampled_from([1, 2]),
)
def test_a_negation_is_the_opposite_for_every_usable_filter_value(
    pair: tuple[str, str], wanted: Any, value: Any, version: int
) -> None:
    positive, negative = (compiled(name, wanted, version) for name in pair)
    assert positive is not None
    assert negative is not None
    assert positive.predicate(value, NOW) is not negative.predicate(value, NOW)


@given(wanted=anything, value=anything | st.just(MISSING))
def test_a_regular_expression_and_its_negation_are_never_both_true(wanted: Any, value: Any) -> None:
    positive, negative = compiled("regex", wanted), compiled("not_regex", wanted)
    assert (positive is None) is (negative is None)
    if positive is not None and negative is not None:
        assert not (positive.predicate(value, NOW) and negative.predicate(value, NOW))


@given(operator=operators, value=anything | st.just(MISSING))
def test_a_filter_value_of_null_matches_nothing(operator: str, value: Any) -> None:
    predicate = compiled(operator, None)
    assert predicate is not None
    if operator not in ("is_set", "is_not_set"):
        assert predicate.predicate(value, NOW) is False


@given(wanted=anything.filter(lambda value: value is not None), value=anything | st.just(MISSING))
def test_no_operator_means_exact(wanted: Any, value: Any) -> None:
    named, unnamed = compiled("exact", wanted), compiled(None, wanted)
    bare = compile_predicate({"value": wanted}, matching_version=1, timezone=UTC)
    assert named is not None
    assert unnamed is not None
    assert named.predicate(value, NOW) is unnamed.predicate(value, NOW) is bare.predicate(value, NOW)


@given(value=anything.filter(lambda value: value is not None and value != []))
def test_a_scalar_is_exactly_itself(value: Any) -> None:
    if not isinstance(value, list):
        predicate = compiled("exact", value, version=2)
        assert predicate is not None
        assert predicate.predicate(value, NOW)


@given(operator=operators, wanted=anything, value=scalars)
def test_a_value_that_went_through_json_text_gets_the_same_answer(operator: str, wanted: Any, value: Any) -> None:
    predicate = compiled(operator, wanted)
    if predicate is not None:
        again = json.loads(json.dumps(value))
        assert predicate.predicate(again, NOW) is predicate.predicate(value, NOW)


def test_an_integer_too_long_to_be_written_is_a_value_like_any_other() -> None:
    for operator in OPERATORS:
        predicate = compiled(operator, 10**5000)
        assert predicate is not None
        assert predicate.predicate(-(10**5000), NOW) in (True, False)


def test_nesting_beyond_the_interpreters_recursion_is_a_value_like_any_other() -> None:
    deep: Any = "true"
    for _ in range(2_500):
        deep = [deep]
    for operator in OPERATORS:
        for wanted in (True, "[[", "2026-01-01", 5, "1.2.3", deep):
            predicate = compiled(operator, wanted)
            if predicate is not None:
                assert predicate.predicate(deep, NOW) in (True, False)


@pytest.mark.parametrize(
    ("operator", "fix"),
    [("icontain", "did you mean 'icontains'?"), ("", "use one of"), (5, "use one of"), (["exact"], "use one of")],
)
def test_an_operator_that_nobody_knows_is_refused_with_a_fix(operator: Any, fix: str) -> None:
    with pytest.raises(BadFilter) as caught:
        compile_predicate({"key": "p", "operator": operator, "value": 1}, matching_version=1, timezone=UTC)
    assert caught.value.code == "unknown_operator"
    assert caught.value.path == "operator"
    assert fix in str(caught.value)
