"""What differs between two definitions, case by case."""

import copy
from typing import Any

import pytest

from evaluator.diff import ConditionDiff, FlagDiff, diff
from evaluator.diff.words import lines
from evaluator.json_text import loads


def on(key: str, value: Any, operator: str = "exact") -> dict[str, Any]:
    return {"key": key, "type": "person", "operator": operator, "value": value}


def condition(*filters: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"properties": list(filters), **more}


def flag(*conditions: dict[str, Any], ids: str = "", **more: Any) -> dict[str, Any]:
    made = {"key": "f", "active": True, "filters": {"groups": list(conditions), **more}}
    return {**made, "drysail": {"condition_ids": ids.split()}} if ids else made


def only(difference: FlagDiff) -> ConditionDiff:
    (found,) = difference.conditions
    return found


PLAN, COUNTRY, AGE = on("plan", "pro"), on("country", ["DE", "FR"]), on("age", 18, "gte")


def test_a_flag_does_not_differ_from_itself() -> None:
    assert diff(flag(condition(PLAN)), flag(condition(PLAN))).is_empty
    assert lines(diff(flag(condition(PLAN)), flag(condition(PLAN)))) == []


def test_the_order_of_keys_and_the_spelling_of_numbers_mean_nothing() -> None:
    before = loads('{"active": true, "filters": {"groups": [{"rollout_percentage": 10.50, "properties": []}]}}')
    after = loads('{"filters": {"groups": [{"properties": [], "rollout_percentage": 1.05e1}]}, "active": true}')
    assert diff(before, after).is_empty


def test_one_is_neither_true_nor_one_point_zero() -> None:
    assert lines(diff({"x": 1}, {"x": True})) == ["x: 1 → true"]
    assert lines(diff({"x": 1}, {"x": 1.0})) == ["x: 1 → 1.0"]


def test_a_new_and_a_vanished_flag_say_so() -> None:
    assert diff(None, flag(condition(PLAN))).kind == "added"
    assert lines(diff(flag(condition(PLAN)), None))[:2] == ["removes the flag", "turns the flag off"]
    assert diff(None, {}).is_empty is False
    assert diff(None, None).is_empty


def test_a_rollout_changes_from_and_to() -> None:
    found = only(diff(flag(condition(PLAN, rollout_percentage=10)), flag(condition(PLAN, rollout_percentage=25))))
    assert found.rollout is not None
    assert (found.rollout.before, found.rollout.after) == (10, 25)
    assert not found.filters_changed
    assert not found.moved


def test_values_that_come_and_go_are_told_apart() -> None:
    difference = diff(flag(condition(COUNTRY)), flag(condition(on("country", ["DE", "IT"]))))
    (change,) = only(difference).filters_changed
    assert change.added_values == ("IT",)
    assert change.removed_values == ("FR",)
    assert lines(difference) == ["condition 1: country in [DE, IT] (gains [IT] and loses [FR])"]


def test_filters_come_go_and_change_their_operator() -> None:
    before = condition(PLAN, COUNTRY, AGE)
    after = condition(COUNTRY, on("age", 21, "lt"), on("beta", True))
    found = only(diff(flag(before), flag(after)))
    assert found.filters_added == (on("beta", True),)
    assert found.filters_removed == (PLAN,)
    assert [(change.before, change.after) for change in found.filters_changed] == [(AGE, on("age", 21, "lt"))]


def test_a_condition_is_recognised_by_its_id_whatever_became_of_it() -> None:
    before = flag(condition(PLAN), condition(AGE), ids="c1 c2")
    after = flag(condition(AGE), condition(PLAN), ids="c1 c2")
    changed = diff(before, after).conditions
    assert [(found.id, found.kind, found.moved) for found in changed] == [
        ("c1", "changed", False),
        ("c2", "changed", False),
    ]
    assert all(found.filters_added and found.filters_removed for found in changed)


def test_without_ids_a_condition_is_recognised_by_its_filters() -> None:
    before = flag(condition(PLAN, rollout_percentage=10), condition(AGE, rollout_percentage=20))
    after = flag(condition(AGE, rollout_percentage=20), condition(PLAN, rollout_percentage=50))
    found = diff(before, after).conditions
    assert [(entry.before_index, entry.after_index, entry.moved) for entry in found] == [(1, 0, True), (0, 1, False)]
    assert next(entry.rollout for entry in found if entry.before_index == 0) is not None


def test_without_equal_filters_the_most_alike_condition_is_the_same_one() -> None:
    before = flag(condition(PLAN, COUNTRY), condition(PLAN, AGE))
    after = flag(condition(PLAN, AGE, on("beta", True)), condition(PLAN, COUNTRY, on("beta", True)))
    found = diff(before, after).conditions
    assert sorted((entry.before_index, entry.after_index) for entry in found) == [(0, 1), (1, 0)]
    assert all(entry.filters_added == (on("beta", True),) for entry in found)


def test_conditions_that_share_nothing_are_removed_and_added() -> None:
    found = diff(flag(condition(PLAN)), flag(condition(AGE))).conditions
    assert [entry.kind for entry in found] == ["added", "removed"]


def test_what_only_shifts_has_not_moved() -> None:
    before = flag(condition(PLAN), condition(COUNTRY), condition(AGE), ids="c1 c2 c3")
    after = flag(condition(on("beta", True)), condition(COUNTRY), condition(AGE), ids="c4 c2 c3")
    found = diff(before, after).conditions
    assert [(entry.id, entry.kind) for entry in found] == [("c4", "added"), ("c1", "removed")]


