"""Answers checks."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Literal

from evaluator import answers
from evaluator.check import Check
from evaluator.context import MISSING, REDACTED, Context, Mark
from evaluator.facts import NO_FACTS, Facts
from evaluator.hashing import rollout_hash, variant_hash
from evaluator.local import evaluate_local
from evaluator.program import Program, Step
from evaluator.result import Result
from evaluator.ruleset import Ruleset
from evaluator.select import Runtime, selected

Profile = Literal["server", "local"]

NO_GROUP, NO_MATCH, OUT_OF_ROLLOUT = 1, 2, 3
"""PostHog's ranks: of several conditions that did not match, the highest rank gives the reason, the later one wins
ties."""


def evaluate(
    ruleset: Ruleset,
    key: str,
    context: Context,
    *,
    now: datetime,
    facts: Facts = NO_FACTS,
    profile: Profile = "server",
) -> Result:
    """The answer of one flag to one subject. Never raises; an unknown key gives ``Reason.ERROR`` with
    ``flag_not_found``.

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
    program = ruleset.programs.get(key)
    if program is None:
        return answers.failed(key, "flag_not_found")
    if program.fixed is not None:
        return program.fixed
    check = Check(context, now, facts)
    if program.requires:
        answer_dependencies(ruleset, program, check)
    return decide(program, check)


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
    results: dict[str, Result] = {}
    for program in chosen:
        for asked in program.asks:
            if asked not in check.results:
                check.results[asked] = ruleset.programs[asked].disabled
        result = program.fixed or decide(program, check)
        results[program.key] = result
        check.results[program.key] = program.disabled if program.off_for_dependents else result
    return results


def answer_dependencies(ruleset: Ruleset, program: Program, check: Check) -> None:
    """Answers all flags that the program needs, into ``check.results``."""
    for key in program.requires:
        required = ruleset.programs[key]
        result = required.disabled if required.off_for_dependents else required.fixed
        check.results[key] = result or decide(required, check)


def decide(program: Program, check: Check) -> Result:
    """Runs the flag's gate, then its conditions in order. All flags that it asks for must be in ``check.results``."""
    if program.gate is not None and (answer := program.gate(check)) is not None:
        return answer
    best, rank, group_skipped = None, 0, False
    opened: list[tuple[Step, Result | None]] = []
    for step in program.steps:
        identity = check.distinct_id if step.identify is None else step.identify(check)
        if identity is MISSING:
            group_skipped = group_skipped or step.of_group
            level = NO_GROUP if step.of_group else OUT_OF_ROLLOUT
            if level >= rank:
                best, rank = step, level
            continue
        matches = passes(step, check)
        if matches is False:
            if rank <= NO_MATCH:
                best, rank = step, NO_MATCH
            continue
        if isinstance(identity, Mark):
            opened.extend(_unidentified(program, step))
            continue
        if step.bound is not None and rollout_hash(program.key, identity) > step.bound:
            best, rank = step, OUT_OF_ROLLOUT
            if not program.early_exit:
                continue
            if matches:
                break
            opened.append((step, step.excluded))
            continue
        answer = step.pinned or _by_hash(step, variant_hash(program.key, identity))
        if matches:
            return _settle(opened, answer) if opened else answer
        opened.append((step, answer))
    answer = _without_match(program, best, rank, group_skipped)
    return _settle(opened, answer) if opened else answer


def passes(step: Step, check: Check) -> bool | None:
    """Whether all filters of the condition match; None where that hangs on something unknown."""
    known = True
    properties, now = check.properties, check.now
    for name, predicate in step.person:
        value = properties.get(name, MISSING)
        if value is REDACTED:
            known = False
        elif not predicate(value, now):
            return False
    for question in step.others:
        answer = question(check)
        if answer is False:
            return False
        if answer is None:
            known = False
    return True if known else None


def _by_hash(step: Step, hashed: int) -> Result:
    for bound, answer in step.variants:
        if hashed < bound:
            return answer
    return step.unassigned


def _unidentified(program: Program, step: Step) -> list[tuple[Step, Result | None]]:
    """What a condition might answer whose bucketing id is redacted; None for any variant."""
    might: list[tuple[Step, Result | None]] = [(step, step.pinned)]
    if program.early_exit and step.bound is not None:
        might.append((step, step.excluded))
    return might


def _settle(opened: list[tuple[Step, Result | None]], answer: Result) -> Result:
    """The answer, if every open condition would give the same value."""
    certain = all(possible is not None and possible.value == answer.value for _, possible in opened)
    return answer if certain else opened[0][0].undetermined


def _without_match(program: Program, best: Step | None, rank: int, group_skipped: bool) -> Result:
    if best is None:
        return program.unmatched
    if rank == NO_MATCH:
        return best.missed_beside_group if group_skipped else best.missed
    return best.excluded if rank == OUT_OF_ROLLOUT else best.unidentified
