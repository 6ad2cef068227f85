"""Everything that a flag can answer: under one set of definitions, or under two at once to the same subject."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product, repeat
from typing import Final

from evaluator.analysis.buckets import (
    FAILED,
    OFF,
    Enrollment,
    FlagOutcome,
    always_identified,
    buckets,
    identity_of,
    walk,
)
from evaluator.analysis.classes import NO_EXAMPLE
from evaluator.analysis.clauses import Clauses, TooManyClauses, Translator, conjunction
from evaluator.analysis.masks import Example, masks
from evaluator.analysis.model import TooMany, Witness
from evaluator.analysis.questions import Manner
from evaluator.analysis.variables import GROUP, PERSON, Choice, Clause, Requirement, Value, Variables, presence
from evaluator.ask import value_matches
from evaluator.check import GROUP_KEY
from evaluator.compiled import CompiledCondition, CompiledFlag
from evaluator.context import MISSING
from evaluator.definitions.cohort_document import members_of
from evaluator.json_text import dumps
from evaluator.program import enrollment_property
from evaluator.ruleset import Ruleset

Outcomes = Mapping[tuple[FlagOutcome, ...], Example | None]
"""What the sides answer together, with an example of who gets that if one is known."""

Matching = tuple[tuple[int, ...], ...]
"""For each flag, the indexes of the conditions that match."""

MOST_WALKS: Final = 100_000
"""Cases of one question that are gone through."""

_ENROLLMENTS: Final[Mapping[Enrollment, object]] = {"absent": MISSING, "joined": True, "declined": False}


class Outlook:
    """What flags can answer under each of one or two rulesets (``sides``), to one and the same subject."""

    def __init__(self, sides: Sequence[Ruleset], values: dict[str, frozenset[Choice]] | None = None) -> None:
        self.sides = tuple(sides)
        self.variables = Variables()
        self._values = {} if values is None else values
        self.translators = [
            Translator(ruleset.cohorts, Manner.of(ruleset), self.variables, _Side(self, number))
            for number, ruleset in enumerate(self.sides)
        ]

    def flags(self, key: str) -> list[CompiledFlag | None]:
        """The flag on each side; None where there is none."""
        return [ruleset.flags.get(key) for ruleset in self.sides]

    def condition(self, side: int, flag: CompiledFlag, condition: CompiledCondition) -> Clauses:
        """When the condition matches and has an id to hash. Raises TooMany."""
        try:
            return conjunction([self.translators[side].condition(condition.tests), self._identified(flag, condition)])
        except TooManyClauses as too_many:
            raise TooMany from too_many

    def outcomes(self, key: str) -> Outcomes:
        """Every combination of answers that somebody may get, in spite of anything. Raises TooMany."""
        flags = self.flags(key)
        open_sides = {side: flag for side, flag in enumerate(flags) if flag is not None and fixed_outcome(flag) is None}
        found: dict[tuple[FlagOutcome, ...], Example | None] = {}
        for open_outcomes, example in self.walks(open_sides):
            outcomes = tuple(
                open_outcomes[side] if side in open_sides else fixed_outcome(flag) or FAILED
                for side, flag in enumerate(flags)
            )
            if found.get(outcomes) is None:
                found[outcomes] = example
        return found

    def walks(self, flags: Mapping[int, CompiledFlag]) -> Iterator[tuple[dict[int, FlagOutcome], Example | None]]:
        """What the flags (by side) answer together, case by case. Raises TooMany."""
        compiled, steps = list(flags.values()), 0
        for matching, example in self.matching(flags).items():
            for enrollment, enrolled in _enrollments(compiled):
                for bucket in buckets(compiled, matching):
                    steps += 1
                    if steps > MOST_WALKS:
                        raise TooMany
                    outcomes = map(walk, compiled, matching, repeat(enrollment), repeat(bucket))
                    yield dict(zip(flags, outcomes, strict=True)), _together(example, enrolled)

    def matching(self, flags: Mapping[int, CompiledFlag]) -> dict[Matching, Example | None]:
        """Which conditions of the flags (by side) can match together. Raises TooMany."""
        places: list[tuple[int, int, int]] = []
        clauses: list[Clause] = []
        for number, (side, flag) in enumerate(flags.items()):
            for condition in flag.conditions:
                own = self.condition(side, flag, condition)
                places.append((number, condition.index, ((1 << len(own)) - 1) << len(clauses)))
                clauses.extend(own)
        found: dict[Matching, Example | None] = {}
        for mask, example in masks(clauses, self.variables).items():
            matching = tuple(
                tuple(index for at, index, bits in places if at == number and mask & bits)
                for number in range(len(flags))
            )
            if found.get(matching) is None:
                found[matching] = example
        return found

    def values(self, key: str) -> frozenset[Choice]:
        """What other flags can meet as this flag's values, on each side."""
        if key not in self._values:
            self._values[key] = self._values_of(key)
        return self._values[key]

    def _values_of(self, key: str) -> frozenset[Choice]:
        flags = self.flags(key)
        try:
            joint = Outlook(self.sides, self._values).outcomes(key)
            found: set[Choice] = {tuple(outcome.value for outcome in outcomes) for outcomes in joint}
        except TooMany:
            found = _everything([_any_value(flag) for flag in flags])
        absent = [flag is not None and flag.off_for_dependents for flag in flags]
        found = {tuple(False if off else value for off, value in zip(absent, values, strict=True)) for values in found}
        audiences = [audience(ruleset, key) for ruleset in self.sides]
        if any(audience != EVERYBODY for audience in audiences):
            found |= {(False,) * len(flags)}
        if len(set(audiences)) > 1:
            found = _everything([{False, *(values[side] for values in found)} for side in range(len(flags))])
        return frozenset(found)

    def member(self, side: int, cohort_id: str) -> Requirement:
        """Whether the subject is on the list of a static cohort."""
        return self.variables.choice(("member", cohort_id), lambda: self._memberships(cohort_id)).ask(
            str(side), lambda choice: choice[side] is True
        )

    def inside(self, side: int, cohort_id: str) -> Requirement:
        """Whether the subject is in a cohort of which nothing is known but its id."""
        shared = len({self._meaning(number, cohort_id) for number in range(len(self.sides))}) == 1
        key = ("cohort", cohort_id) if shared else ("cohort", cohort_id, str(side))
        choices: dict[Choice, object] = {(True,): NO_EXAMPLE, (False,): NO_EXAMPLE}
        return self.variables.choice(key, lambda: choices).ask("inside", lambda choice: choice[0] is True)

    def flag_is(self, side: int, key: str, expected: bool | str) -> Requirement:
        """Whether another flag has a value."""

        def choices() -> dict[Choice, object]:
            values = self.values(key)
            return dict.fromkeys(values, None if len(values) == 1 else NO_EXAMPLE)

        return self.variables.choice(("flag", key), choices).ask(
            dumps([side, expected]), lambda choice: value_matches(choice[side], expected)
        )

    def _identified(self, flag: CompiledFlag, condition: CompiledCondition) -> Clauses:
        if always_identified(flag, condition):
            return (frozenset(),)
        if condition.aggregation is not None and condition.group_type is None:
            return ()
        chooser = self.variables.choice(("identity", *identity_of(flag, condition)), presence)
        return (frozenset({chooser.ask("present", lambda choice: choice[0] is True)}),)

    def _memberships(self, cohort_id: str) -> dict[Choice, object]:
        count = len(self.sides)
        found: dict[Choice, object] = {(False,) * count: None, (True,) * count: NO_EXAMPLE}
        if count == 2:
            before, after = (
                frozenset(members_of(ruleset.definitions.cohorts.get(cohort_id)) or ()) for ruleset in self.sides
            )
            found |= {(True, False): NO_EXAMPLE} if before - after else {}
            found |= {(False, True): NO_EXAMPLE} if after - before else {}
        return found

    def _meaning(self, side: int, cohort_id: str) -> str:
        definitions = self.sides[side].definitions
        pending, seen = [cohort_id], dict[str, object]()
        while pending:
            name = pending.pop()
            if name not in seen:
                seen[name] = definitions.cohorts.get(name)
                pending.extend(self.sides[side].cohort_references.get(name, ()))
        return dumps([sorted(seen.items(), key=lambda item: item[0]), definitions.settings])


