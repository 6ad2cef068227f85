"""Two subjects, or one subject described twice, through one definition of a flag."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from evaluator.context import REDACTED, Context
from evaluator.describe import condition_label, printable
from evaluator.explaining.explain import explain
from evaluator.explaining.explanation import BucketTrace, Explanation, FilterTrace, VariantTrace, plain
from evaluator.explaining.parting import Parting, parting
from evaluator.explaining.phrases import answer_words, cohort_name, flag_value, named, share, variant_words, wanted
from evaluator.facts import NO_FACTS, Facts
from evaluator.ruleset import Ruleset


@dataclass(frozen=True, slots=True)
class ContextComparison:
    """What one flag answers to two subjects. ``same``: value and payload are. ``parting`` is None where both go the
    same way to the end; where it is not, both may still get the same answer, for different reasons.
    """

    flag: str
    one: Explanation
    other: Explanation
    same: bool
    parting: Parting | None
    sentence: str

    def as_dict(self) -> dict[str, Any]:
        """The comparison as JSON values."""
        described: dict[str, Any] = plain(self)
        return described


def compare_contexts(
    ruleset: Ruleset, key: str, one: Context, other: Context, *, now: datetime, facts: Facts = NO_FACTS
) -> ContextComparison:
    """How the answers of one flag to two subjects differ, and the first place where their ways part. Never raises."""
    left, right = (explain(ruleset, key, context, now=now, facts=facts) for context in (one, other))
    same = (left.result.value, left.result.payload) == (right.result.value, right.result.payload)
    parted = parting(left, right)
    compared = ContextComparison(key, left, right, same, parted, "")
    return replace(compared, sentence=_sentence(compared))


def _sentence(compared: ContextComparison) -> str:
    left, right = compared.one, compared.other
    names, flag = _names(left, right), f"“{compared.flag}”"
    if compared.parting is None and compared.same:
        return f"{flag} is {answer_words(left.result)} for both, in the same way."
    why = "" if compared.parting is None else f": {parting_words(compared.parting, *names)}"
    if compared.same:
        return f"{flag} is {answer_words(left.result)} for both, but not in the same way{why}."
    answers = f"{answer_words(left.result)} for {names[0]} and {answer_words(right.result)} for {names[1]}"
    return f"{flag} is {answers}{why}."


def _names(left: Explanation, right: Explanation) -> tuple[str, str]:
    if left.subject == right.subject:
        return "the first", "the second"
    return f"“{printable(left.subject)}”", f"“{printable(right.subject)}”"


def parting_words(parted: Parting, one: str, other: str) -> str:
    """Where two ways part, in words; ``one`` and ``other`` name the two."""
    where = f"cohort {parted.cohort}" if parted.cohort else "it"
    if parted.condition_index is not None:
        where = condition_label(parted.condition_index, parted.condition_id)
    here = f"{where} {_difference(parted, one, other)}"
    if parted.inside is None:
        return here
    owner = f"in flag “{parted.inside.flag}”, " if parted.inside.flag != parted.flag else ""
    return f"{here}, because {owner}{parting_words(parted.inside, one, other)}"


def _difference(parted: Parting, one: str, other: str) -> str:
    match parted.one, parted.other:
        case FilterTrace() as mine, FilterTrace() as theirs:
            return _filters(parted, mine, theirs, one, other)
        case BucketTrace() as mine, BucketTrace() as theirs:
            what = "keeps a share of the subjects out (its holdout)" if parted.place == "holdout" else "has a rollout"
            limit = f"up to {mine.threshold * 100:.6g} %"
            return f"{what} {limit}; {one} stands at {_place(mine)}, {other} at {_place(theirs)}"
        case VariantTrace() as mine, VariantTrace() as theirs:
            given, given_other = variant_words(mine.variant), variant_words(theirs.variant)
            return f"gives {given} to {one} and {given_other} to {other}, by their places among the variants"
        case _:
            return (
                f"cannot be tried without {parted.lacks}, and only one of them has it"
                if parted.lacks
                else "decides differently"
            )


def _filters(parted: Parting, mine: FilterTrace, theirs: FilterTrace, one: str, other: str) -> str:
    if mine.kind == "cohort":
        return f"depends on {cohort_name(mine)}: {one} {_belongs(mine)}, {other} {_belongs(theirs)}"
    actual, actual_other = ((flag_value if mine.kind == "flag" else named)(trace.actual) for trace in (mine, theirs))
    if parted.place == "enrollment":
        return f"has early access: {mine.subject} is {actual} for {one} and {actual_other} for {other}"
    subject = f"flag “{mine.subject}”" if mine.kind == "flag" else mine.subject
    return f"asks for {subject} {wanted(mine)}; it is {actual} for {one} and {actual_other} for {other}"


def _belongs(trace: FilterTrace) -> str:
    if trace.actual is REDACTED:
        return "may be in it"
    return "is in it" if trace.actual else "is not in it"


def _place(bucket: BucketTrace) -> str:
    return "an unknown place" if bucket.unit is None else share(bucket.unit)
