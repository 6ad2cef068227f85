"""What operations do to a definition, and that they do nothing else."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluator.definitions import with_condition_ids
from mcp_server.services.errors import DrysailError
from mcp_server.services.operations import GRAMMAR, apply_operations, grammar_text, parse_operations


def flag() -> dict[str, Any]:
    return with_condition_ids(
        {
            "id": 4,
            "key": "f",
            "active": True,
            "unknown": {"kept": [1, 2.50]},
            "filters": {
                "groups": [
                    {"properties": [{"key": "plan", "type": "person", "operator": "exact", "value": ["pro"]}]},
                    {"properties": [], "rollout_percentage": 10, "description": "kept"},
                ],
                "multivariate": {
                    "variants": [{"key": "a", "rollout_percentage": 50}, {"key": "b", "rollout_percentage": 50}]
                },
                "payloads": {"a": '{"x": 1}'},
            },
        }
    )


def after(*operations: dict[str, Any]) -> dict[str, Any]:
    return apply_operations(flag(), parse_operations(operations))


def test_a_condition_keeps_its_id_when_it_moves() -> None:
    moved = after({"op": "move_condition", "condition": "c2", "position": 0})
    assert moved["drysail"]["condition_ids"] == ["c2", "c1"]
    assert moved["filters"]["groups"][0]["description"] == "kept"


def test_the_id_of_a_removed_condition_is_not_given_again() -> None:
    changed = after(
        {"op": "remove_condition", "condition": "c2"},
        {"op": "add_condition", "filters": [], "rollout_percentage": 5},
    )
    assert changed["drysail"]["condition_ids"] == ["c1", "c3"]


def test_a_value_is_added_to_a_filters_list_and_taken_out_again() -> None:
    added = after({"op": "add_value", "condition": "c1", "property": "plan", "value": "team"})
    assert added["filters"]["groups"][0]["properties"][0]["value"] == ["pro", "team"]
    with pytest.raises(DrysailError, match="only value"):
        after({"op": "remove_value", "condition": "c1", "property": "plan", "value": "pro"})
    with pytest.raises(DrysailError, match="already lists"):
        after({"op": "add_value", "condition": "c1", "property": "plan", "value": "pro"})


def test_true_and_one_are_different_values() -> None:
    added = after(
        {"op": "add_value", "condition": "c1", "property": "plan", "value": True},
        {"op": "add_value", "condition": "c1", "property": "plan", "value": 1},
    )
    assert added["filters"]["groups"][0]["properties"][0]["value"] == ["pro", True, 1]


def test_a_payload_is_stored_as_json_text() -> None:
    changed = after({"op": "set_payload", "variant": "b", "payload": {"y": [1]}})
    assert json.loads(changed["filters"]["payloads"]["b"]) == {"y": [1]}
    assert changed["filters"]["payloads"]["a"] == '{"x": 1}'
    assert "a" not in after({"op": "set_payload", "variant": "a"})["filters"]["payloads"]


def test_a_dependency_is_set_changed_and_removed() -> None:
    one = {"op": "set_dependency", "condition": "c2", "flag": "other", "value": True}
    changed = after(one, {**one, "value": False})
    assert changed["filters"]["groups"][1]["properties"] == [
        {"key": "other", "type": "flag", "operator": "flag_evaluates_to", "value": False}
    ]
    assert after(one, {**one, "value": None})["filters"]["groups"][1]["properties"] == []
    with pytest.raises(DrysailError, match="cannot need itself"):
        after({**one, "flag": "f"})


def test_metadata_stays_out_of_what_sdks_see() -> None:
    changed = after({"op": "set_metadata", "metadata": {"owner": "growth", "name": "Shown", "tags": ["a"]}})
    assert changed["drysail"]["owner"] == "growth"
    assert changed["name"] == "Shown"
    with pytest.raises(DrysailError, match="Did you mean 'owner'"):
        after({"op": "set_metadata", "metadata": {"ownr": "growth"}})
    with pytest.raises(DrysailError, match="a date"):
        after({"op": "set_metadata", "metadata": {"expires": "soon"}})


def test_an_archived_flag_is_off_and_has_to_be_restored_first() -> None:
    archived = after({"op": "archive"})
    assert (archived["active"], archived["deleted"]) == (False, True)
    for operation in ({"op": "set_active", "value": True}, {"op": "remove_condition", "condition": "c1"}):
        with pytest.raises(DrysailError, match="Use restore first"):
            after({"op": "archive"}, operation)
    restored = after({"op": "archive"}, {"op": "restore"})
    assert (restored["active"], restored["deleted"]) == (False, False)


def test_the_place_of_a_mistake_is_named() -> None:
    with pytest.raises(DrysailError) as caught:
        after({"op": "set_active", "value": False}, {"op": "move_condition", "condition": "c1", "position": 7})
    assert caught.value.place == "operations[1].position"


@pytest.mark.parametrize("name", GRAMMAR)
def test_every_example_of_the_grammar_is_valid_and_documented(name: str) -> None:
    parse_operations([dict(GRAMMAR[name].example)])
    assert f"{name}(" in grammar_text()


def test_applying_leaves_the_given_definition_as_it_is() -> None:
    before = flag()
    apply_operations(before, parse_operations([{"op": "remove_condition", "condition": "c1"}, {"op": "archive"}]))
    assert before == flag()


TOUCHES = {
    "set_active": {"active"},
    "archive": {"active", "deleted"},
    "set_rollout": {"filters"},
    "add_condition": {"filters", "drysail"},
    "remove_condition": {"filters", "drysail"},
    "set_variants": {"filters"},
}

OPERATIONS = st.one_of(
    st.builds(lambda value: {"op": "set_active", "value": value}, st.booleans()),
    st.just({"op": "archive"}),
    st.builds(
        lambda name, percentage: {"op": "set_rollout", "condition": name, "rollout_percentage": percentage},
        st.sampled_from(["c1", "c2"]),
        st.integers(0, 100),
    ),
    st.builds(
        lambda percentage, position: {
            "op": "add_condition",
            "filters": [],
            "rollout_percentage": percentage,
            "position": position,
        },
        st.integers(0, 100),
        st.integers(0, 2),
    ),
    st.builds(lambda name: {"op": "remove_condition", "condition": name}, st.sampled_from(["c1", "c2"])),
    st.just({"op": "set_variants", "variants": [{"key": "z", "rollout_percentage": 100}]}),
)


@given(OPERATIONS)
def test_nothing_outside_the_named_fields_changes(operation: dict[str, Any]) -> None:
    before, changed = flag(), after(operation)
    untouched = (set(before) | set(changed)) - TOUCHES[operation["op"]]
    assert {name: changed.get(name) for name in untouched} == {name: before.get(name) for name in untouched}
    if operation["op"] == "set_rollout":
        for number, condition in enumerate(changed["filters"]["groups"]):
            expected = dict(before["filters"]["groups"][number])
            if f"c{number + 1}" == operation["condition"]:
                expected["rollout_percentage"] = operation["rollout_percentage"]
            assert condition == expected
        assert changed["filters"]["payloads"] == before["filters"]["payloads"]
