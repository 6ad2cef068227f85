"""An explanation tells the truth: its trace leads to exactly the answer that evaluation gives."""

from datetime import UTC, datetime
from os import environ
from typing import Any

from hypothesis import given, settings

from evaluator import Context, Definitions, Explanation, Reason, compile_definitions, evaluate, explain
from tests.laws.feeds import contexts, feeds, redactions

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)

EXAMPLES = int(environ.get("LAW_EXAMPLES", "100"))


def explained(feed: dict[str, Any], context: Context) -> list[Explanation]:
    ruleset = compile_definitions(Definitions.from_posthog(feed))
    facts = ruleset.definitions.facts()
    explanations = [explain(ruleset, key, context, now=NOW, facts=facts) for key in ruleset.flags]
    for explanation in explanations:
        for one in (explanation, *explanation.dependencies):
            assert one.result == evaluate(ruleset, one.flag, context, now=NOW, facts=facts)
    return explanations


@settings(max_examples=EXAMPLES)
@given(feeds, contexts)
def test_the_trace_of_a_certain_answer_leads_to_it(feed: dict[str, Any], context: Context) -> None:
    for explanation in explained(feed, context):
        check(explanation)


@settings(max_examples=EXAMPLES)
@given(feeds, redactions())
def test_the_trace_of_an_open_answer_shows_what_is_open(feed: dict[str, Any], both: tuple[Context, Context]) -> None:
    for explanation in explained(feed, both[1]):
        if explanation.result.reason is Reason.UNDETERMINED and explanation.result.condition_index is not None:
            assert explanation.conditions[explanation.result.condition_index].outcome == "unknown"
        else:
            check(explanation)


def check(explanation: Explanation) -> None:
    result, conditions = explanation.result, explanation.conditions
    index = result.condition_index
    decided = [condition.index for condition in conditions if condition.outcome == "decided"]
    assert explanation.sentence
    match result.reason:
        case Reason.CONDITION_MATCH:
            assert index is not None
            assert decided == [index]
            variant = conditions[index].variant
            assert result.variant == (None if variant is None else variant.variant)
            assert all(later.outcome == "not_reached" for later in conditions[index + 1 :])
            assert all(trace.outcome == "match" for trace in conditions[index].filters)
        case Reason.OUT_OF_ROLLOUT_BOUND:
            assert index is not None
            assert decided == []
            assert conditions[index].outcome in ("out_of_rollout", "no_device", "unknown")
        case Reason.NO_CONDITION_MATCH:
            assert index is not None
            assert {condition.outcome for condition in conditions} <= {"miss", "no_group"}
            assert any(trace.outcome == "miss" for trace in conditions[index].filters)
        case Reason.NO_GROUP_TYPE:
            assert all(condition.outcome == "no_group" for condition in conditions)
        case Reason.SUPER_CONDITION_VALUE:
            assert explanation.enrollment is not None
            assert (explanation.enrollment.outcome == "match") == result.enabled
        case Reason.HOLDOUT_CONDITION_VALUE:
            assert explanation.holdout is not None
            assert explanation.holdout.inside
        case Reason.FLAG_DISABLED | Reason.MISSING_DEPENDENCY | Reason.ERROR:
            assert conditions == ()
        case Reason.UNDETERMINED:
            assert explanation.enrollment is not None or explanation.holdout is not None
