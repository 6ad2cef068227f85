"""Plain cases in which the analysis has to know: it may not say unknown, and has to find what is there."""

from typing import Any

import pytest

from evaluator import Definitions, Ruleset, compile_definitions
from evaluator.analysis import analyse, compare_effect

Case = tuple[str, dict[str, Any], dict[str, Any], str, str]


def ruleset(rules: dict[str, Any], **others: Any) -> Ruleset:
    """A flag ``f`` with these rules; ``others`` are parts of the feed."""
    own = {name: rules.pop(name) for name in ("active", "ensure_experience_continuity") if name in rules}
    flag = {"key": "f", "active": True, **own, "filters": rules}
    feed = {"group_type_mapping": {"0": "company"}, **others, "flags": [*others.get("flags", ()), flag]}
    return compile_definitions(Definitions.from_posthog(feed))


def when(*tests: Any, rollout: float | None = 100, **rest: Any) -> dict[str, Any]:
    properties = [
        test if isinstance(test, dict) else {"key": test[0], "type": "person", "operator": test[1], "value": test[2]}
        for test in tests
    ]
    return {"properties": properties, "rollout_percentage": rollout, **rest}


def flag(*conditions: dict[str, Any], **rules: Any) -> dict[str, Any]:
    return {"groups": list(conditions), **rules}


def weights(a: float, b: float) -> dict[str, Any]:
    return {"variants": [{"key": "a", "rollout_percentage": a}, {"key": "b", "rollout_percentage": b}]}


PRO = ("plan", "exact", "pro")
UK = ("country", "exact", "UK")
PATTERN = ("email", "regex", "@corp[.]com$")
GROUP = {"key": "seats", "type": "group", "group_type_index": 0, "operator": "gt", "value": 5}
TRUE, FALSE = {"payloads": {"true": "1"}}, {"payloads": {"true": "2"}}

