"""Runs random cases through the SDK and through both profiles of the evaluator, side by side."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import partial
from itertools import product
from random import Random

from evaluator import evaluate, evaluate_all
from evaluator.context import Context
from evaluator.local import compile_local, evaluate_local
from evaluator.result import Reason, Result
from tests.oracles.cases import Batch
from tests.oracles.exercised import features
from tests.oracles.flag_differences import Investigation, Project, Row
from tests.oracles.posthog_sdk import PosthogSdk, SdkAnswer, sdk_clock
from tests.oracles.random_contexts import forgetful
from tests.oracles.random_definitions import Feed


@dataclass(frozen=True, slots=True)
class Difference:
    """A case in which the two disagree for no known reason; ``batch`` names the seed that makes it again."""

    batch: str
    flag: Feed
    context: Context
    sdk: SdkAnswer
    ours: Result
    rows: frozenset[Row] = frozenset()


@dataclass
class Comparison:
    """``answers`` counts what the SDK said, ``exercised`` what the cases brought together.

    ``explained`` counts differences by the rows of the table in docs/semantics.md that bear on them (server profile
    only); ``differences`` are all others.
    """

    cases: int = 0
    answers: Counter[str] = field(default_factory=Counter)
    exercised: Counter[str] = field(default_factory=Counter)
    explained: Counter[frozenset[Row]] = field(default_factory=Counter)
    differences: list[Difference] = field(default_factory=list)

    @property
    def decided(self) -> int:
        """How many cases the SDK decided by itself."""
        return self.cases - self.answers["unknown"]

    def share(self, kind: str) -> float:
        """How much of all answers is ``false``, ``true``, ``variant`` or ``unknown``."""
        return self.answers[kind] / self.cases


def compare_local(batches: Iterable[Batch]) -> Comparison:
    """Asks the SDK and the local profile everything."""
    comparison = Comparison()
    for batch in batches:
        ruleset = compile_local(batch.feed)
        with sdk_clock(batch.now):
            sdk = PosthogSdk(batch.feed)
            for context in batch.contexts:
                for flag in batch.feed["flags"]:
                    expected = sdk.answer(flag["key"], context)
                    ours = evaluate_local(ruleset, flag["key"], context, now=batch.now)
                    comparison.cases += 1
                    comparison.answers[kind_of(expected)] += 1
                    comparison.exercised.update(set(features(batch.feed, flag, context)))
                    if not (agrees(ours, expected) and same_reason(ours, expected)):
                        comparison.differences.append(Difference(batch.name, flag, context, expected, ours))
    return comparison


def compare_server(batches: Iterable[Batch]) -> Comparison:
    """Asks the SDK and the server profile everything, flag by flag and the server profile all flags at once as well.

    Where the SDK decides by itself, the server profile must answer the same, or differ for a documented reason.
    """
    comparison = Comparison()
    for batch in batches:
        project = Project(batch.feed)
        with sdk_clock(batch.now):
            sdk = PosthogSdk(batch.feed)
            for context in batch.contexts:
                investigation = Investigation(project, context, batch.now)
                at_once = evaluate_all(project.ruleset, context, now=batch.now, facts=project.facts)
                for flag in batch.feed["flags"]:
                    expected = sdk.answer(flag["key"], context)
                    comparison.cases += 1
                    comparison.answers[kind_of(expected)] += 1
                    ours = evaluate(project.ruleset, flag["key"], context, now=batch.now, facts=project.facts)
                    if at_once.get(flag["key"], ours) != ours:
                        comparison.differences.append(Difference(batch.name, flag, context, expected, ours))
                    if expected.value is None:
                        continue
                    if not agrees(ours, expected):
                        rows = frozenset(_rows(investigation, ours, expected))
                        if rows and None not in rows:
                            comparison.explained[rows] += 1
                        else:
                            difference = Difference(batch.name, flag, context, expected, ours, rows)
                            comparison.differences.append(difference)
    return comparison


def compare_forgetful(batches: Iterable[Batch]) -> Comparison:
    """Asks both profiles about subjects of whom some values were not kept: what they still decide must be unchanged."""
    comparison = Comparison()
    for batch in batches:
        project = Project(batch.feed)
        for number, context in enumerate(batch.contexts):
            forgotten = forgetful(Random(f"{batch.name}:{number}"), context)
            at_once = evaluate_all(project.ruleset, forgotten, now=batch.now, facts=project.facts, runtime="server")
            for flag, profile in product(batch.feed["flags"], ("server", "local")):
                ask = partial(evaluate, project.ruleset, flag["key"], now=batch.now, facts=project.facts)
                full, ours = ask(context, profile=profile), ask(forgotten, profile=profile)
                comparison.cases += 1
                expected = SdkAnswer(full.value, full.error, full.payload)
                comparison.answers["undetermined" if ours.reason is Reason.UNDETERMINED else kind_of(expected)] += 1
                changed = ours.reason is not Reason.UNDETERMINED and ours.value != full.value
                if changed or (profile == "server" and at_once.get(flag["key"], ours) != ours):
                    comparison.differences.append(Difference(batch.name, flag, forgotten, expected, ours))
    return comparison


def kind_of(answer: SdkAnswer) -> str:
    """The kind of an answer: ``false``, ``true``, ``variant`` or ``unknown``."""
    if answer.value is None:
        return "unknown"
    return "variant" if isinstance(answer.value, str) else str(answer.value).lower()


def agrees(ours: Result, expected: SdkAnswer) -> bool:
    """Same value of the same type, same payload."""
    return type(ours.value) is type(expected.value) and (ours.value, ours.payload) == (expected.value, expected.payload)


def same_reason(ours: Result, expected: SdkAnswer) -> bool:
    """Unknown for the same reason, unless the SDK itself stumbled and gave none."""
    return expected.stumbled or ours.error == expected.error


def _rows(investigation: Investigation, ours: Result, expected: SdkAnswer) -> set[Row]:
    if ours.value is False and expected.value is False and ours.payload is None:
        return {38}
    return investigation.rows(ours.key)
