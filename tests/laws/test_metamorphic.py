"""Changes of definitions and contexts that must change no answer."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from evaluator import Context, Definitions, Result, compile_definitions, dependents, evaluate
from evaluator.diff import diff
from tests.laws.feeds import contexts, feeds

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


def answers(feed: dict[str, Any], context: Context) -> dict[str, tuple[Result, Result]]:
    """By flag key, what the server and an SDK answer."""
    ruleset = compile_definitions(Definitions.from_posthog(feed))
    facts = ruleset.definitions.facts()
    return {
        key: (
            evaluate(ruleset, key, context, now=NOW, facts=facts),
            evaluate(ruleset, key, context, now=NOW, profile="local"),
        )
        for key in ruleset.flags
    }


def backwards(mapping: Any) -> dict[str, Any]:
    return dict(reversed(list(mapping.items())))


@given(feeds, contexts)
def test_the_order_of_properties_in_a_context_changes_nothing(feed: dict[str, Any], context: Context) -> None:
    turned = replace(
        context,
        properties=backwards(context.properties),
        groups=backwards(context.groups),
        group_properties={group: backwards(own) for group, own in backwards(context.group_properties).items()},
        hash_key_overrides=backwards(context.hash_key_overrides),
    )
    assert answers(feed, turned) == answers(feed, context)


@given(feeds, contexts, st.sampled_from([None, "x", 5, ["a"], {"a": 1}]))
def test_a_property_that_no_flag_asks_for_changes_nothing(feed: dict[str, Any], context: Context, value: Any) -> None:
    more = replace(
        context,
        properties={**context.properties, "unused": value},
        groups={**context.groups, "unheard-of": "x"},
        group_properties={**context.group_properties, "unheard-of": {"plan": value}},
        hash_key_overrides={**context.hash_key_overrides, "nowhere": "x"},
    )
    assert answers(feed, more) == answers(feed, context)


@given(feeds, contexts, st.sampled_from(["f0", "f1", "f2", "f3"]))
def test_renaming_a_flag_that_nobody_needs_changes_no_other_answer(
    feed: dict[str, Any], context: Context, key: str
) -> None:
    ruleset = compile_definitions(Definitions.from_posthog(feed))
    users = dependents(ruleset, keys=[key])
    renamed = [{**flag, "key": "renamed"} if flag["key"] == key else flag for flag in feed["flags"]]
    before, after = answers(feed, context), answers({**feed, "flags": renamed}, context)
    others = {name for name in before if name != key and name not in users}
    assert {name: before[name] for name in others} == {name: after[name] for name in others}


@given(feeds, contexts, st.permutations(range(4)), st.booleans())
def test_the_order_of_flags_and_cohorts_changes_nothing(
    feed: dict[str, Any], context: Context, order: list[int], turn: bool
) -> None:
    cohorts = backwards(feed["cohorts"]) if turn else feed["cohorts"]
    shuffled = {**feed, "flags": [feed["flags"][place] for place in order], "cohorts": cohorts}
    assert answers(shuffled, context) == answers(feed, context)


@given(
    feeds, contexts, st.dictionaries(st.sampled_from(["zeta", "Ünï", "a.b"]), st.floats(allow_nan=False) | st.text())
)
def test_reading_what_was_written_gives_the_same_answers_and_keeps_what_is_unknown(
    feed: dict[str, Any], context: Context, unknown: dict[str, Any]
) -> None:
    marked = {**feed, "flags": [{**flag, "odd": unknown} for flag in feed["flags"]], "more": unknown}
    written = Definitions.from_posthog(marked).to_posthog()
    again = json.loads(json.dumps(written))
    assert answers(again, context) == answers(feed, context)
    assert json.dumps(again["more"]) == json.dumps(unknown)
    assert [json.dumps(flag["odd"]) for flag in again["flags"]] == [json.dumps(unknown)] * 4


@given(feeds, feeds)
def test_a_definition_does_not_differ_from_itself_and_a_difference_is_mutual(
    one: dict[str, Any], other: dict[str, Any]
) -> None:
    for left, right in zip(one["flags"], other["flags"], strict=True):
        assert diff(left, json.loads(json.dumps(left))).is_empty
        assert diff(left, right).is_empty == diff(right, left).is_empty