CHANGES: list[Case] = [
    ("nothing", flag(when(PRO)), flag(when(PRO)), "unchanged", "unchanged"),
    ("a rollout rises", flag(when(rollout=10)), flag(when(rollout=20)), "only_widens", "unchanged"),
    ("a rollout falls", flag(when(rollout=20)), flag(when(rollout=10)), "only_narrows", "unchanged"),
    ("a rollout of null is 100", flag(when(rollout=None)), flag(when()), "unchanged", "unchanged"),
    (
        "one rollout rises, another falls",
        flag(when(PRO, rollout=10), when(UK, rollout=20)),
        flag(when(PRO, rollout=20), when(UK, rollout=10)),
        "mixed",
        "unchanged",
    ),
    (
        "a value joins a list",
        flag(when(("plan", "exact", ["pro"]))),
        flag(when(("plan", "exact", ["pro", "team"]))),
        "only_widens",
        "unchanged",
    ),
    (
        "a value joins a forbidden list",
        flag(when(("plan", "is_not", ["pro"]))),
        flag(when(("plan", "is_not", ["pro", "team"]))),
        "only_narrows",
        "unchanged",
    ),
    (
        "one value becomes a list of one",
        flag(when(PRO)),
        flag(when(("plan", "exact", ["PRO"]))),
        "unchanged",
        "unchanged",
    ),
    ("another value", flag(when(PRO)), flag(when(("plan", "exact", "team"))), "mixed", "unchanged"),
    ("a filter is dropped", flag(when(PRO, UK)), flag(when(PRO)), "only_widens", "unchanged"),
    ("a filter is added", flag(when(PRO)), flag(when(PRO, UK)), "only_narrows", "unchanged"),
    ("filters change places", flag(when(PRO, UK)), flag(when(UK, PRO)), "unchanged", "unchanged"),
    (
        "a filter that is implied goes",
        flag(when(PRO, ("plan", "is_set", None))),
        flag(when(PRO)),
        "unchanged",
        "unchanged",
    ),
    ("a condition is appended", flag(when(PRO)), flag(when(PRO), when(UK)), "only_widens", "unchanged"),
    ("a condition is removed", flag(when(PRO), when(UK)), flag(when(UK)), "only_narrows", "unchanged"),
    ("a shadowed condition is appended", flag(when(PRO)), flag(when(PRO), when(PRO, UK)), "unchanged", "unchanged"),
    ("conditions change places", flag(when(PRO), when(UK)), flag(when(UK), when(PRO)), "unchanged", "unchanged"),
    (
        "conditions that pin change places",
        flag(when(PRO, variant="a"), when(UK, variant="b"), multivariate=weights(50, 50)),
        flag(when(UK, variant="b"), when(PRO, variant="a"), multivariate=weights(50, 50)),
        "unchanged",
        "can_change",
    ),
    (
        "weights move",
        flag(when(), multivariate=weights(50, 50)),
        flag(when(), multivariate=weights(40, 60)),
        "unchanged",
        "can_change",
    ),
    ("a payload changes", flag(when(), **TRUE), flag(when(), **FALSE), "unchanged", "can_change"),
    ("a limit rises", flag(when(("age", "gt", 18))), flag(when(("age", "gt", 21))), "only_narrows", "unchanged"),
    ("greater or equal", flag(when(("age", "gt", 18))), flag(when(("age", "gte", 18))), "only_widens", "unchanged"),
    (
        "a range widens",
        flag(when(("age", "between", [5, 9]))),
        flag(when(("age", "between", [4, 9]))),
        "only_widens",
        "unchanged",
    ),
    (
        "a version rises",
        flag(when(("app", "semver_gte", "1.2.0"))),
        flag(when(("app", "semver_gte", "1.3.0"))),
        "only_narrows",
        "unchanged",
    ),
    (
        "the same version, spelled otherwise",
        flag(when(("app", "semver_gte", "1.2"))),
        flag(when(("app", "semver_gte", "v1.2.0"))),
        "unchanged",
        "unchanged",
    ),
    (
        "a date moves",
        flag(when(("d", "is_date_before", "2026-01-01"))),
        flag(when(("d", "is_date_before", "2026-02-01"))),
        "only_widens",
        "unchanged",
    ),
    (
        "a span grows",
        flag(when(("d", "is_date_after", "-7d"))),
        flag(when(("d", "is_date_after", "-2w"))),
        "only_widens",
        "unchanged",
    ),
    (
        "a shorter part",
        flag(when(("email", "icontains", "@corp.com"))),
        flag(when(("email", "icontains", "corp"))),
        "only_widens",
        "unchanged",
    ),
    ("beside an unreadable pattern", flag(when(PATTERN)), flag(when(PATTERN, UK)), "only_narrows", "unchanged"),
    (
        "a pattern instead of another",
        flag(when(PATTERN)),
        flag(when(PATTERN), when(("email", "regex", "^x"))),
        "only_widens",
        "unchanged",
    ),
    ("a filter on a group goes", flag(when(GROUP)), flag(when()), "only_widens", "unchanged"),
    (
        "a group rollout rises",
        flag(when(rollout=5), aggregation_group_type_index=0),
        flag(when(rollout=50), aggregation_group_type_index=0),
        "only_widens",
        "unchanged",
    ),
    (
        "a holdout comes",
        flag(when()),
        flag(when(), holdout={"id": 1, "exclusion_percentage": 10}),
        "unchanged",
        "can_change",
    ),
    (
        "early exit comes",
        flag(when(PRO, rollout=10), when()),
        flag(when(PRO, rollout=10), when(), early_exit=True),
        "only_narrows",
        "unchanged",
    ),
    (
        "early exit comes where nothing follows",
        flag(when(rollout=10)),
        flag(when(rollout=10), early_exit=True),
        "unchanged",
        "unchanged",
    ),
    (
        "early access comes",
        flag(when(rollout=10)),
        flag(when(rollout=10), feature_enrollment=True),
        "mixed",
        "unchanged",
    ),
    ("it is switched on", {**flag(when(PRO)), "active": False}, flag(when(PRO)), "only_widens", "unchanged"),
    ("it is switched off", flag(when(PRO)), {**flag(when(PRO)), "active": False}, "only_narrows", "unchanged"),
    (
        "a rollout rises under continuity",
        {**flag(when(rollout=10)), "ensure_experience_continuity": True},
        {**flag(when(rollout=20)), "ensure_experience_continuity": True},
        "only_widens",
        "unchanged",
    ),
    (
        "a condition of nobody comes",
        flag(when(PRO)),
        flag(when(("age", "gt", 5), ("age", "lt", 3)), when(PRO)),
        "unchanged",
        "unchanged",
    ),
]


@pytest.mark.parametrize(
    ("before", "after", "direction", "values"), [case[1:] for case in CHANGES], ids=[c[0] for c in CHANGES]
)
def test_the_effect_of_a_plain_change_is_known(
    before: dict[str, Any], after: dict[str, Any], direction: str, values: str
) -> None:
    effect = compare_effect(ruleset(dict(before)), ruleset(dict(after)), "f")
    assert (effect.direction, effect.values) == (direction, values)
    assert effect.line is not None


COHORT = {"key": "id", "type": "cohort", "operator": "in", "value": 1}
PARENT = {"key": "parent", "type": "flag", "operator": "flag_evaluates_to", "value": True}


def tree(*values: Any) -> dict[str, Any]:
    return {
        "1": {
            "type": "OR",
            "values": [{"key": "plan", "type": "person", "operator": "exact", "value": v} for v in values],
        }
    }


def test_an_edited_cohort_widens_the_flag_that_asks_for_it() -> None:
    before, after = (ruleset(flag(when(COHORT)), cohorts=tree(*values)) for values in (["pro"], ["pro", "team"]))
    assert compare_effect(before, after, "f").direction == "only_widens"


