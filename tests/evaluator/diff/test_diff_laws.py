"""Laws of differences, for anything that JSON can hold."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from evaluator.diff import diff
from evaluator.diff.values import fingerprint, stayers
from evaluator.diff.words import lines
from tests.evaluator.json_strategies import flags, values

anything = flags | st.dictionaries(st.sampled_from(["filters", "drysail", "active", "x"]), values)


@given(flag=anything)
def test_a_flag_never_differs_from_itself(flag: dict[str, Any]) -> None:
    assert diff(flag, flag).is_empty
    assert lines(diff(flag, flag)) == []


@given(before=anything, after=anything)
def test_a_difference_is_empty_only_between_the_same_json(before: dict[str, Any], after: dict[str, Any]) -> None:
    difference = diff(before, after)
    assert difference.is_empty is (fingerprint(before) == fingerprint(after))
    assert bool(lines(difference)) is not difference.is_empty


@given(before=anything, after=anything)
def test_the_way_back_differs_as_much_as_the_way_there(before: dict[str, Any], after: dict[str, Any]) -> None:
    there, back = diff(before, after), diff(after, before)
    assert there.is_empty is back.is_empty
    assert {change.path for change in there.payloads} == {change.path for change in back.payloads}
    kinds = {"added": "removed", "removed": "added", "changed": "changed"}
    assert sorted(kinds[found.kind] for found in there.variants) == sorted(found.kind for found in back.variants)


@given(before=anything, after=anything)
def test_each_condition_is_told_at_most_once(before: dict[str, Any], after: dict[str, Any]) -> None:
    found = diff(before, after).conditions
    for side in ("before_index", "after_index"):
        indices = [index for entry in found if (index := getattr(entry, side)) is not None]
        assert len(indices) == len(set(indices))


@given(flag=anything)
def test_a_new_flag_and_a_vanished_one_differ_from_nothing(flag: dict[str, Any]) -> None:
    for difference in (diff(None, flag), diff(flag, None)):
        assert not difference.is_empty
        assert lines(difference)


@given(st.permutations(range(7)))
def test_stayers_ascend_and_nothing_can_be_added_to_them(positions: list[int]) -> None:
    kept = [position for position in positions if position in stayers(positions)]
    assert kept == sorted(kept)
    longest = max(_ascending_lengths(positions))
    assert len(kept) == longest


def _ascending_lengths(positions: list[int]) -> list[int]:
    lengths: list[int] = []
    for index, position in enumerate(positions):
        lengths.append(1 + max((lengths[i] for i in range(index) if positions[i] < position), default=0))
    return lengths


def test_nesting_without_end_can_be_compared() -> None:
    deep: Any = 1
    for _ in range(3_000):
        deep = {"x": [deep]}
    changed = diff({"filters": {"groups": [{"properties": [{"value": deep}]}]}}, {"filters": deep})
    assert lines(changed)
    assert diff({"y": deep}, {"y": deep}).is_empty
