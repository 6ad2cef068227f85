"""Whatever the JSON: nothing raises, others are unharmed, and what is refused says where and what to do."""

from contextlib import suppress
from datetime import UTC, datetime
from os import environ
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evaluator import (
    Context,
    Definitions,
    Ruleset,
    compile_definitions,
    dependents,
    evaluate,
    evaluate_all,
    explain,
    needs,
    validate_flag,
)
from evaluator.definitions import BadDefinitions, with_condition_ids
from evaluator.describe import describe_flag
from evaluator.diff import diff
from evaluator.diff.words import lines
from evaluator.local import compile_local, evaluate_local
from mcp_server.services.errors import InvalidInput
from mcp_server.services.incoming import read_feed
from tests.laws.mutations import FEED, SUBJECT, VICTIM, damaged, holds, subjects

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
EXAMPLES = int(environ.get("LAW_EXAMPLES", "200"))
SEEDS = st.integers(0, 2**48)
OTHERS = ("base", "other", "open")


def compiled(feed: dict[str, Any]) -> Ruleset:
    return compile_definitions(Definitions.from_posthog(feed))


WHOLE = compiled(FEED)


def ask_everything(ruleset: Ruleset, context: Context) -> None:
    facts = ruleset.definitions.facts()
    for key in ("ghost", *ruleset.flags):
        told = evaluate(ruleset, key, context, now=NOW, facts=facts)
        evaluate(ruleset, key, context, now=NOW, profile="local")
        explanation = explain(ruleset, key, context, now=NOW, facts=facts)
        assert explanation.result == told
        assert explanation.sentence
        explanation.as_dict()
    evaluate_all(ruleset, context, now=NOW, facts=facts)
    evaluate_all(ruleset, context, now=NOW, facts=facts, keys=["victim"], runtime="server", evaluation_contexts=["web"])
    needs(ruleset)
    needs(ruleset, ["victim"])
    dependents(ruleset, keys=ruleset.flags, cohorts=ruleset.cohorts)
    carried = {flag["key"] for flag in ruleset.feed()["flags"]}
    assert all(ruleset.flags[key].error != "flag_data_parsing_error" for key in carried)


def read_everything(definitions: Definitions, feed: dict[str, Any]) -> None:
    for flag in definitions.flags:
        if flag in FEED["flags"]:
            continue
        describe_flag(flag)
        if isinstance(flag, dict):
            validate_flag(flag)
            validate_flag(flag, definitions)
            with_condition_ids(flag)
            assert not diff(VICTIM, flag).is_empty
            lines(diff(VICTIM, flag))
            lines(diff(flag, VICTIM))
            assert diff(flag, {**flag}).is_empty
    with suppress(InvalidInput):
        read_feed(feed)


def quarantined(ruleset: Ruleset) -> list[Any]:
    return [warning for warning in ruleset.warnings if warning.level == "quarantined"]


def check_warnings(ruleset: Ruleset) -> None:
    for warning in ruleset.warnings:
        problem = warning.problem
        assert problem.message
        assert problem.fix
        assert len(problem.message) + len(problem.fix) < 2000
        if warning.level == "quarantined" and warning.kind == "cohort":
            assert holds(ruleset.definitions.cohorts[warning.key], problem.path), problem
        elif warning.level == "quarantined" and problem.code not in ("no_key", "duplicate_key"):
            assert holds(ruleset.flags[warning.key].definition, problem.path), problem
    failing = {key for key, flag in ruleset.flags.items() if flag.error == "flag_data_parsing_error"}
    assert failing <= {warning.key for warning in quarantined(ruleset)}


@settings(max_examples=EXAMPLES)
@given(SEEDS)
def test_a_damaged_flag_makes_nothing_raise_and_harms_no_other(seed: int) -> None:
    random = Random(seed)
    broken = damaged(VICTIM, random, random.randrange(1, 4))
    feed = {**FEED, "flags": [broken, *FEED["flags"][1:]]}
    context = subjects(random)
    ruleset = compiled(feed)
    ask_everything(ruleset, context)
    read_everything(ruleset.definitions, feed)
    check_warnings(ruleset)
    if not isinstance(broken, dict) or broken.get("key") not in OTHERS:
        facts = ruleset.definitions.facts()
        for key in OTHERS:
            asked = {"now": NOW, "facts": facts}
            assert evaluate(ruleset, key, context, **asked) == evaluate(WHOLE, key, context, **asked)
            predicted = evaluate(ruleset, key, context, now=NOW, profile="local")
            assert predicted == evaluate(WHOLE, key, context, now=NOW, profile="local")


@settings(max_examples=EXAMPLES)
@given(SEEDS)
def test_a_damaged_cohort_or_setting_makes_nothing_raise(seed: int) -> None:
    random = Random(seed)
    part = random.choice(["cohorts", "cohorts", "group_type_mapping", "property_matching_version", "timezone"])
    feed = {**FEED, part: damaged(FEED[part], random, random.randrange(1, 4))}
    if part in ("cohorts", "group_type_mapping") and not isinstance(feed[part], dict | None):
        with pytest.raises(BadDefinitions) as refusal:
            compiled(feed)
        assert (refusal.value.problem.path, bool(refusal.value.problem.fix)) == (part, True)
        return
    ruleset = compiled(feed)
    ask_everything(ruleset, subjects(random))
    read_everything(ruleset.definitions, feed)
    check_warnings(ruleset)
    assert evaluate(ruleset, "open", SUBJECT, now=NOW).value is True


@settings(max_examples=EXAMPLES // 3)
@given(SEEDS)
def test_a_damaged_download_makes_no_prediction_raise(seed: int) -> None:
    random = Random(seed)
    feed = damaged(compiled(FEED).feed(), random, random.randrange(1, 4))
    ruleset = compile_local(feed if isinstance(feed, dict) else {})
    for key in ("ghost", *ruleset.flags):
        evaluate_local(ruleset, key, subjects(random), now=NOW)


names = st.sampled_from(["key", "filters", "groups"]) | st.text(max_size=3)
scalars = st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(codec=None), max_size=6)
anything = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(names, inner, max_size=4), max_leaves=12
)


@settings(max_examples=EXAMPLES // 3)
@given(st.lists(anything, max_size=3), st.dictionaries(st.sampled_from("12"), anything, max_size=2), anything)
def test_no_json_at_all_makes_anything_raise(flags: list[Any], cohorts: dict[str, Any], value: Any) -> None:
    feed = {**FEED, "flags": [*flags, *FEED["flags"]], "cohorts": {**FEED["cohorts"], **cohorts}, "odd": value}
    ruleset = compiled(feed)
    context = Context("ada", {**SUBJECT.properties, "plan": value}, {"company": value}, {"company": {"size": value}})
    ask_everything(ruleset, context)
    read_everything(ruleset.definitions, feed)
    check_warnings(ruleset)