def test_a_member_more_widens_the_flag_that_asks_for_the_list() -> None:
    before, after = (
        ruleset(flag(when(COHORT)), cohorts={"1": {"is_static": True, "drysail": {"members": members}}})
        for members in (["ann"], ["ann", "bob"])
    )
    assert compare_effect(before, after, "f").direction == "only_widens"


@pytest.mark.parametrize(("value", "direction"), [(True, "only_widens"), (False, "only_narrows")])
def test_a_parent_that_widens_moves_its_dependents(value: bool, direction: str) -> None:
    before, after = (
        ruleset(
            flag(when({**PARENT, "value": value})),
            flags=[{"key": "parent", "active": True, "filters": flag(when(PRO, rollout=rollout))}],
        )
        for rollout in (10, 20)
    )
    assert compare_effect(before, after, "f").direction == direction


def test_what_hangs_on_two_patterns_is_not_known() -> None:
    one, other = flag(when(("email", "regex", "^a"))), flag(when(("email", "regex", "^b")))
    effect = compare_effect(ruleset(one), ruleset(other), "f")
    assert (effect.direction, effect.line) == ("unknown", None)


def test_conditions_that_wait_for_a_later_change_are_told_apart() -> None:
    before = ruleset(flag(when()))
    same, waiting = ruleset(flag(when(rollout=None))), ruleset(flag(when(), when(UK)))
    assert compare_effect(before, same, "f").same_conditions
    effect = compare_effect(before, waiting, "f")
    assert effect.alters_nothing
    assert not effect.same_conditions


FINDINGS: list[tuple[dict[str, Any], list[str]]] = [
    (
        flag(when(PRO), when(PRO, UK)),
        ["Condition 2 can never decide: condition 1 already decides for everybody it would match."],
    ),
    (
        flag(when(rollout=30), when(PRO, rollout=20), when(UK, rollout=40)),
        [
            "Condition 2 can never decide: condition 1 already matches everybody it would match, and "
            "admits at least as many "
            "of them (30 %)."
        ],
    ),
    (
        flag(when(PRO, rollout=5), when(PRO), early_exit=True),
        [
            "Condition 2 can never decide: condition 1 already matches everybody it would match, and early exit ends "
            "the flag there."
        ],
    ),
    (
        flag(when(("plan", "exact", "pro")), when(("plan", "is_not", "pro")), when(UK)),
        [
            "Condition 3 can never decide: the conditions before it already decide for everybody it would admit.",
            "Everybody gets on.",
        ],
    ),
    (
        flag(when(("age", "gt", 5), ("age", "lt", 3))),
        [
            "Condition 1 can never decide: its filters “age > 5” and “age < 3” exclude each other.",
            "Everybody gets off.",
        ],
    ),
    (
        flag(when(("age", "gt", "many"))),
        ["Condition 1 can never decide: its filter “age > many” never matches.", "Everybody gets off."],
    ),
    (flag(when(rollout=0)), ["Condition 1 has a rollout of 0 %, which holds only hash 0 (an empty id)."]),
    (
        flag(when(("age", "gt", 5), ("age", "gt", 3))),
        ["In condition 1, the filter “age > 3” has no effect: “age > 5” implies it."],
    ),
    (
        flag(when(("distinct_id", "is_set", None), PRO)),
        ["In condition 1, the filter “distinct_id is set” always matches."],
    ),
    (
        flag(when(), holdout={"id": 1, "exclusion_percentage": 100}),
        ["Condition 1 can never decide: the holdout takes everybody before it.", "Everybody gets variant holdout-1."],
    ),
    (
        flag(when(variant="a"), multivariate=weights(50, 50), payloads={"b": "1"}),
        [
            "Nobody can get variant b: no condition that decides leaves the choice to the weights, or pins it.",
            "The payload of b is never returned: nobody gets that value with a payload.",
            "Everybody gets variant a.",
        ],
    ),
    (
        flag(when(PRO), multivariate=weights(100, 0)),
        ["Nobody can get variant b: its weight is 0 and no condition that decides pins it."],
    ),
    (flag(when(PRO, rollout=10), when(UK, rollout=20)), []),
]


@pytest.mark.parametrize(("rules", "messages"), FINDINGS)
def test_what_has_no_effect_is_found(rules: dict[str, Any], messages: list[str]) -> None:
    analysis = analyse(ruleset(dict(rules)), "f")
    assert [finding.message for finding in analysis.findings] == messages
    assert analysis.complete


@pytest.mark.parametrize(("rollout", "codes"), [(20, ["condition_shadowed"]), (30, ["condition_shadowed"]), (50, [])])
def test_beyond_the_limits_only_what_one_condition_shadows_is_found(rollout: float, codes: list[str]) -> None:
    asked = [(f"p{number}", "exact", "x") for number in range(14)]
    conditions = [*(when(test, rollout=30) for test in asked), when(("p0", "exact", "X"), rollout=rollout)]
    analysis = analyse(ruleset(flag(*conditions)), "f")
    assert not analysis.complete
    assert [finding.code for finding in analysis.findings] == codes