@dataclass(frozen=True, slots=True)
class _Side:
    """The outlook as one side's filters ask for it."""

    outlook: Outlook
    number: int

    def member(self, cohort_id: str) -> Requirement:
        return self.outlook.member(self.number, cohort_id)

    def inside(self, cohort_id: str) -> Requirement:
        return self.outlook.inside(self.number, cohort_id)

    def flag_is(self, key: str, expected: bool | str) -> Requirement:
        return self.outlook.flag_is(self.number, key, expected)


def fixed_outcome(flag: CompiledFlag | None) -> FlagOutcome | None:
    """The answer to everybody, where no condition is looked at."""
    if flag is None:
        return FAILED
    if not flag.served or flag.missing_dependency:
        return OFF
    return FAILED if flag.error is not None else None


def audience(ruleset: Ruleset, key: str) -> tuple[str | None, frozenset[str]]:
    """For which runtime and evaluation contexts the flag is meant; others do not get it at all."""
    program = ruleset.programs.get(key)
    return EVERYBODY if program is None else (program.runtime, program.contexts)


EVERYBODY: Final[tuple[str | None, frozenset[str]]] = (None, frozenset())


def witness(example: Example | None) -> Witness | None:
    """The properties of an example, by name. None where there is none, or where its parts may not go together."""
    if example is None:
        return None
    for key in example:
        if key[0] == GROUP and (key[2] == GROUP_KEY or example.get(("identity", *key[:2])) is MISSING):
            return None
    return {key[-1]: value for key, value in example.items() if key[0] in (PERSON, GROUP)}


def _enrollments(flags: Sequence[CompiledFlag]) -> Iterator[tuple[Enrollment, Example]]:
    asking = next((flag for flag in flags if flag.enrollment), None)
    if asking is None:
        yield "absent", {}
        return
    for enrollment, example in _ENROLLMENTS.items():
        yield enrollment, {(PERSON, enrollment_property(asking.key)): example}


def _together(example: Example | None, enrolled: Example) -> Example | None:
    return None if example is None or not example.keys().isdisjoint(enrolled) else {**example, **enrolled}


def _any_value(flag: CompiledFlag | None) -> set[Value]:
    outcome = fixed_outcome(flag)
    if flag is None or outcome is not None:
        return {None if outcome is None else outcome.value}
    held = set() if flag.holdout is None else {flag.holdout.variant}
    return {False, True, *(variant for _, variant in flag.variants), *held}


def _everything(values: Sequence[set[Value]]) -> set[Choice]:
    return set(product(*values))
