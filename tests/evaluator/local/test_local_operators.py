"""Rules of the SDK's operators that random cases seldom pin. Every row was checked against posthog 7.91.1."""

from datetime import UTC, datetime
from typing import Any

import pytest

from evaluator.context import MISSING
from evaluator.local.operators import OPERATORS, compile_operator
from evaluator.local.unknown import Unknown
from tests.oracles.filter_questions import sdk_answer
from tests.oracles.posthog_sdk import sdk_clock

NOW = datetime(2026, 3, 31, 12, tzinfo=UTC)
MISSING_CONTEXT, UNSUPPORTED = "missing_context", "unsupported_definition"


def answer(operator: Any, wanted: Any, found: Any, *, version: int = 2) -> bool | str:
    truth = compile_operator(operator, wanted, explicit_equality=version == 2).answer(found, NOW)
    return truth.cause.value if isinstance(truth, Unknown) else truth


@pytest.mark.parametrize(
    ("operator", "wanted", "found", "expected"),
    [
        ("exact", "Straße", "STRASSE", False),
        ("exact", "STRAßE", "straße", True),
        ("exact", "ΟΔΟΣ", "οδος", True),
        ("exact", "İ", "i̇", True),
        ("exact", 1, 1.0, False),
        ("exact", "1", 1, True),
        ("exact", 323.0, "323.0", True),
        ("exact", 1e-7, "1e-7", True),
        ("exact", 1e-5, "0.00001", True),
        ("exact", 1e16, "1e+16", True),
        ("exact", -0.0, "-0.0", True),
        ("exact", '{"a":1,"b":[1,2]}', {"b": [1, 2], "a": 1}, True),
        ("exact", [None, "PRO"], None, True),
        ("exact", [], [], True),
        ("exact", [], "x", False),
        ("exact", 2**70, str(2**70), True),
        ("exact", float("nan"), "x", UNSUPPORTED),
        ("exact", "x", float("inf"), MISSING_CONTEXT),
        ("exact", [], float("inf"), MISSING_CONTEXT),
        ("icontains", "É", "é", False),
        ("icontains", "A", "xay", True),
        ("icontains", "ul", None, True),
        ("icontains", ["a", "b"], "a", False),
        ("icontains", ["a", "b"], ["A", "b"], True),
        ("starts_with", "", "", True),
        ("not_ends_with", "O", "pro", False),
        ("gt", 5, "10", True),
        ("gt", 5, "6px", False),
        ("gt", 5, True, False),
        ("gt", 5, None, False),
        ("gt", "5px", None, UNSUPPORTED),
        ("gte", "+.5e1", 5, True),
        ("lt", 1, " 0", False),
        ("lt", 1, "٠", False),
        ("lte", 10**400, 1, UNSUPPORTED),
        ("is_date_after", "2024-01-01", "2024-01-01", False),
        ("is_date_after", "nonsense", None, False),
        ("is_date_before", "-2m", "2026-01-28T11:59:59Z", True),
        ("is_date_before", "-2m", "2026-01-28T12:00:01Z", False),
        ("is_date_before", "1m", "2026-02-28T11:59:59Z", True),
        ("is_date_after", "2026-01-01+02:00", "2026-01-01T01:59:00Z", False),
        ("is_date_after", "2026-01-01+02:00", "2026-01-01T02:01:00Z", True),
        ("is_date_after", 2026, "2026-04-01", True),
        ("is_date_after", 2026.5, "2026-04-01", UNSUPPORTED),
        ("is_date_after", "2026-01-01", "-1d", MISSING_CONTEXT),
        ("is_date_after", "2027y", "2026-01-01", UNSUPPORTED),
        ("semver_eq", "1.2.3", "1.2.3-alpha", True),
        ("semver_neq", "x", None, False),
        ("semver_eq", "1.2", "1.02", MISSING_CONTEXT),
        ("semver_tilde", "1", "1.0.5", True),
        ("semver_tilde", "1", "1.9.0", False),
        ("semver_caret", "0", "0.5.0", False),
        ("semver_caret", "0.0.3", "0.0.4", False),
        ("semver_wildcard", "1.*.3", "1.3.9", True),
        ("regex", "^a$", "a\n", False),
        ("regex", "a+$", "a\n", UNSUPPORTED),
        ("not_regex", "[", "abc", False),
        ("regex", None, "xNoney", True),
        ("regex", "", "\ud800", True),
        ("regex", r"\w", "½", UNSUPPORTED),
        ("regex", "((a+)b)+", "aab", UNSUPPORTED),
        ("regex", "((a)b)+", "aab", True),
        ("is_set", None, None, True),
        ("is_not_set", None, 5, False),
        (None, "pro", "PRO", True),
        ("", "pro", "PRO", True),
        ("between", [1, 9], 5, UNSUPPORTED),
    ],
)
def test_the_operator_answers_like_the_sdk(operator: Any, wanted: Any, found: Any, expected: bool | str) -> None:
    with sdk_clock(NOW):
        assert sdk_answer((operator, wanted, found, 2)) == expected
    assert answer(operator, wanted, found) == expected


@pytest.mark.parametrize(
    ("wanted", "found", "legacy", "explicit"),
    [
        (False, "banana", True, False),
        (False, None, True, False),
        (["true", "false"], "true", False, True),
        (["true", "false"], "pro", True, False),
        (True, [True], True, False),
        ("TRUE", True, True, True),
        ([], True, True, True),
        ([False, "PRO"], "pro", True, True),
    ],
)
def test_true_and_false_are_special_unless_the_project_is_explicit(
    wanted: Any, found: Any, legacy: bool, explicit: bool
) -> None:
    assert sdk_answer(("exact", wanted, found, 1)) is answer("exact", wanted, found, version=1) is legacy
    assert sdk_answer(("exact", wanted, found, 2)) is answer("exact", wanted, found, version=2) is explicit


@pytest.mark.parametrize("operator", sorted(OPERATORS))
def test_an_absent_property_is_never_unset(operator: str) -> None:
    assert answer(operator, "2026-01-01" if "date" in operator else "1", MISSING) == MISSING_CONTEXT


@pytest.mark.parametrize(
    ("operator", "wanted"),
    [("gt", "x"), ("regex", "(?i)a"), ("is_date_after", "x"), ("semver_eq", "x"), ("exact", [float("inf")])],
)
def test_an_unusable_filter_outranks_an_absent_property(operator: str, wanted: Any) -> None:
    assert answer(operator, wanted, MISSING) == UNSUPPORTED


def test_a_pattern_that_would_take_a_backtracking_engine_ages_is_searched_at_once() -> None:
    assert answer("regex", "(a|a|b)+$", "a" * 5_000 + "c") is False


def test_a_pattern_that_counts_beyond_our_engine_is_left_open() -> None:
    assert answer("regex", "a{1001}", "a" * 2_000) == UNSUPPORTED
