"""What is said about two subjects, two revisions and what would have to change holds when it is tried."""

from datetime import UTC, datetime
from os import environ
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from evaluator import (
    Context,
    Definitions,
    Ruleset,
    compare_contexts,
    compare_revisions,
    compile_definitions,
    evaluate,
    what_would_change,
)
from evaluator.definitions.presentation import PRESENTATION
from evaluator.diff.values import fingerprint
from evaluator.explaining.alternatives import SubjectChange
from evaluator.explaining.counterfactual import gives
from evaluator.explaining.edits import FlagEdits
from evaluator.explaining.revisions import outcome
from evaluator.explaining.setting import Setting
from tests.evaluator.json_strategies import flags as odd_flags
from tests.laws.feeds import contexts, damaged_feeds, feeds, odd_contexts, redactions

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
EXAMPLES = int(environ.get("LAW_EXAMPLES", "60"))
keys = st.sampled_from(["f0", "f1", "f2", "f3"])
wishes = st.sampled_from([True, False, "a", "b"])


def compiled(feed: dict[str, Any]) -> Ruleset:
    return compile_definitions(Definitions.from_posthog(feed))


@settings(max_examples=EXAMPLES)
@given(feeds, contexts, keys, wishes)
def test_every_suggestion_works_in_the_whole_project(
    feed: dict[str, Any], context: Context, key: str, wanted: bool | str
) -> None:
    ruleset = compiled(feed)
    facts = ruleset.definitions.facts()
    told = what_would_change(ruleset, key, context, wanted, now=NOW, facts=facts)
    assert told.already is gives(told.present, wanted)
    assert bool(told.suggestions) is not (told.already or told.why_none is not None)
    for suggestion in told.suggestions:
        change = suggestion.change
        if isinstance(change, SubjectChange):
            changed, known = change.of_context(context), change.of_facts(facts, context)
            result = evaluate(ruleset, key, changed, now=NOW, facts=known)
        else:
            altered = compile_definitions(ruleset.definitions.with_flag(change.definition))
            result = evaluate(altered, key, context, now=NOW, facts=facts)
        assert gives(result, wanted), suggestion.sentence


@settings(max_examples=EXAMPLES)
@given(feeds, contexts, keys)
def test_the_smallest_rollout_is_small(feed: dict[str, Any], context: Context, key: str) -> None:
    ruleset = compiled(feed)
    told = what_would_change(ruleset, key, context, True, now=NOW, facts=ruleset.definitions.facts())
    for change in (suggestion.change for suggestion in told.suggestions):
        if not isinstance(change, SubjectChange) and change.kind == "rollout" and change.after > change.before:
            assert change.exact is not None
            assert change.exact <= change.after <= max(change.exact * 1.2, change.exact + 0.0002)


@settings(max_examples=EXAMPLES)
@given(feeds, contexts, keys)
def test_a_flag_answers_the_same_apart_from_what_it_does_not_need(
    feed: dict[str, Any], context: Context, key: str
) -> None:
    ruleset = compiled(feed)
    facts = ruleset.definitions.facts()
    alone = Setting.of(ruleset, key, context, now=NOW, facts=facts).answer()
    assert alone == evaluate(ruleset, key, context, now=NOW, facts=facts)


@settings(max_examples=EXAMPLES)
@given(feeds, contexts, keys)
def test_equal_subjects_go_the_same_way(feed: dict[str, Any], context: Context, key: str) -> None:
    ruleset = compiled(feed)
    told = compare_contexts(ruleset, key, context, context, now=NOW, facts=ruleset.definitions.facts())
    assert told.same
    assert told.parting is None
    assert told.sentence.endswith("for both, in the same way.")


@settings(max_examples=EXAMPLES)
@given(feeds, contexts, contexts, keys)
def test_subjects_with_different_answers_part_somewhere(
    feed: dict[str, Any], one: Context, other: Context, key: str
) -> None:
    ruleset = compiled(feed)
    told = compare_contexts(ruleset, key, one, other, now=NOW, facts=ruleset.definitions.facts())
    assert told.same is (outcome(told.one.result) == outcome(told.other.result))
    if told.same:
        return
    assert told.parting is not None
    assert told.parting.one != told.parting.other or told.parting.lacks


@settings(max_examples=EXAMPLES)
@given(feeds, redactions(), keys)
def test_a_redacted_subject_can_be_compared(feed: dict[str, Any], both: tuple[Context, Context], key: str) -> None:
    ruleset = compiled(feed)
    told = compare_contexts(ruleset, key, *both, now=NOW, facts=ruleset.definitions.facts())
    assert told.same or told.parting is not None


