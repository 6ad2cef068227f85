"""What an explanation shows, and its one sentence."""

import json
from datetime import UTC, datetime
from typing import Any

from evaluator import REDACTED, Context, Definitions, Explanation, compile_definitions, explain

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
PRO = {"key": "plan", "type": "person", "operator": "exact", "value": "pro"}
GERMAN = {"key": "country", "type": "person", "operator": "exact", "value": ["DE", "AT"]}


def flag(key: str, *conditions: Any, **other: Any) -> dict[str, Any]:
    return {"key": key, "active": True, "filters": {"groups": list(conditions), **other}}


def condition(*filters: Any, rollout: float = 100, **other: Any) -> dict[str, Any]:
    return {"properties": list(filters), "rollout_percentage": rollout, **other}


def member_of(cohort_id: int, operator: str = "in") -> dict[str, Any]:
    return {"key": "id", "type": "cohort", "operator": operator, "value": cohort_id}


def explained(feed: dict[str, Any], key: str, context: Context) -> Explanation:
    definitions = Definitions.from_posthog(feed)
    return explain(compile_definitions(definitions), key, context, now=NOW, facts=definitions.facts())


def of(*conditions: Any, context: Context, **other: Any) -> Explanation:
    return explained({"flags": [flag("f", *conditions, **other)]}, "f", context)


def test_a_filter_shows_what_it_wants_and_what_there_is() -> None:
    told = of(condition(PRO, GERMAN), context=Context("ada", {"plan": "free"}))
    first, second = told.conditions[0].filters
    assert (first.subject, first.operator, first.expected, first.actual, first.outcome) == (
        "plan",
        "exact",
        "pro",
        "free",
        "miss",
    )
    assert second.outcome == "miss"
    assert told.as_dict()["conditions"][0]["filters"][1]["actual_is"] == "missing"
    assert told.sentence == (
        "“f” is off for “ada”: its only condition does not match, because "
        'plan is "free" (wanted: "pro") and country is missing (wanted: one of ["DE","AT"]).'
    )


def test_a_redacted_value_is_named_as_such() -> None:
    told = of(condition(PRO), context=Context("ada", {"plan": REDACTED}))
    assert told.as_dict()["conditions"][0]["filters"][0]["actual_is"] == "redacted"
    assert told.conditions[0].outcome == "unknown"
    assert told.sentence == (
        "“f” is undetermined for “ada”: condition 1 depends on a value that the recording did not keep (plan)."
    )


def test_the_bucket_stands_against_the_rollout() -> None:
    told = explained({"flags": [flag("ship-it", condition(rollout=30))]}, "ship-it", Context("ada"))
    bucket = told.conditions[0].bucket
    assert bucket is not None
    assert (bucket.hashed, bucket.id, bucket.threshold, bucket.inside) == ("distinct_id", "ada", 0.3, False)
    assert bucket.unit == 0.9542799109726267
    assert told.sentence == (
        "“ship-it” is off for “ada”: the rollout of condition 1 leaves the subject out "
        "(the subject's place is 95.4280 %; places up to 30 % are in)."
    )


def test_the_variant_is_found_by_its_own_hash() -> None:
    weights = [("control", 33.33), ("blue", 33.33), ("green", 33.34)]
    variants = {"variants": [{"key": key, "rollout_percentage": weight} for key, weight in weights]}
    feed = {"flags": [flag("button-colour", condition(rollout=80), multivariate=variants)]}
    told = explained(feed, "button-colour", Context("ada"))
    variant = told.conditions[0].variant
    assert variant is not None
    assert (variant.variant, variant.pinned, variant.unit) == ("blue", False, 0.4092448676593827)
    assert [key for key, _ in variant.upper_bounds] == ["control", "blue", "green"]
    assert told.sentence == (
        "“button-colour” is “blue” for “ada”: condition 1 is for everybody; its rollout admits the subject "
        "(the subject's place is 72.1203 %; places up to 80 % are in); "
        "the subject's place among the variants, 40.9245 %, gives “blue”."
    )


def test_the_nearest_miss_is_the_condition_that_lacks_least() -> None:
    told = of(
        condition(PRO, GERMAN), condition(GERMAN), condition(PRO, GERMAN, PRO), context=Context("ada", {"plan": "pro"})
    )
    assert told.nearest_miss == 'Condition 1 came nearest: country is missing (wanted: one of ["DE","AT"]).'
    assert told.sentence == "“f” is off for “ada”: none of its 3 conditions matches."


def test_a_condition_is_called_by_its_id_as_well() -> None:
    feed = {"flags": [{**flag("f", condition(PRO)), "drysail": {"condition_ids": ["c4"]}}]}
    told = explained(feed, "f", Context("ada", {"plan": "pro"}))
    assert told.conditions[0].id == "c4"
    assert told.sentence == '“f” is on for “ada”: condition 1 (c4) matches: plan is "pro".'


def test_conditions_after_the_deciding_one_are_listed_but_not_tried() -> None:
    told = of(condition(), condition(PRO), context=Context("ada"))
    assert [entry.outcome for entry in told.conditions] == ["decided", "not_reached"]
    assert told.conditions[1].filters == ()
    assert told.nearest_miss is None


