"""Decides one flag for one subject: the conditions in order, the first that matches and admits the subject."""

from evaluator.check import Check
from evaluator.context import MISSING, REDACTED, Mark
from evaluator.hashing import Hash, hash_of, hashed_bytes
from evaluator.program import Program, Step
from evaluator.result import Result

NO_GROUP, NO_MATCH, OUT_OF_ROLLOUT = 1, 2, 3
"""PostHog's ranks. Of several conditions that did not match the highest rank gives the reason; the later wins ties."""


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
        answer = admit(step, hashed_bytes(identity))
        if answer is None:
            best, rank = step, OUT_OF_ROLLOUT
            if program.early_exit and matches:
                break
            if program.early_exit:
                opened.append((step, step.excluded))
        elif matches:
            return _settle(opened, answer) if opened else answer
        else:
            opened.append((step, answer))
    answer = _without_match(program, best, rank, group_skipped)
    return _settle(opened, answer) if opened else answer


def admit(step: Step, identity: bytes) -> Result | None:
    """The answer of a condition whose filters match; None if its rollout leaves the subject out."""
    if step.bound is None and step.pinned is not None:
        return step.pinned
    hashed = hash_of(step.start, identity)
    if step.bound is not None and hashed.digest() >= step.bound:
        return None
    return step.pinned or assigned(step, hashed)


def assigned(step: Step, hashed: Hash) -> Result:
    """The answer with the subject's variant. ``hashed`` has read the subject's id, and no more."""
    hashed.update(b"variant")
    place = hashed.digest()
    for bound, answer in step.variants:
        if place < bound:
            return answer
    return step.unassigned


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
