"""No claim of the static analysis can be refuted: by any subject, at any moment.

``LAW_EXAMPLES=5000 pytest tests/laws/test_analysis_laws.py --hypothesis-profile=random`` tries harder.
"""

import re
from copy import deepcopy
from datetime import datetime
from json import dumps, loads
from os import environ
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evaluator import Context, Definitions, Reason, Result, Ruleset, compile_definitions, evaluate
from evaluator.analysis import Effect, Finding, analyse, compare_effect, masks
from evaluator.analysis.classes import covering
from evaluator.analysis.questions import FilterQuestion, Manner, question_of
from evaluator.compiled import PropertyTest
from evaluator.context import MISSING
from tests.evaluator.analysis.definitions import (
    MOMENTS,
    ODD_VALUES,
    Feed,
    edited_feeds,
    feeds,
    property_filters,
    subjects,
    values_near,
)
from tests.laws.feeds import damaged_feeds
from tests.laws.feeds import feeds as ordinary_feeds

EXAMPLES = int(environ.get("LAW_EXAMPLES", "120"))
SUBJECTS = 60

seeds = st.integers(0, 2**32)


def compiled(feed: Feed) -> Ruleset:
    return compile_definitions(Definitions.from_posthog(feed))


def checks(seed: int, feed: Feed) -> list[tuple[Context, datetime]]:
    random = Random(seed)
    return [(subject, random.choice(MOMENTS)) for subject in subjects(random, feed, SUBJECTS)]


def answer(ruleset: Ruleset, key: str, check: tuple[Context, datetime]) -> Result:
    context, now = check
    return evaluate(ruleset, key, context, now=now, facts=ruleset.definitions.facts())


def is_on(result: Result) -> bool:
    return result.value is not False and result.value is not None


def given_out(result: Result) -> tuple[Any, Any]:
    return result.value, result.payload


@settings(max_examples=EXAMPLES)
@given(feeds() | ordinary_feeds, seeds)
def test_no_subject_refutes_a_finding(feed: Feed, seed: int) -> None:
    ruleset = compiled(feed)
    for key in ruleset.flags:
        findings = analyse(ruleset, key).findings
        if findings:
            on = compiled(_switched_on(feed, key))
            lighter = compiled(_without(_switched_on(feed, key), key, findings))
            for check in checks(seed, feed):
                result = answer(on, key, check)
                assert given_out(result) == given_out(answer(lighter, key, check)), findings
                for finding in findings:
                    assert not _refutes(result, check[0], finding), (finding, result)


@settings(max_examples=EXAMPLES)
@given(feeds(), seeds, st.sampled_from([1, 2, 4]))
def test_no_subject_refutes_what_is_found_in_spite_of_too_many_cases(feed: Feed, seed: int, most: int) -> None:
    ruleset = compiled(feed)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(masks, "MOST_MASKS", most)
        found = {key: analyse(ruleset, key).findings for key in ruleset.flags}
    for key, findings in found.items():
        on = compiled(_switched_on(feed, key))
        for check in checks(seed, feed) if findings else ():
            result = answer(on, key, check)
            assert not any(_refutes(result, check[0], finding) for finding in findings), (findings, result)


@settings(max_examples=EXAMPLES)
@given(feeds(), seeds)
def test_a_condition_that_is_said_to_shadow_another_does_so_alone(feed: Feed, seed: int) -> None:
    ruleset = compiled(feed)
    for key in ruleset.flags:
        for finding in analyse(ruleset, key).findings:
            named = re.search(r": condition (\d+) already", finding.message)
            if named is None or finding.condition is None:
                continue
            pair = compiled(_with_only(_switched_on(feed, key), key, (int(named[1]) - 1, finding.condition)))
            for check in checks(seed, feed):
                assert answer(pair, key, check).condition_index != 1 or not answer(pair, key, check).enabled, finding


def _with_only(feed: Feed, key: str, indexes: tuple[int, ...]) -> Feed:
    lighter: Feed = loads(dumps(feed))
    rules = next(flag["filters"] for flag in lighter["flags"] if flag["key"] == key)
    rules["groups"] = [rules["groups"][index] for index in indexes]
    rules.pop("feature_enrollment", None)
    return lighter


def _switched_on(feed: Feed, key: str) -> Feed:
    return {**feed, "flags": [{**flag, "active": True} if flag["key"] == key else flag for flag in feed["flags"]]}


def _without(feed: Feed, key: str, findings: tuple[Finding, ...]) -> Feed:
    """The feed without the filters that have no effect, and without the conditions that never decide."""
    lighter = loads(dumps(feed))
    flag = next(flag for flag in lighter["flags"] if flag["key"] == key)
    own = flag["filters"]["groups"]
    for finding in sorted(findings, key=lambda finding: finding.path, reverse=True):
        if finding.condition is not None and finding.code.startswith("filter_"):
            del own[finding.condition]["properties"][int(finding.path.rpartition("[")[2][:-1])]
    if not flag["filters"].get("early_exit"):
        dead = {finding.condition for finding in findings if finding.code.startswith(("condition_", "rollout_nobody"))}
        flag["filters"]["groups"] = [condition for index, condition in enumerate(own) if index not in dead]
    return lighter


