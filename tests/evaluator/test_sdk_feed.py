"""The definitions that SDKs download."""

from typing import Any

from evaluator import Definitions, compile_definitions


def condition(*filters: Any) -> dict[str, Any]:
    return {"properties": list(filters), "rollout_percentage": 100}


def flag(key: str, *filters: Any, **other: Any) -> dict[str, Any]:
    return {"key": key, "active": True, "filters": {"groups": [condition(*filters)]}, **other}


def on(key: str) -> dict[str, Any]:
    return {"key": key, "type": "flag", "operator": "flag_evaluates_to", "value": True}


def member_of(cohort_id: int) -> dict[str, Any]:
    return {"key": "id", "type": "cohort", "operator": "in", "value": cohort_id}


def feed(*flags: Any, **other: Any) -> dict[str, Any]:
    return compile_definitions(Definitions.from_posthog({"flags": list(flags), **other})).feed()


def chains(*flags: Any) -> dict[str, list[str]]:
    """The chain of each flag's first filter."""
    return {
        entry["key"]: entry["filters"]["groups"][0]["properties"][0]["dependency_chain"]
        for entry in feed(*flags)["flags"]
        if entry["filters"]["groups"][0]["properties"]
    }


def test_flags_are_ordered_by_key_and_inactive_ones_are_there() -> None:
    flags = feed(flag("b"), flag("c", active=False), flag("a"))["flags"]
    assert [(entry["key"], entry["active"]) for entry in flags] == [("a", True), ("b", True), ("c", False)]


def test_drysails_own_data_stays_here() -> None:
    given = flag("a", id=4, version=7, odd={"kept": True}, drysail={"owner": "ada"})
    assert feed(given)["flags"] == [{name: value for name, value in given.items() if name != "drysail"}]


def test_flags_that_sdks_cannot_have_are_left_out() -> None:
    flags = [
        flag("fine"),
        flag("deleted", deleted=True),
        flag("encrypted", has_encrypted_payloads=True),
        flag("unreadable", {"key": "a", "type": "person", "operator": "resembles", "value": 1}),
        {"key": "format-2", "active": True, "filters": {"version": 2, "rules": []}},
        flag("survey-targeting-7"),
        {"active": True},
    ]
    assert [entry["key"] for entry in feed(*flags)["flags"]] == ["fine"]


def test_dependencies_carry_the_chain_to_evaluate_with_the_target_last() -> None:
    assert chains(flag("c", on("b")), flag("b", on("a")), flag("a")) == {"b": ["a"], "c": ["a", "b"]}


def test_an_inactive_flag_is_part_of_chains() -> None:
    assert chains(flag("c", on("b")), flag("b", on("a"), active=False), flag("a")) == {"b": ["a"], "c": ["a", "b"]}


def test_the_chain_is_empty_where_the_target_cannot_be_evaluated() -> None:
    flags = [
        flag("needs-ghost", on("ghost")),
        flag("beyond", on("needs-ghost")),
        flag("self", on("self")),
        flag("one", on("two")),
        flag("two", on("one")),
        flag("behind", on("one")),
        flag("needs-deleted", on("gone")),
        flag("gone", deleted=True),
    ]
    assert set(map(tuple, chains(*flags).values())) == {()}


def test_a_stale_chain_is_replaced() -> None:
    assert chains(flag("b", {**on("a"), "dependency_chain": ["old"]}), flag("a")) == {"b": ["a"]}


def test_only_dynamic_cohorts_that_flags_reach_are_sent_as_bare_trees() -> None:
    tree = {"type": "OR", "values": [member_of(2), member_of(3)]}
    leaf = {"type": "AND", "values": [{"key": "plan", "type": "person", "operator": "exact", "value": "pro"}]}
    cohorts = {
        "1": {"id": 1, "name": "A", "filters": {"properties": tree}, "drysail": {"members": []}},
        "2": leaf,
        "3": {"id": 3, "is_static": True},
        "4": leaf,
        "5": {},
    }
    sent = feed(flag("a", member_of(1)), flag("b", member_of(5)), cohorts=cohorts)["cohorts"]
    assert sent == {"1": tree, "2": leaf, "5": {}}


def test_the_older_name_of_and_is_replaced_everywhere() -> None:
    tree = {"type": "property", "values": [{"type": "property", "values": []}, {"type": "OR", "values": []}]}
    sent = feed(flag("a", member_of(1)), cohorts={"1": tree})["cohorts"]["1"]
    assert sent == {"type": "AND", "values": [{"type": "AND", "values": []}, {"type": "OR", "values": []}]}


def test_settings_are_sent_as_sdks_know_them() -> None:
    sent = feed(group_type_mapping={"0": "company"}, property_matching_version=2, timezone="Europe/Berlin")
    assert {name: value for name, value in sent.items() if name not in ("flags", "cohorts")} == {
        "group_type_mapping": {"0": "company"},
        "minimal_flag_called_events": False,
        "property_matching_version": 2,
    }
    assert feed(property_matching_version="2")["property_matching_version"] == 1
