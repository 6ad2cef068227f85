"""What would have to change for a subject to get another value. Everything said has been tried."""

from collections.abc import Iterator
from datetime import datetime
from typing import Final

from evaluator.ask import matches_flag
from evaluator.context import Context
from evaluator.describe import printable
from evaluator.explaining.alternatives import Alternatives, DefinitionChange, Suggestion
from evaluator.explaining.conditional import suggestion_words
from evaluator.explaining.definition_changes import definition_changes
from evaluator.explaining.explain import explain
from evaluator.explaining.explanation import Explanation
from evaluator.explaining.phrases import answer_words, value_words
from evaluator.explaining.rebuilding import compiled_again
from evaluator.explaining.setting import Setting
from evaluator.explaining.subject_changes import subject_changes
from evaluator.explaining.work import Work
from evaluator.facts import NO_FACTS, Facts
from evaluator.result import Reason, Result
from evaluator.ruleset import Ruleset

_SUBJECT_RANKS: Final = {"property": 0, "group_property": 1, "membership": 2, "group": 3, "device": 3}
_DEFINITION_RANKS: Final = {
    "add_value": 10,
    "remove_value": 10,
    "rollout": 11,
    "variant": 12,
    "drop_filter": 13,
    "move_condition": 14,
    "remove_condition": 15,
    "active": 16,
}


def what_would_change(
    ruleset: Ruleset, key: str, context: Context, wanted: bool | str, *, now: datetime, facts: Facts = NO_FACTS
) -> Alternatives:
    """Single changes, each of which gives the subject the wanted value: True for on (any variant), False for off, or
    a variant's key.

    Tries one attribute of the subject at a time (the values that filters mention), then one part of the flag's
    definition, then of the flags that it depends on; of a very large flag only as many as ``MOST_WORK`` allows, which
    the sentence says. What is said of the subject is a hypothesis, no advice to alter
    anybody's data. Only changes that evaluation confirmed are told. Never raises.
    """
    present = explain(ruleset, key, context, now=now, facts=facts)
    if gives(present.result, wanted):
        who = f"“{key}” for “{printable(present.subject)}”"
        sentence = f"{who} is {answer_words(present.result)} already; nothing has to change."
        return Alternatives(key, present.subject, wanted, present.result, True, (), None, sentence)
    found: list[Suggestion] = []
    works = Work(), Work()
    if key in ruleset.flags:
        setting = Setting.of(ruleset, key, context, now=now, facts=facts)
        tried = (*_of_subject(setting, wanted, works[0]), *_of_definitions(setting, wanted, works[1]))
        found = sorted(tried, key=lambda suggestion: _rank(key, suggestion))
    cut = " Not every change was tried: the search was cut, because the flag is very large."
    cut = cut if any(work.cut for work in works) else ""
    why_none = None if found else _why_none(ruleset, present, wanted) + cut
    return Alternatives(
        flag=key,
        subject=present.subject,
        wanted=wanted,
        present=present.result,
        already=False,
        suggestions=tuple(found),
        why_none=why_none,
        sentence=_sentence(present, wanted, found, why_none) + (cut if found else ""),
    )


def gives(result: Result, wanted: bool | str) -> bool:
    """Whether an answer is certain to be the wanted one. To be held out is not to be on."""
    held_out = wanted is True and result.reason is Reason.HOLDOUT_CONDITION_VALUE
    return matches_flag(result, wanted) is True and not held_out


def _of_subject(setting: Setting, wanted: bool | str, work: Work) -> Iterator[Suggestion]:
    walked = sum(len(flag.conditions) for flag in setting.ruleset.flags.values())
    for changes in subject_changes(setting, wanted):
        for change in changes:
            if not work.spend(walked):
                return
            facts = change.of_facts(setting.facts, setting.context)
            result = setting.for_subject(change.of_context(setting.context), facts).answer()
            if gives(result, wanted):
                yield Suggestion(change, suggestion_words(change, setting, wanted), result)
                break


def _of_definitions(setting: Setting, wanted: bool | str, work: Work) -> Iterator[Suggestion]:
    walked = sum(len(flag.conditions) for flag in setting.ruleset.flags.values())
    keys = [setting.key, *setting.ruleset.programs[setting.key].requires]
    changes = (change for key in keys for change in definition_changes(setting, key, wanted))
    for change in changes:
        if not work.spend(walked, compiled_again(setting.ruleset, change.definition)):
            return
        result = setting.answer_with(change.definition)
        if gives(result, wanted):
            yield Suggestion(change, suggestion_words(change, setting, wanted), result)


def _rank(key: str, suggestion: Suggestion) -> tuple[int, int, float]:
    """Less for what changes less; within a kind, rollouts by the size of the step."""
    change = suggestion.change
    if not isinstance(change, DefinitionChange):
        return 0, _SUBJECT_RANKS[change.kind], 0.0
    step = abs(float(change.after) - float(change.before)) if change.kind == "rollout" else 0.0
    return 1 if change.flag == key else 2, _DEFINITION_RANKS[change.kind], step


def _why_none(ruleset: Ruleset, present: Explanation, wanted: bool | str) -> str:
    result: Result = present.result
    flag = ruleset.flags.get(present.flag)
    if flag is None:
        return f"There is no flag “{present.flag}”."
    known = [key for _, key in flag.variants]
    if isinstance(wanted, str) and wanted not in known:
        has = f"its variants are {', '.join(f'“{printable(key)}”' for key in known)}" if known else "it has no variants"
        return f"The flag cannot give “{printable(wanted)}”: {has}."
    if wanted is not False and flag.definition.get("deleted") is True:
        return "The flag is archived; it has to be restored first."
    if result.reason is Reason.HOLDOUT_CONDITION_VALUE:
        held = "The subject is held back by its holdout, which is not what is wanted. " if wanted is True else ""
        return f"{held}Its holdout decides before any condition, by a place that is the subject's own."
    if result.reason in (Reason.ERROR, Reason.MISSING_DEPENDENCY):
        return f"The flag cannot be evaluated before it is repaired: {present.sentence}"
    nearest = f" {present.nearest_miss}" if present.nearest_miss else ""
    return f"No single change is enough.{nearest}"


def _sentence(present: Explanation, wanted: bool | str, found: list[Suggestion], why_none: str | None) -> str:
    who = f"“{present.flag}” is {answer_words(present.result)} for “{printable(present.subject)}”"
    if why_none is not None:
        return f"{who}, and nothing that was tried turns it {value_words(wanted)}. {why_none}"
    ways = "one change" if len(found) == 1 else f"any one of {len(found)} changes"
    return f"{who}; {ways} would turn it {value_words(wanted)}."