@settings(max_examples=EXAMPLES)
@given(feeds, feeds, contexts, keys)
def test_the_named_edits_alter_the_outcome_and_none_can_be_spared(
    before: dict[str, Any], after: dict[str, Any], context: Context, key: str
) -> None:
    mixed = {**before, "flags": [*after["flags"][:2], *before["flags"][2:]]}
    old, new = compiled(before), compiled(mixed)
    facts = old.definitions.facts()
    told = compare_revisions(old, new, key, context, now=NOW, facts=(facts, facts))
    old_outcome, new_outcome = outcome(told.before.result), outcome(told.after.result)
    assert told.verdict == ("same" if old_outcome == new_outcome else "alone" if len(told.cause) == 1 else "together")

    def after_edits(chosen: list[Any]) -> object:
        definitions = old.definitions
        for name in {edit.document for edit in chosen}:
            own = FlagEdits(name, old.flags[name].definition, new.flags[name].definition)
            parts = [edit.part for edit in chosen if edit.document == name]
            definition = own.definition([edit for edit in own.edits if edit.part in parts])
            assert definition is not None
            definitions = definitions.with_flag(definition)
        return outcome(evaluate(compile_definitions(definitions), key, context, now=NOW, facts=facts))

    if told.cause:
        assert after_edits(list(told.cause)) == new_outcome
    for edit in told.others:
        assert after_edits([edit]) == new_outcome
    for edit in told.cause if told.verdict == "together" else ():
        assert after_edits([other for other in told.cause if other is not edit]) != new_outcome


@settings(max_examples=EXAMPLES)
@given(feeds, feeds, contexts, keys)
def test_cohorts_are_among_the_causes(
    before: dict[str, Any], after: dict[str, Any], context: Context, key: str
) -> None:
    mixed = {**before, "cohorts": {**after["cohorts"], "3": {"is_static": True, "drysail": {"members": ["u3"]}}}}
    old, new = compiled(before), compiled(mixed)
    facts = (old.definitions.facts(), new.definitions.facts())
    told = compare_revisions(old, new, key, context, now=NOW, facts=facts)
    assert told.verdict != "unknown"
    assert {edit.kind for edit in told.cause} <= {"cohort", "membership"}
    assert bool(told.cause) is (told.verdict != "same")


@settings(max_examples=EXAMPLES)
@given(odd_flags, odd_flags)
def test_no_edits_give_the_old_definition_and_all_give_the_new(before: Any, after: Any) -> None:
    edits = FlagEdits("f", before, after)
    old, new = edits.definition(()), edits.definition(edits.edits)
    assert meaning(old) == meaning(before)
    assert meaning(new) == meaning(after)


def meaning(flag: Any) -> Any:
    """What answers may depend on, the order of a condition's filters aside."""
    rest = {name: value for name, value in flag.items() if name not in PRESENTATION and name != "key"}
    filters = rest.get("filters")
    if isinstance(filters, dict) and isinstance(filters.get("groups"), list):
        groups = [in_any_order(group) for group in filters["groups"]]
        rest["filters"] = {**filters, "groups": groups}
    if isinstance(rest.get("filters"), dict) and rest["filters"].get("payloads") == {}:
        rest["filters"] = {name: value for name, value in rest["filters"].items() if name != "payloads"}
    if isinstance(rest.get("filters"), dict) and rest["filters"].get("groups") == []:
        rest["filters"] = {name: value for name, value in rest["filters"].items() if name != "groups"}
    return fingerprint(rest)


def in_any_order(group: Any) -> Any:
    if not isinstance(group, dict) or not isinstance(group.get("properties"), list):
        return group
    return {**group, "properties": sorted(map(fingerprint, group["properties"]))}


@settings(max_examples=EXAMPLES)
@given(damaged_feeds(), damaged_feeds(), odd_contexts, contexts, wishes)
def test_nothing_ever_raises(
    before: dict[str, Any], after: dict[str, Any], odd: Context, context: Context, wanted: bool | str
) -> None:
    try:
        old, new = compiled(before), compiled(after)
    except ValueError:
        return
    for key in ("f0", "f3", "nowhere"):
        compare_contexts(old, key, odd, context, now=NOW).as_dict()
        compare_revisions(old, new, key, odd, now=NOW).as_dict()
        what_would_change(old, key, odd, wanted, now=NOW).as_dict()