def test_the_fewest_conditions_have_moved() -> None:
    conditions = [condition(on("n", number)) for number in range(5)]
    before = flag(*conditions, ids="c1 c2 c3 c4 c5")
    after = flag(*conditions[1:], conditions[0], ids="c2 c3 c4 c5 c1")
    found = only(diff(before, after))
    assert (found.id, found.moved, found.before_index, found.after_index) == ("c1", True, 0, 4)
    assert lines(diff(before, after)) == ["moves condition 5 (c1) from place 1 to place 5"]


def test_a_pinned_variant_and_the_rest_of_a_condition_are_told() -> None:
    before = condition(PLAN, variant="a", description="old")
    after = condition(PLAN, variant="b", description="new", aggregation_group_type_index=0)
    assert lines(diff(flag(before), flag(after))) == [
        "condition 1: pinned variant a → b",
        "filters.groups[0].description: old → new",
        "filters.groups[0].aggregation_group_type_index: 0 (new)",
    ]


def test_filters_in_another_order_are_a_change_of_text_only() -> None:
    found = only(diff(flag(condition(PLAN, AGE)), flag(condition(AGE, PLAN))))
    assert (found.filters_added, found.filters_removed, found.filters_changed) == ((), (), ())
    assert [change.path for change in found.fields] == ["filters.groups[0].properties"]


def variants(**weights: int) -> dict[str, Any]:
    return {"variants": [{"key": key, "rollout_percentage": weight} for key, weight in weights.items()]}


def test_variants_come_go_move_and_change_weight() -> None:
    before = flag(multivariate=variants(a=50, b=30, c=20))
    after = flag(multivariate=variants(c=20, a=60, d=20))
    after["filters"]["multivariate"]["variants"][1]["name"] = "A"
    assert lines(diff(before, after)) == [
        "moves variant c, which reassigns subjects",
        "variant a: 50 % → 60 %",
        "filters.multivariate.variants[1].name: A (new)",
        "adds variant d with 20 %",
        "removes variant b, which had 30 %",
    ]


@pytest.mark.parametrize(
    ("field", "path", "before", "after"),
    [
        ("active", ("active",), True, False),
        ("bucketing", ("bucketing_identifier",), "distinct_id", "device_id"),
        ("continuity", ("ensure_experience_continuity",), False, True),
        ("aggregation", ("filters", "aggregation_group_type_index"), None, 0),
        ("early_exit", ("filters", "early_exit"), False, True),
        ("enrollment", ("filters", "feature_enrollment"), True, False),
        ("holdout", ("filters", "holdout"), {"id": 1, "exclusion_percentage": 5}, {"id": 1, "exclusion_percentage": 6}),
        ("payloads", ("filters", "payloads"), {"true": "1"}, {"true": "2"}),
        ("metadata", ("drysail",), {"owner": "ann"}, {"owner": "bob"}),
        ("fields", ("filters", "super_groups"), [], [{"properties": []}]),
        ("fields", ("tags",), ["a"], ["a", "b"]),
    ],
)
def test_every_part_of_a_flag_has_its_place(field: str, path: tuple[str, ...], before: Any, after: Any) -> None:
    old, new = flag(condition(PLAN)), flag(condition(PLAN))
    for document, value in ((old, before), (new, after)):
        *parents, last = path
        holder: dict[str, Any] = document
        for parent in parents:
            holder = holder[parent]
        holder[last] = value
    difference = diff(old, new)
    told = {name for name in FlagDiff.model_fields if name != "kind" and getattr(difference, name)}
    assert told == {field}
    assert len(lines(difference)) == 1


def test_unknown_fields_are_told_by_their_path_as_deep_as_they_differ() -> None:
    before = {"x": {"y": [1, {"z": 2}], "gone": None}}
    after = {"x": {"y": [1, {"z": 3}], "odd key": True}}
    assert [(change.path, change.kind) for change in diff(before, after).fields] == [
        ("x.y[1].z", "changed"),
        ("x.gone", "removed"),
        ('x["odd key"]', "added"),
    ]


def test_ids_of_conditions_follow_the_conditions() -> None:
    before, after = flag(condition(PLAN), ids="c1"), flag(condition(PLAN), condition(AGE), ids="c1 c2")
    assert diff(before, after).metadata == ()
    assert [change.path for change in diff(flag(condition(PLAN)), flag(condition(PLAN), ids="c1")).metadata] == [
        "drysail"
    ]


def test_a_renamed_condition_is_told() -> None:
    found = only(diff(flag(condition(PLAN), ids="c1"), flag(condition(PLAN), ids="c9")))
    assert [(change.path, change.before, change.after) for change in found.fields] == [
        ("filters.groups[0].id", "c1", "c9")
    ]


def test_a_difference_is_json() -> None:
    before, after = flag(condition(COUNTRY)), flag(condition(on("country", ["IT"])), ids="c1", holdout={"id": 1})
    difference = diff(before, after)
    assert FlagDiff.model_validate_json(difference.model_dump_json()) == difference


def test_the_definitions_are_left_alone() -> None:
    before, after = flag(condition(PLAN), ids="c1"), flag(condition(AGE), ids="c2")
    copies = copy.deepcopy((before, after))
    lines(diff(before, after))
    assert (before, after) == copies


def test_a_flag_with_many_conditions_is_compared_in_time() -> None:
    conditions = [condition(on("n", number), on("m", [number, number + 1])) for number in range(300)]
    before, after = flag(*conditions), flag(*(dict(entry, rollout_percentage=5) for entry in reversed(conditions)))
    assert len(diff(before, after).conditions) == 300
