"""Impact by the values of recorded properties."""

from collections.abc import Sequence
from datetime import UTC, datetime

import pytest

from evaluator import MISSING, REDACTED, Context
from policies.impact import Breakdown, BreakdownRow
from policies.replay.replayer import replay
from policies.replay.slices import value_text
from tests.policies.replay.flags import condition, flag, has, rules
from tests.policies.replay.recordings import recording_of

NOW = datetime(2026, 6, 15, tzinfo=UTC)


def test_a_named_property_is_split_by_its_values_the_most_changed_first() -> None:
    people = [
        Context("a", {"plan": "free"}),
        Context("b", {"plan": "pro"}),
        Context("c", {"plan": "pro"}),
        Context("d"),
        Context("e", {"plan": None}),
        Context("f", {"plan": REDACTED}),
    ]
    (breakdown,) = _breakdowns(people, named=["plan"])
    assert breakdown.rows == (
        BreakdownRow(value='"pro"', subjects=2, on_before=0, on_after=2, changed=2),
        BreakdownRow(value='"free"', subjects=1, on_before=0, on_after=0, changed=0),
        BreakdownRow(value="missing", subjects=1, on_before=0, on_after=0, changed=0),
        BreakdownRow(value="null", subjects=1, on_before=0, on_after=0, changed=0),
        BreakdownRow(value="redacted", subjects=1, on_before=0, on_after=0, changed=0),
    )
    assert breakdown.others is None


def test_a_subject_counts_once_for_each_of_its_values() -> None:
    people = [Context("a", {"plan": plan, "visit": visit}) for visit, plan in enumerate(["pro", "pro", "free"])]
    (breakdown,) = _breakdowns(people, named=["plan"])
    assert [(row.value, row.subjects, row.changed) for row in breakdown.rows] == [('"pro"', 1, 1), ('"free"', 1, 0)]


def test_values_beyond_the_first_rows_are_summed_up() -> None:
    people = [Context(f"user-{number}", {"plan": "pro", "city": number}) for number in range(130)]
    (breakdown,) = _breakdowns(people, named=["city"])
    assert len(breakdown.rows) == 100
    assert breakdown.others == BreakdownRow(value="others", subjects=30, on_before=0, on_after=30, changed=30)


def test_the_distinct_id_can_be_named_although_nobody_passes_it() -> None:
    (breakdown,) = _breakdowns([Context("a", {"plan": "pro"})], named=["distinct_id"])
    assert [row.value for row in breakdown.rows] == ['"a"']


def test_the_properties_that_tell_who_changes_are_chosen() -> None:
    people = [
        Context(f"user-{n}", {"plan": "pro" if n % 4 == 0 else "free", "noise": n * n % 97 // 2, "id": n, "same": 1})
        for n in range(400)
    ]
    assert [breakdown.property for breakdown in _breakdowns(people)] == ["plan"]


def test_nothing_is_chosen_where_nobody_changes() -> None:
    people = [Context(f"user-{n}", {"plan": "free", "city": n % 2}) for n in range(20)]
    assert _breakdowns(people) == ()


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("pro", '"pro"'),
        ("missing", '"missing"'),
        (MISSING, "missing"),
        (REDACTED, "redacted"),
        (None, "null"),
        (1, "1"),
        (1.0, "1.0"),
        (True, "true"),
        ({"b": 1, "a": [1, 2]}, '{"a":[1,2],"b":1}'),
        ("Ø", '"Ø"'),
        ("\ud800", '"\\ud800"'),
    ],
)
def test_values_are_named_by_their_json_text(value: object, text: str) -> None:
    assert value_text(value) == text


def _breakdowns(people: Sequence[Context], named: Sequence[str] = ()) -> tuple[Breakdown, ...]:
    before, after = rules(flag("f", active=False)), rules(flag("f", condition(has("plan", "pro"))))
    return replay(before, after, recording_of(people), now=NOW, edited=["f"], breakdowns=named).flags[0].breakdowns
