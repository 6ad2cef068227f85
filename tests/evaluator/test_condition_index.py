"""The index behind ``evaluate_all``: what it remembers, and for how long."""

from datetime import UTC, datetime, timedelta
from typing import Any

from evaluator import Context, Definitions, Ruleset, compile_definitions, evaluate_all
from evaluator.compiled import PropertyTest
from evaluator.index import REMEMBERED, PropertyTable

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


def ruleset_of(*filters: Any) -> Ruleset:
    flags = [
        {"key": f"f{number}", "active": True, "filters": {"groups": [{"properties": [entry]}]}}
        for number, entry in enumerate(filters)
    ]
    return compile_definitions(Definitions.from_posthog({"flags": flags}))


def on(ruleset: Ruleset, properties: dict[str, Any], now: datetime = NOW) -> set[str]:
    return {key for key, result in evaluate_all(ruleset, Context("ada", properties), now=now).items() if result.enabled}


def test_memory_does_not_grow_with_the_number_of_different_values() -> None:
    ruleset = ruleset_of({"key": "email", "type": "person", "operator": "icontains", "value": "7"})
    test = ruleset.flags["f0"].conditions[0].tests[0]
    assert isinstance(test, PropertyTest)
    table = PropertyTable("email", [(test, 1)], 1)
    passing = [table.passing(str(number)) for number in range(3 * REMEMBERED)]
    assert passing == [int("7" in str(number)) for number in range(3 * REMEMBERED)]
    assert len(table._known) <= REMEMBERED


def test_values_that_python_thinks_equal_are_told_apart() -> None:
    ruleset = ruleset_of(
        {"key": "x", "type": "person", "operator": "is_not", "value": "1"},
        {"key": "x", "type": "person", "operator": "is_not", "value": "true"},
    )
    for _ in range(2):
        assert on(ruleset, {"x": 1}) == {"f1"}
        assert on(ruleset, {"x": True}) == {"f0"}
        assert on(ruleset, {"x": "1"}) == {"f1"}
        assert on(ruleset, {"x": 1.0}) == {"f0", "f1"}
        assert on(ruleset, {"x": None}) == {"f0", "f1"}
        assert on(ruleset, {"x": ["1"]}) == {"f0", "f1"}
        assert on(ruleset, {}) == {"f0", "f1"}


def test_filters_that_python_thinks_equal_are_told_apart() -> None:
    values = [1, True, 1.0, "1", "true", [1], None]
    ruleset = ruleset_of(*({"key": "x", "type": "person", "operator": "exact", "value": value} for value in values))
    assert on(ruleset, {"x": "1"}) == {"f0", "f3", "f5"}
    assert on(ruleset, {"x": "true"}) == {"f1", "f4"}
    assert on(ruleset, {"x": "1.0"}) == {"f2"}


def test_an_answer_that_depends_on_the_moment_is_not_remembered() -> None:
    ruleset = ruleset_of(
        {"key": "seen", "type": "person", "operator": "is_date_after", "value": "-3d"},
        {"key": "seen", "type": "person", "operator": "is_date_before", "value": "-3d"},
    )
    assert on(ruleset, {"seen": "2026-11-21"}) == {"f0"}
    assert on(ruleset, {"seen": "2026-11-21"}, NOW + timedelta(days=7)) == {"f1"}
    assert on(ruleset, {"seen": "2026-11-21"}) == {"f0"}
    assert on(ruleset, {}) == set()