def _refutes(result: Result, context: Context, finding: Finding) -> bool:
    decided = result.reason is Reason.CONDITION_MATCH and result.condition_index == finding.condition
    match finding.code:
        case "condition_contradictory" | "condition_shadowed" | "condition_held_out" | "rollout_nobody":
            return decided
        case "rollout_zero":
            return decided and context.distinct_id != ""
        case "variant_unreachable":
            return result.variant is not None and f"variant {result.variant}:" in finding.message
        case "payload_unused":
            source = "true" if result.variant is None else result.variant
            return result.enabled and finding.path == f"filters.payloads.{source}"
        case "flag_constant":
            value = {True: "on", False: "off"}.get(result.value, f"variant {result.value}")  # type: ignore[arg-type]
            return not finding.message.endswith(f" {value}.")
        case _:
            return False


@settings(max_examples=EXAMPLES // 2)
@given(damaged_feeds(), damaged_feeds())
def test_no_definition_makes_the_analysis_raise(feed: Feed, other: Feed) -> None:
    before, after = compiled(feed), compiled(other)
    for key in {*before.flags, *after.flags, "ghost"}:
        analyse(before, key)
        compare_effect(before, after, key)


@st.composite
def changes(draw: st.DrawFn) -> tuple[Feed, Feed]:
    before = draw(feeds())
    return before, draw(edited_feeds(before))


@settings(max_examples=EXAMPLES)
@given(changes(), seeds)
def test_no_subject_refutes_the_effect_of_a_change(change: tuple[Feed, Feed], seed: int) -> None:
    before, after = map(compiled, change)
    for key in before.flags:
        effect = compare_effect(before, after, key)
        for check in checks(seed, {"both": list(change)}):
            old, new = answer(before, key, check), answer(after, key, check)
            assert not _contradicts(effect, old, new), (effect, old, new)


def _contradicts(effect: Effect, old: Result, new: Result) -> bool:
    if effect.alters_nothing and given_out(old) != given_out(new):
        return True
    if is_on(old) and is_on(new):
        return effect.values == "unchanged" and given_out(old) != given_out(new)
    if is_on(old) and not is_on(new):
        return effect.direction in ("unchanged", "only_widens")
    return is_on(new) and effect.direction in ("unchanged", "only_narrows")


@settings(max_examples=EXAMPLES)
@given(feeds(), seeds)
def test_a_flag_compared_with_itself_is_unchanged(feed: Feed, seed: int) -> None:
    before, after = compiled(feed), compiled(deepcopy(feed))
    for key in before.flags:
        effect = compare_effect(before, after, key)
        assert effect.direction in ("unchanged", "unknown")
        assert (effect.direction == "unchanged") is effect.alters_nothing


@settings(max_examples=EXAMPLES)
@given(changes())
def test_the_way_back_is_the_opposite(change: tuple[Feed, Feed]) -> None:
    before, after = map(compiled, change)
    opposite = {"only_widens": "only_narrows", "only_narrows": "only_widens"}
    for key in before.flags:
        there, back = compare_effect(before, after, key), compare_effect(after, before, key)
        assert opposite.get(there.direction, there.direction) == back.direction
        assert (there.values, there.alters_nothing) == (back.values, back.alters_nothing)


@settings(max_examples=EXAMPLES * 2)
@given(
    st.sampled_from(["plan", "age", "app", "signup", "email", "any"]).flatmap(
        lambda key: st.lists(property_filters(key), min_size=1, max_size=4)
    ),
    st.sampled_from([1, 2]),
    st.sampled_from(["UTC", "Europe/Berlin"]),
)
def test_every_value_falls_into_a_class(filters: list[dict[str, Any]], version: int, zone: str) -> None:
    personal = [{**entry, "key": "any", "type": "person"} for entry in filters]
    feed: Feed = {
        "flags": [{"key": "f", "active": True, "filters": {"groups": [{"properties": personal}]}}],
        "property_matching_version": version,
        "timezone": zone,
    }
    ruleset = compiled(feed)
    asked: dict[str, FilterQuestion] = {}
    for condition in ruleset.flags["f"].conditions:
        for test in condition.tests:
            assert isinstance(test, PropertyTest)
            name, wanted, question = question_of(test, Manner.of(ruleset))
            asked.setdefault(name, question)
            for value in (*ODD_VALUES, MISSING):
                for now in MOMENTS:
                    assert test.predicate(value, now) is (asked[name].answer(value, now) is wanted)
    known = covering(asked, may_be_absent=True)
    for value in (*values_near(feed), MISSING):
        for now in MOMENTS:
            assert tuple(question.answer(value, now) for question in asked.values()) in known, (value, now)
