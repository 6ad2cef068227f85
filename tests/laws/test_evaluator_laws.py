"""What holds for every definition and every subject."""

import json
from datetime import UTC, datetime
from os import environ
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from evaluator import (
    REDACTED,
    Context,
    Definitions,
    Reason,
    Ruleset,
    compile_definitions,
    dependents,
    evaluate,
    evaluate_all,
    explain,
    needs,
)
from tests.laws.feeds import contexts, damaged_feeds, feeds, flags, odd_contexts, plain_feeds, redactions

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
MOMENTS = (NOW, datetime(2026, 11, 23, 12, tzinfo=UTC), datetime(2031, 1, 1, tzinfo=UTC))
EXAMPLES = int(environ.get("LAW_EXAMPLES", "100"))


def compiled(feed: dict[str, Any]) -> Ruleset:
    return compile_definitions(Definitions.from_posthog(feed))


def answers(ruleset: Ruleset, context: Context) -> dict[str, Any]:
    facts = ruleset.definitions.facts()
    return {key: evaluate(ruleset, key, context, now=NOW, facts=facts) for key in ruleset.flags}


@settings(max_examples=EXAMPLES)
@given(damaged_feeds(), odd_contexts)
def test_no_definition_and_no_context_makes_anything_raise(feed: dict[str, Any], context: Context) -> None:
    ruleset = compiled(feed)
    for key in ("ghost", *ruleset.flags):
        evaluate(ruleset, key, context, now=NOW)
        evaluate(ruleset, key, context, now=NOW, profile="local")
        explain(ruleset, key, context, now=NOW).as_dict()
    evaluate_all(ruleset, context, now=NOW, keys=ruleset.flags, runtime="server", evaluation_contexts=["web"])
    ruleset.feed()
    needs(ruleset)
    dependents(ruleset, keys=ruleset.flags, cohorts=ruleset.cohorts)


@given(feeds, contexts)
def test_the_same_definitions_and_context_give_the_same_answers(feed: dict[str, Any], context: Context) -> None:
    assert answers(compiled(feed), context) == answers(compiled(json.loads(json.dumps(feed))), context)


@given(feeds, contexts)
def test_asking_for_all_flags_gives_the_answers_of_asking_for_each(feed: dict[str, Any], context: Context) -> None:
    ruleset = compiled(feed)
    served = {key: result for key, result in answers(ruleset, context).items() if ruleset.flags[key].served}
    assert evaluate_all(ruleset, context, now=NOW, facts=ruleset.definitions.facts()) == served


@given(plain_feeds, st.lists(st.tuples(contexts, st.sampled_from(MOMENTS)), min_size=1, max_size=4))
def test_what_was_asked_before_changes_no_answer(feed: dict[str, Any], checks: list[tuple[Context, datetime]]) -> None:
    ruleset = compiled(feed)
    for context, now in checks:
        fresh = {key: evaluate(compiled(feed), key, context, now=now) for key in ruleset.flags}
        assert evaluate_all(ruleset, context, now=now) == fresh


@given(feeds, redactions())
def test_asking_for_all_flags_agrees_on_what_is_undetermined(
    feed: dict[str, Any], both: tuple[Context, Context]
) -> None:
    ruleset = compiled(feed)
    served = {key: result for key, result in answers(ruleset, both[1]).items() if ruleset.flags[key].served}
    assert evaluate_all(ruleset, both[1], now=NOW, facts=ruleset.definitions.facts()) == served


@given(feeds, contexts)
def test_asking_for_some_flags_gives_the_same_answers(feed: dict[str, Any], context: Context) -> None:
    ruleset = compiled(feed)
    facts = ruleset.definitions.facts()
    everything = evaluate_all(ruleset, context, now=NOW, facts=facts)
    some = evaluate_all(ruleset, context, now=NOW, facts=facts, keys=["f1", "nowhere"])
    assert some == {key: everything[key] for key in some}
    assert set(some) >= {"f1"} & set(everything)


@given(feeds, contexts)
def test_a_dependency_comes_before_the_flags_that_need_it(feed: dict[str, Any], context: Context) -> None:
    ruleset = compiled(feed)
    order = list(evaluate_all(ruleset, context, now=NOW))
    for key in order:
        flag = ruleset.flags[key]
        needed = () if flag.missing_dependency else flag.dependencies
        assert all(order.index(name) < order.index(key) for name in needed if name in order)


