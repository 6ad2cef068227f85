"""Runs random cases through the SDK and the local profile, side by side."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from evaluator.context import Context
from evaluator.local import compile_local, evaluate_local
from evaluator.result import Result
from tests.oracles.cases import Batch
from tests.oracles.coverage import features
from tests.oracles.posthog_sdk import PosthogSdk, SdkAnswer, sdk_clock
from tests.oracles.random_definitions import Feed


@dataclass(frozen=True, slots=True)
class Difference:
    """A case in which the two disagree; ``batch`` names the seed that makes it again."""

    batch: str
    flag: Feed
    context: Context
    sdk: SdkAnswer
    ours: Result


@dataclass
class LocalComparison:
    """``answers`` counts what the SDK said, ``exercised`` what the cases brought together."""

    cases: int = 0
    answers: Counter[str] = field(default_factory=Counter)
    exercised: Counter[str] = field(default_factory=Counter)
    differences: list[Difference] = field(default_factory=list)

    def share(self, kind: str) -> float:
        """How much of all answers is ``false``, ``true``, ``variant`` or ``unknown``."""
        return self.answers[kind] / self.cases


def compare_local(batches: Iterable[Batch]) -> LocalComparison:
    """Asks both everything."""
    comparison = LocalComparison()
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
                    if not agrees(ours, expected):
                        comparison.differences.append(Difference(batch.name, flag, context, expected, ours))
    return comparison


def kind_of(answer: SdkAnswer) -> str:
    """The kind of an answer: ``false``, ``true``, ``variant`` or ``unknown``."""
    if answer.value is None:
        return "unknown"
    return "variant" if isinstance(answer.value, str) else str(answer.value).lower()


def agrees(ours: Result, expected: SdkAnswer) -> bool:
    """Same value of the same type, same payload; where unknown, the same reason, unless the SDK itself stumbled."""
    if ours.value is not expected.value and (not isinstance(ours.value, str) or ours.value != expected.value):
        return False
    return ours.payload == expected.payload and (expected.stumbled or ours.error == expected.error)
