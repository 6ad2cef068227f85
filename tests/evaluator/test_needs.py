"""What flags refer to, and who refers to them."""

from typing import Any

from evaluator import Definitions, Ruleset, compile_definitions, dependents, needs


def flag(key: str, *filters: Any, **other: Any) -> dict[str, Any]:
    groups = [{"properties": list(filters), "rollout_percentage": 100}]
    return {"key": key, "active": True, "filters": {"groups": groups, **other.pop("filters", {})}, **other}


def on(key: str) -> dict[str, Any]:
    return {"key": key, "type": "flag", "operator": "flag_evaluates_to", "value": True}


def member_of(cohort_id: int) -> dict[str, Any]:
    return {"key": "id", "type": "cohort", "operator": "in", "value": cohort_id}


def has(name: str, **other: Any) -> dict[str, Any]:
    return {"key": name, "type": "person", "operator": "is_set", **other}


RULESET: Ruleset = compile_definitions(
    Definitions.from_posthog(
        {
            "flags": [
                flag("checkout", on("base"), has("plan")),
                flag("base", member_of(1), on("root")),
                flag("root", has("country")),
                flag("company", has("tier", type="group"), filters={"aggregation_group_type_index": 0}),
                flag("device", bucketing_identifier="device_id"),
                flag("early", filters={"feature_enrollment": True}),
                flag("lonely", on("ghost"), member_of(404)),
                flag("retired", on("root"), active=False),
                flag("members", member_of(2)),
            ],
            "cohorts": {
                "1": {"type": "AND", "values": [has("email"), member_of(2)]},
                "2": {"is_static": True},
                "3": {"type": "AND", "values": []},
            },
            "group_type_mapping": {"0": "company"},
        }
    )
)


def test_needs_follow_flags_and_cohorts() -> None:
    needed = needs(RULESET, ["checkout"])
    assert needed.flags == ("base", "root")
    assert needed.cohorts == ("1", "2")
    assert needed.memberships == ("2",)
    assert needed.properties == ("country", "email", "plan")
    assert (needed.group_types, needed.group_properties) == ((), ())


def test_needs_of_a_flag_on_groups() -> None:
    needed = needs(RULESET, ["company"])
    assert needed.group_types == ("company",)
    assert needed.group_properties == (("company", "tier"),)
    assert needed.properties == ()


def test_flags_read_some_properties_without_a_filter() -> None:
    assert needs(RULESET, ["device"]).properties == ("$device_id",)
    assert needs(RULESET, ["early"]).properties == ("$feature_enrollment/early",)


def test_needs_name_what_does_not_exist() -> None:
    needed = needs(RULESET, ["lonely", "nowhere"])
    assert (needed.flags, needed.cohorts, needed.memberships) == (("ghost",), ("404",), ())


def test_the_needs_of_all_flags() -> None:
    assert needs(RULESET).properties == (
        "$device_id",
        "$feature_enrollment/early",
        "country",
        "email",
        "plan",
    )


def test_dependents_of_a_flag() -> None:
    assert dependents(RULESET, ["root"]) == ("base", "checkout")
    assert dependents(RULESET, ["checkout"]) == ()
    assert dependents(RULESET, ["root", "base"]) == ("checkout",)


def test_dependents_of_a_flag_that_does_not_exist_yet() -> None:
    assert dependents(RULESET, ["ghost"]) == ("lonely",)


def test_an_inactive_flag_answers_nobody_and_so_depends_on_nobody() -> None:
    assert "retired" not in dependents(RULESET, ["root"])


def test_dependents_of_a_cohort_reach_through_cohorts_and_flags() -> None:
    assert dependents(RULESET, cohorts=["2"]) == ("base", "checkout", "members")
    assert dependents(RULESET, cohorts=["1"]) == ("base", "checkout")
    assert dependents(RULESET, cohorts=["3"]) == ()
    assert dependents(RULESET, cohorts=["404"]) == ("lonely",)
