"""One subject through two revisions: which edit altered the outcome. Found by evaluating, never by guessing."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final, Literal

from evaluator.compile import compile_definitions
from evaluator.context import Context
from evaluator.definitions.document import Definitions
from evaluator.describe import cohort_label, printable
from evaluator.diff.values import ABSENT, same
from evaluator.evaluate import evaluate
from evaluator.explaining.edits import Edit, FlagEdits, mixed
from evaluator.explaining.explain import explain
from evaluator.explaining.explanation import Explanation, plain
from evaluator.explaining.phrases import answer_words
from evaluator.explaining.setting import needed_definitions
from evaluator.explaining.work import MOST_WORK, Work, size_of
from evaluator.facts import NO_FACTS, Facts
from evaluator.hashing import MAX_DISTINCT_ID
from evaluator.result import Result
from evaluator.ruleset import Ruleset

MOST_EDITS: Final = 400
"""Edits that are tried. Each costs up to two evaluations."""

TRIES: Final = 4
"""How many times the work of one search for alternatives may go into these evaluations."""

Verdict = Literal["same", "alone", "together", "unknown"]
"""``alone``: the named edit by itself takes the old answer to the new one. ``together``: only all named edits do, and
none of them can be spared. ``unknown``: the difference is too large to try."""


@dataclass(frozen=True, slots=True)
class RevisionComparison:
    """What two revisions answer to one subject, and the edits that make the difference.

    ``cause`` is empty where the answer is the ``same`` (value and payload) or ``unknown``. ``others`` are further
    edits each of which alone would have done it, too. ``edits`` counts all edits between the revisions.
    """

    flag: str
    subject: str
    before: Explanation
    after: Explanation
    verdict: Verdict
    cause: Sequence[Edit]
    others: Sequence[Edit]
    edits: int
    sentence: str

    def as_dict(self) -> dict[str, Any]:
        """The comparison as JSON values."""
        described: dict[str, Any] = plain(replace(self, cause=(), others=()))
        return {**described, "cause": [e.as_dict() for e in self.cause], "others": [e.as_dict() for e in self.others]}


def compare_revisions(
    before: Ruleset,
    after: Ruleset,
    key: str,
    context: Context,
    *,
    now: datetime,
    facts: tuple[Facts, Facts] = (NO_FACTS, NO_FACTS),
) -> RevisionComparison:
    """Which edit between two rulesets altered the flag's answer to one subject. ``facts``: before and after.

    The edits are those between the flag's definitions and between all flags, cohorts, memberships and settings that
    either depends on. Each is made alone on the old definitions; where none suffices, as many as possible are taken
    away from all. Never raises.
    """
    old = explain(before, key, context, now=now, facts=facts[0])
    new = explain(after, key, context, now=now, facts=facts[1])
    between = _Between(before, after, key, context, now, facts)
    try:
        verdict, cause, others = _cause(between, outcome(old.result), outcome(new.result))
    except _TooMuch:
        verdict, cause, others = "unknown", (), ()
    found = RevisionComparison(
        key, old.subject, old, new, verdict, tuple(cause), tuple(others), len(between.edits), sentence=""
    )
    return replace(found, sentence=_sentence(found))


def outcome(result: Result) -> tuple[object, ...]:
    """What a caller can tell one answer from another by."""
    return result.value, result.payload, result.error


Outcome = tuple[object, ...]
Cause = tuple[Verdict, Sequence[Edit], Sequence[Edit]]


def _cause(between: "_Between", old: Outcome, new: Outcome) -> Cause:
    if old == new:
        return "same", (), ()
    edits = between.edits
    if len(edits) > MOST_EDITS or between.answer(edits) != new or between.answer(()) != old:
        return "unknown", (), ()
    alone = [edit for edit in edits if between.answer((edit,)) == new]
    if alone:
        decisive = [edit for edit in alone if between.answer([e for e in edits if e is not edit]) == old]
        first = (decisive or alone)[0]
        return "alone", (first,), [edit for edit in alone if edit is not first]
    return "together", _indispensable(between, new), ()


def _indispensable(between: "_Between", new: Outcome) -> Sequence[Edit]:
    """Edits that together give the new answer, none of which can be spared.

    Repeated until nothing more goes: one edit may hide what another does, so that it can be spared only after it.
    """
    kept, before = list(between.edits), 0
    while len(kept) != before:
        before = len(kept)
        for edit in tuple(kept):
            rest = [other for other in kept if other is not edit]
            if between.answer(rest) == new:
                kept = rest
    return kept


class _TooMuch(Exception):
    """More would have to be tried than ``MOST_WORK`` allows."""


class _Between:
    """All definitions between two rulesets: those after any selection of the edits."""

    def __init__(
        self,
        before: Ruleset,
        after: Ruleset,
        key: str,
        context: Context,
        now: datetime,
        facts: tuple[Facts, Facts],
    ) -> None:
        self._key, self._context, self._now, self._facts = key, context, now, facts
        self._old, self._new = needed_definitions(before, key), needed_definitions(after, key)
        names = dict.fromkeys(flag["key"] for flag in (*self._old.flags, *self._new.flags))
        self._flags = [FlagEdits(name, _of(before, name), _of(after, name)) for name in names]
        self._cohort_ids = list(dict.fromkeys((*self._old.cohorts, *self._new.cohorts)))
        self._cohorts = (self._named(before.definitions.cohorts), self._named(after.definitions.cohorts))
        self.edits: tuple[Edit, ...] = tuple(self._found())
        self._work = Work(TRIES * MOST_WORK)
        self._size = max(size_of(found.flags) + size_of(found.cohorts) for found in (self._old, self._new))

    def _found(self) -> Iterator[Edit]:
        for flag in self._flags:
            yield from flag.edits
        for cohort_id in self._cohort_ids:
            old, new = (cohorts.get(cohort_id, ABSENT) for cohorts in self._cohorts)
            if not same(_meaning(old), _meaning(new)):
                yield Edit("cohort", cohort_id, ("cohort", cohort_id), _cohort_words(cohort_id, old, new))
            listed, listed_now = (_lists(facts, cohort_id, self._context) for facts in self._facts)
            if listed is not listed_now:
                change = "now lists" if listed_now else "no longer lists"
                name = _cohort_name(cohort_id, old if new is ABSENT else new)
                yield Edit("membership", cohort_id, ("member", cohort_id), f"{name} {change} the subject")
        for name in dict.fromkeys((*self._old.settings, *self._new.settings)):
            old, new = (found.settings.get(name, ABSENT) for found in (self._old, self._new))
            if not same(old, new):
                yield Edit("settings", name, ("setting", name), f"changes the project's {name}")

    def answer(self, chosen: Collection[Edit]) -> Outcome:
        """What the subject gets after the chosen edits. Raises _TooMuch."""
        if not self._work.spend(0, self._size):
            raise _TooMuch
        parts = {edit.part for edit in chosen if edit.kind != "flag"}
        by_flag: dict[str, list[Edit]] = {}
        for edit in chosen:
            if edit.kind == "flag":
                by_flag.setdefault(edit.document, []).append(edit)
        flags = (flag.definition(by_flag.get(flag.key, ())) for flag in self._flags)
        definitions = Definitions(
            flags=tuple(flag for flag in flags if flag is not None),
            cohorts=mixed(*self._cohorts, ("cohort",), parts),
            settings=mixed(self._old.settings, self._new.settings, ("setting",), parts),
        )
        ruleset = compile_definitions(definitions)
        return outcome(evaluate(ruleset, self._key, self._context, now=self._now, facts=self._mixed_facts(parts)))

    def _named(self, cohorts: Mapping[str, Any]) -> dict[str, Any]:
        return {name: cohorts[name] for name in self._cohort_ids if name in cohorts}

    def _mixed_facts(self, parts: set[Any]) -> Facts:
        """Memberships, as far as the subject is concerned."""
        subject = self._context.distinct_id[:MAX_DISTINCT_ID]
        chosen = {name: self._facts[("member", name) in parts] for name in self._cohort_ids}
        return Facts(
            {name: frozenset((subject,)) for name, facts in chosen.items() if _lists(facts, name, self._context)}
        )


def _of(ruleset: Ruleset, key: str) -> Mapping[str, Any] | None:
    flag = ruleset.flags.get(key)
    return None if flag is None else flag.definition


def _lists(facts: Facts, cohort_id: str, context: Context) -> bool:
    return context.distinct_id[:MAX_DISTINCT_ID] in facts.members.get(cohort_id, ())


def _meaning(cohort: Any) -> Any:
    """A cohort without the list of its members, which is compared for the subject alone."""
    own = cohort.get("drysail") if isinstance(cohort, Mapping) else None
    if not isinstance(own, Mapping) or "members" not in own:
        return cohort
    return {**cohort, "drysail": {**own, "members": isinstance(own["members"], list)}}


def _cohort_words(cohort_id: str, old: Any, new: Any) -> str:
    if new is ABSENT:
        return f"removes {_cohort_name(cohort_id, old)}"
    return f"{'adds' if old is ABSENT else 'redefines'} {_cohort_name(cohort_id, new)}"


def _cohort_name(cohort_id: str, cohort: Any) -> str:
    name = cohort.get("name") if isinstance(cohort, Mapping) else None
    return cohort_label(cohort_id, name if isinstance(name, str) else "")


def _sentence(found: RevisionComparison) -> str:
    who, old, new = f"“{found.flag}” for “{printable(found.subject)}”", found.before.result, found.after.result
    if found.verdict == "same":
        how = "" if old.reason is new.reason else f", now for another reason ({old.reason} became {new.reason})"
        return f"{who} is {answer_words(new)} before and after{how}."
    turned = f"{who} turned from {answer_words(old)} to {answer_words(new)}"
    if outcome(old)[0] == outcome(new)[0]:
        turned = f"{who} stays {answer_words(new)}, with another payload or error"
    if found.verdict == "unknown":
        return (
            f"{turned}; which of the {found.edits} edits did it is unknown (they are too many, or too large, to try)."
        )
    named = " and ".join(_owned(edit, found.flag) for edit in found.cause)
    if found.verdict == "together":
        return f"{turned} through these {len(found.cause)} edits together: {named}."
    count = len(found.others)
    further = "1 other edit would" if count == 1 else f"{count} other edits would each"
    also = f" ({further} have done it, too)" if count else ""
    return f"{turned} because of one edit: {named}{also}."


def _owned(edit: Edit, flag: str) -> str:
    return f"flag “{edit.document}” {edit.words}" if edit.kind == "flag" and edit.document != flag else edit.words