def test_a_chain_of_cohorts_is_followed_to_its_end() -> None:
    feed = {
        "flags": [flag("f", condition(member_of(1)))],
        "cohorts": {
            "1": {"id": 1, "name": "Buyers", "filters": {"properties": {"type": "OR", "values": [PRO, member_of(2)]}}},
            "2": {"type": "AND", "values": [{**GERMAN, "negation": True}, member_of(3, "not_in")]},
            "3": {"is_static": True, "name": "Staff", "drysail": {"members": ["ada"]}},
        },
    }
    told = explained(feed, "f", Context("ada", {"plan": "free"}))
    assert [(cohort.id, cohort.name, cohort.outcome) for cohort in told.cohorts] == [
        ("3", "Staff", "match"),
        ("2", "cohort 2", "miss"),
        ("1", "Buyers", "miss"),
    ]
    listed, inner, outer = (cohort.tree for cohort in told.cohorts)
    assert listed is None
    assert inner is not None
    assert [(part.outcome, part.filter and part.filter.negated) for part in inner.parts] == [
        ("match", True),
        ("miss", False),
    ]
    assert outer is not None
    assert (outer.kind, [part.outcome for part in outer.parts]) == ("any", ["miss", "miss"])
    assert told.sentence == (
        "“f” is off for “ada”: its only condition does not match, because "
        "the person is not in cohort 1 “Buyers” (wanted: in it)."
    )


def test_a_chain_of_flags_is_followed_to_its_end() -> None:
    def needs(key: str) -> dict[str, Any]:
        return condition({"key": key, "type": "flag", "operator": "flag_evaluates_to", "value": True})

    feed = {"flags": [flag("c", needs("b")), flag("b", needs("a")), flag("a", condition(PRO))]}
    told = explained(feed, "c", Context("ada", {"plan": "free"}))
    assert [dependency.flag for dependency in told.dependencies] == ["a", "b"]
    assert told.dependencies[0].sentence == (
        '“a” is off for “ada”: its only condition does not match, because plan is "free" (wanted: "pro").'
    )
    assert told.sentence == (
        "“c” is off for “ada”: its only condition does not match, because "
        "flag “b” is off (No matching condition set) (wanted: on)."
    )


def test_what_comes_before_the_conditions_is_shown() -> None:
    held = of(condition(), context=Context("cyd"), holdout={"id": 3, "exclusion_percentage": 25})
    assert held.holdout is not None
    assert (held.holdout.inside, round(held.holdout.unit or 0, 4)) == (True, 0.1068)
    assert held.sentence == (
        "“f” is “holdout-3” for “cyd”: its holdout keeps the subject out of all conditions "
        "(the subject's place is 10.6824 %; places up to 25 % are in)."
    )
    assert [entry.outcome for entry in held.conditions] == ["not_reached"]
    joined = of(condition(), context=Context("ada", {"$feature_enrollment/f": "true"}), feature_enrollment=True)
    assert joined.enrollment is not None
    assert joined.sentence == "“f” is on for “ada”: the person joined its early access."


def test_a_missing_group_or_device_is_named() -> None:
    feed = {
        "flags": [
            flag("company", condition(), aggregation_group_type_index=0),
            flag("unmapped", condition(), aggregation_group_type_index=7),
            {**flag("device", condition(rollout=50)), "bucketing_identifier": "device_id"},
        ],
        "group_type_mapping": {"0": "company"},
    }
    sentences = [explained(feed, key, Context("ada")).sentence for key in ("company", "unmapped", "device")]
    assert sentences == [
        "“company” is off for “ada”: condition 1 cannot be tried without the key of a “company”.",
        "“unmapped” is off for “ada”: condition 1 cannot be tried without a group of type 7, "
        "which is not in the group type mapping.",
        "“device” is off for “ada”: condition 1 cannot be tried without a device id.",
    ]


def test_a_flag_without_an_answer_says_why() -> None:
    feed = {
        "flags": [
            {**flag("off"), "active": False},
            {**flag("gone"), "deleted": True},
            flag("broken", condition({**PRO, "operator": "resembles"})),
            flag("lonely", condition({"key": "x", "type": "flag", "operator": "flag_evaluates_to", "value": True})),
            flag("cohortless", condition(member_of(9))),
            flag("empty"),
        ]
    }
    sentences = {key: explained(feed, key, Context("ada")).sentence for key in ("off", "gone", "lonely", "cohortless")}
    assert sentences == {
        "off": "“off” is off for “ada”: the flag is switched off for everybody.",
        "gone": "“gone” is off for “ada”: the flag is deleted.",
        "lonely": "“lonely” is off for “ada”: It needs flag “x”, which does not exist.",
        "cohortless": (
            "“cohortless” is without an answer for “ada”: "
            "The flag needs cohort 9, which does not exist: every check of the flag fails."
        ),
    }
    assert "resembles" in explained(feed, "broken", Context("ada")).sentence
    assert (
        explained(feed, "empty", Context("ada")).sentence
        == "“empty” is off for “ada”: it has no conditions, so nobody gets it."
    )
    assert explained(feed, "nowhere", Context("ada")).sentence == "There is no flag “nowhere”."


def test_long_values_are_cut() -> None:
    told = of(condition(PRO), context=Context("ada", {"plan": "x" * 500}))
    assert told.nearest_miss is not None
    assert len(told.nearest_miss) < 150


def test_an_explanation_is_plain_json() -> None:
    told = of(condition(PRO, rollout=50), condition(GERMAN), context=Context("ada", {"plan": None}))
    assert json.loads(json.dumps(told.as_dict())) == told.as_dict()
    assert told.as_dict()["result"]["reason"] == "no_condition_match"
