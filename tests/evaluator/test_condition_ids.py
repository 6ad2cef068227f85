"""Conditions keep their names for ever."""

from typing import Any

from evaluator import Definitions, compile_definitions
from evaluator.definitions import condition_ids, with_condition_ids


def flag(conditions: int, **own: Any) -> dict[str, Any]:
    groups = [{"properties": [], "rollout_percentage": index} for index in range(conditions)]
    return {"key": "f", "active": True, "filters": {"groups": groups}, **({"drysail": own} if own else {})}


def test_every_condition_gets_an_id() -> None:
    assert with_condition_ids(flag(2))["drysail"] == {"condition_ids": ["c1", "c2"], "next_condition": 3}


def test_ids_stay_and_so_does_the_rest_of_the_flag() -> None:
    given = flag(2, condition_ids=["c7", "old"], next_condition=9, owner="ada")
    assert with_condition_ids(given) == given


def test_naming_twice_changes_nothing() -> None:
    once = with_condition_ids(flag(3))
    assert with_condition_ids(once) == once


def test_an_id_is_never_given_again() -> None:
    shrunk = flag(1, condition_ids=["c1"], next_condition=5)
    grown = {**shrunk, "filters": flag(2)["filters"], "drysail": {"next_condition": 5}}
    assert with_condition_ids(grown)["drysail"] == {"condition_ids": ["c5", "c6"], "next_condition": 7}


def test_the_counter_passes_all_ids_in_use() -> None:
    assert with_condition_ids(flag(1, condition_ids=["c12"]))["drysail"]["next_condition"] == 13


def test_a_list_that_does_not_fit_is_replaced() -> None:
    for wrong in (["c1"], ["c1", "c1"], ["c1", 2], "c1", ["c1", ""]):
        assert condition_ids(flag(2, condition_ids=wrong, next_condition=4)) == ("c4", "c5")


def test_the_ids_of_an_unnamed_flag_are_those_it_would_get() -> None:
    assert condition_ids(flag(2)) == ("c1", "c2")
    assert condition_ids({"key": "f", "filters": None}) == ()


def test_compiled_conditions_carry_stored_ids_only() -> None:
    flags = [flag(1, condition_ids=["c3"]), {**flag(1), "key": "g"}]
    ruleset = compile_definitions(Definitions.from_posthog({"flags": flags}))
    assert [ruleset.flags[key].conditions[0].id for key in "fg"] == ["c3", None]
