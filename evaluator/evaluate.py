"""Answers checks."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Literal

from evaluator.check import Check
from evaluator.context import Context
from evaluator.decide import decide
from evaluator.facts import NO_FACTS, Facts
from evaluator.local import evaluate_local
from evaluator.program import Program
from evaluator.result import Result
from evaluator.ruleset import Ruleset
from evaluator.select import Runtime, selected

Profile = Literal["server", "local"]


def evaluate(
    ruleset: Ruleset,
    key: str,
    context: Context,
    *,
    now: datetime,
    facts: Facts = NO_FACTS,
    profile: Profile = "server",
) -> Result:
    """The answer of one flag to one subject. Never raises.

    An unknown key gives ``Reason.ERROR`` with ``flag_not_found``, an inactive or deleted flag ``Reason.FLAG_DISABLED``.
    ``profile="server"`` is what PostHog's ``/flags`` answers. ``profile="local"`` predicts what a PostHog SDK decides
    from downloaded definitions: ``value`` is None where the SDK would ask the server.

    A filter on a ``REDACTED`` value is neither a match nor a miss. A condition with such a filter and no definite
    miss is *open*. Let O be the open conditions that come before the first condition that decides for certain (it
    matches and admits the subject, or ends the flag by early exit), and whose rollout admits the subject. The answer
    is certain if the value of each condition in O equals the value in which the flag ends without them (that of the
    deciding condition, or False). With early exit, an open condition whose rollout excludes the subject might end the
    flag, so it belongs to O with the value False. Otherwise the answer is ``Reason.UNDETERMINED``.
    """
    if profile == "local":
        return evaluate_local(ruleset.local, key, context, now=now)
    return ruleset.prepared[key](context, now, facts)


def evaluate_all(
    ruleset: Ruleset,
    context: Context,
    *,
    now: datetime,
    facts: Facts = NO_FACTS,
    keys: Iterable[str] | None = None,
    runtime: Runtime = "all",
    evaluation_contexts: Sequence[str] = (),
) -> dict[str, Result]:
    """The answers of all flags to one subject, by key. Inactive and deleted flags are absent.

    ``keys`` limits the answer to these flags and all that they depend on; unknown keys are passed over. ``runtime``
    is where the asking SDK runs (None: not known), ``evaluation_contexts`` what it asks for; flags meant for others
    are absent, and flags that depend on them see them as off.
    """
    everything = keys is None and runtime == "all" and not evaluation_contexts
    chosen = ruleset.served if everything else selected(ruleset, keys, runtime, evaluation_contexts)
    check = Check(context, now, facts)
    indexed = ruleset.index.answers(check) if keys is None else None
    if indexed is None:
        return _answer(chosen, ruleset, {}, check)
    if everything:
        return _answer(ruleset.index.others, ruleset, indexed, check)
    others = [program for program in chosen if program.key in ruleset.index.other_keys]
    return _answer(others, ruleset, {program.key: indexed[program.key] for program in chosen}, check)


def _answer(
    programs: Iterable[Program], ruleset: Ruleset, results: dict[str, Result], check: Check
) -> dict[str, Result]:
    """Adds the answers of the programs, given in order, to those that are known. A flag without one is off."""
    for program in programs:
        for asked in program.asks:
            if asked not in check.results:
                target, known = ruleset.programs[asked], results.get(asked)
                check.results[asked] = target.disabled if known is None or target.off_for_dependents else known
        results[program.key] = program.fixed or decide(program, check)
    return results