@given(feeds, contexts, st.integers(0, 2), st.floats(0, 100))
def test_growing_a_rollout_never_removes_a_subject(
    feed: dict[str, Any], context: Context, index: int, percentage: float
) -> None:
    conditions = feed["flags"][0]["filters"]["groups"]
    if index >= len(conditions):
        return
    before = answers(compiled(feed), context)["f0"]
    now_at = conditions[index].get("rollout_percentage")
    grown = max(percentage, 100 if now_at is None else now_at)
    larger = [*conditions[:index], {**conditions[index], "rollout_percentage": grown}, *conditions[index + 1 :]]
    flag = {**feed["flags"][0], "filters": {**feed["flags"][0]["filters"], "groups": larger}}
    after = answers(compiled({**feed, "flags": [flag, *feed["flags"][1:]]}), context)["f0"]
    assert after.enabled >= before.enabled


@given(feeds, flags("unrelated"), contexts)
def test_a_flag_that_nobody_needs_changes_no_other_answer(
    feed: dict[str, Any], flag: dict[str, Any], context: Context
) -> None:
    before = answers(compiled(feed), context)
    after = answers(compiled({**feed, "flags": [flag, *feed["flags"]]}), context)
    assert before == {key: result for key, result in after.items() if key != "unrelated"}


@given(feeds, flags("f0"), contexts)
def test_a_change_reaches_only_the_flags_that_depend_on_it(
    feed: dict[str, Any], flag: dict[str, Any], context: Context
) -> None:
    old, new = compiled(feed), compiled({**feed, "flags": [flag, *feed["flags"][1:]]})
    reached = {"f0", *dependents(old, keys=["f0"]), *dependents(new, keys=["f0"])}
    before, after = answers(old, context), answers(new, context)
    assert {key for key in before if before[key] != after[key]} <= reached


@given(feeds, contexts)
def test_what_flags_need_is_all_that_they_look_at(feed: dict[str, Any], context: Context) -> None:
    ruleset = compiled(feed)
    needed = needs(ruleset)
    reduced = Context(
        distinct_id=context.distinct_id,
        properties={name: value for name, value in context.properties.items() if name in needed.properties},
        groups={name: key for name, key in context.groups.items() if name in needed.group_types},
        group_properties={
            group: {name: value for name, value in properties.items() if (group, name) in needed.group_properties}
            for group, properties in context.group_properties.items()
        },
        device_id=context.device_id,
        hash_key_overrides=context.hash_key_overrides,
    )
    assert answers(ruleset, reduced) == answers(ruleset, context)


@settings(max_examples=EXAMPLES)
@given(feeds, redactions())
def test_a_redacted_value_never_turns_a_certain_answer_into_a_wrong_one(
    feed: dict[str, Any], contexts: tuple[Context, Context]
) -> None:
    known, redacted = contexts
    ruleset = compiled(feed)
    truth, told = answers(ruleset, known), answers(ruleset, redacted)
    for key, result in told.items():
        if result.reason is not Reason.UNDETERMINED:
            assert (result.value, result.payload) == (truth[key].value, truth[key].payload)


@settings(max_examples=EXAMPLES)
@given(feeds, contexts, st.sampled_from(["f0", "f1", "f2", "f3"]), st.integers(0, 2))
def test_an_undetermined_answer_is_really_open(feed: dict[str, Any], context: Context, key: str, index: int) -> None:
    """One redacted property, asked for in one place only: undetermined if and only if its value matters."""
    place = next(position for position, flag in enumerate(feed["flags"]) if flag["key"] == key)
    conditions = feed["flags"][place]["filters"]["groups"]
    if index >= len(conditions):
        return
    asked = {"key": "secret", "type": "person", "operator": "exact", "value": "yes"}
    conditions = [
        {**condition, "properties": [*condition["properties"], asked]} if number == index else condition
        for number, condition in enumerate(conditions)
    ]
    flag = {**feed["flags"][place], "filters": {**feed["flags"][place]["filters"], "groups": conditions}}
    ruleset = compiled({**feed, "flags": [flag]})
    told, yes, no = (
        evaluate(ruleset, key, with_property(context, secret), now=NOW) for secret in (REDACTED, "yes", "no")
    )
    assert (told.reason is Reason.UNDETERMINED) == (yes.value != no.value)


def with_property(context: Context, secret: Any) -> Context:
    return Context(
        distinct_id=context.distinct_id,
        properties={**context.properties, "secret": secret},
        groups=context.groups,
        group_properties=context.group_properties,
        device_id=context.device_id,
        hash_key_overrides=context.hash_key_overrides,
    )


@given(feeds)
def test_reading_and_writing_definitions_again_changes_nothing(feed: dict[str, Any]) -> None:
    written = Definitions.from_posthog({**feed, "unknown": {"kept": [1, 1.0]}}).to_posthog()
    assert json.dumps(Definitions.from_posthog(written).to_posthog()) == json.dumps(written)
    assert written["unknown"] == {"kept": [1, 1.0]}
