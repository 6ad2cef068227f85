"""The index behind ``evaluate_all``: what it remembers, and for how long."""

from datetime import UTC, datetime, timedelta
from tracemalloc import get_traced_memory
from tracemalloc import start as start_tracing
from tracemalloc import stop as stop_tracing
from typing import Any

from evaluator import Context, Definitions, Ruleset, compile_definitions, evaluate, evaluate_all
from evaluator.compiled import PropertyTest
from evaluator.index import MOST_REMEMBERED, ConditionIndex, PropertyTable

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
    table = PropertyTable("email", [(test, [0])], 1000)
    stopped = [table.stopped(str(number), NOW) for number in range(3 * MOST_REMEMBERED)]
    assert stopped == [int("7" not in str(number)) for number in range(3 * MOST_REMEMBERED)]
    assert len(table._known) <= MOST_REMEMBERED


def test_what_is_remembered_takes_little_room_where_many_conditions_ask() -> None:
    ruleset = ruleset_of({"key": "email", "type": "person", "operator": "icontains", "value": "7"})
    test = ruleset.flags["f0"].conditions[0].tests[0]
    assert isinstance(test, PropertyTest)
    table = PropertyTable("email", [(test, range(80_000))], 50_000)
    for number in range(100):
        table.stopped(str(number), NOW)
    assert len(table._known) <= 5


def test_a_thousand_filters_of_a_property_answer_like_each_alone() -> None:
    """So many that filters are kept in both ways, by bits and by number."""
    entries = [{"key": "x", "type": "person", "operator": "exact", "value": f"v{n}"} for n in range(1000)]
    common = {"key": "x", "type": "person", "operator": "icontains", "value": "9"}
    late = {"key": "seen", "type": "person", "operator": "is_date_after", "value": "-3d"}
    ruleset = ruleset_of(*entries, *[common] * 20, late)
    for value in ("v0", "v7", "v999", "nine"):
        for seen in ({}, {"seen": "2026-11-21"}):
            context = Context("ada", {"x": value, **seen})
            answers = evaluate_all(ruleset, context, now=NOW)
            assert answers == {key: evaluate(ruleset, key, context, now=NOW) for key in ruleset.flags}


def test_the_index_grows_with_the_number_of_filters_not_with_its_square() -> None:
    def size_of(count: int) -> int:
        ruleset = ruleset_of(
            *({"key": f"p{n % 10}", "type": "person", "operator": "exact", "value": f"v{n}"} for n in range(count))
        )
        start_tracing()
        index = ConditionIndex(ruleset.served, ruleset.flags)
        size, _ = get_traced_memory()
        stop_tracing()
        assert index.other_keys == frozenset()
        return size

    assert size_of(8000) < 5 * size_of(2000)


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
