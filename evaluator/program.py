"""What evaluating one flag comes down to, worked out once when the flag is compiled."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import TypeGuard

from evaluator import answers
from evaluator.ask import Question, ask_test
from evaluator.check import DISTINCT_ID, Check
from evaluator.compiled import CompiledCondition, CompiledFlag, Predicate, PropertyTest, Test
from evaluator.context import MISSING, REDACTED, Mark
from evaluator.hashing import HashStart, digest_bound, hash_start, holdout_hash, variant_bounds
from evaluator.result import Result

ENTIRE = variant_bounds((100,))[0]
"""The bound of a variant that has everybody."""

Identify = Callable[[Check], str | Mark]
"""The id that a condition hashes; MISSING where it cannot be hashed, REDACTED where that is not known."""


@dataclass(frozen=True, slots=True, eq=False)
class Step:
    """One condition. Every answer that it can give is built already.

    ``person`` are plain filters on properties of the person, the bulk of all filters; ``others`` all the rest.
    ``identify`` None stands for the distinct id. ``start`` begins the subject's hashes; ``bound`` is what the digest of
    the rollout hash must be below (None: everybody is inside). ``pinned`` is the answer where no hash decides on the
    variant, else it depends on ``variants`` (exclusive upper bound of the digest, answer) and ``unassigned`` beyond the
    last. ``missed_beside_group`` says that a condition on a group could not be tried.
    """

    person: Sequence[tuple[str, Predicate]]
    others: Sequence[Question]
    identify: Identify | None
    start: HashStart
    bound: bytes | None
    of_group: bool
    pinned: Result | None
    variants: Sequence[tuple[bytes, Result]]
    unassigned: Result
    missed: Result
    missed_beside_group: Result
    excluded: Result
    unidentified: Result
    undetermined: Result


@dataclass(frozen=True, slots=True)
class _Hashing:
    """What the conditions of a flag share: the start of its hashes and the upper bounds of its variants."""

    start: HashStart
    bounds: Sequence[bytes]


@dataclass(frozen=True, slots=True, eq=False)
class Program:
    """One flag.

    ``fixed`` is its answer where that is the same for everybody. ``asks`` are the flags that its filters name,
    ``requires`` all that must be answered before it, each after those it needs itself. ``gate`` decides before any
    condition, or leaves it to them with None. ``is_plain`` programs need nothing but the person's id and properties.
    ``unmatched`` is the answer where no condition could be tried, ``all_missed`` where the filters of all fail.
    ``runtime`` and ``contexts`` say for whom the flag is meant (None and empty: for everybody).
    """

    key: str
    fixed: Result | None
    asks: Sequence[str]
    requires: Sequence[str]
    runtime: str | None
    contexts: frozenset[str]
    gate: Callable[[Check], Result | None] | None
    steps: Sequence[Step]
    early_exit: bool
    is_plain: bool
    unmatched: Result
    all_missed: Result
    off_for_dependents: bool
    disabled: Result


def build_program(
    flag: CompiledFlag,
    requires: Sequence[str],
    cohorts: Mapping[str, Question],
    *,
    known: Mapping[int, Step] = MappingProxyType({}),
) -> Program:
    """Works the flag out. ``requires`` are all flags that it needs, directly or not, each after those it needs.

    ``known`` are steps, by index, that were worked out before of the same conditions among as many of groups.
    """
    hashing = _Hashing(hash_start(flag.key), tuple(digest_bound(bound) for bound, _ in flag.variants))
    steps = tuple(
        known.get(condition.index) or _step(flag, condition, cohorts, hashing) for condition in flag.conditions
    )
    fixed, gate = _fixed(flag, steps), _gate(flag)
    unmatched = answers.no_group_type(flag.key, None)
    return Program(
        key=flag.key,
        fixed=fixed,
        asks=flag.dependencies if flag.served and not flag.missing_dependency else (),
        requires=requires,
        runtime=_runtime(flag),
        contexts=_contexts(flag),
        gate=gate,
        steps=steps,
        early_exit=flag.early_exit,
        is_plain=fixed is None and gate is None and all(map(_is_plain_step, steps)),
        unmatched=unmatched,
        all_missed=steps[-1].missed if steps else unmatched,
        off_for_dependents=flag.off_for_dependents,
        disabled=answers.disabled(flag.key),
    )


def _runtime(flag: CompiledFlag) -> str | None:
    runtime = flag.definition.get("evaluation_runtime")
    return runtime if runtime in ("server", "client") else None


def _contexts(flag: CompiledFlag) -> frozenset[str]:
    contexts = flag.definition.get("evaluation_contexts")
    return frozenset(name for name in contexts if isinstance(name, str)) if isinstance(contexts, list) else frozenset()


def _fixed(flag: CompiledFlag, steps: Sequence[Step]) -> Result | None:
    if not flag.served:
        return answers.disabled(flag.key)
    if flag.missing_dependency:
        return answers.missing_dependency(flag.key)
    if flag.error is not None:
        return answers.failed(flag.key, flag.error)
    if flag.enrollment or flag.holdout is not None:
        return None
    if not steps:
        return answers.no_group_type(flag.key, None)
    first = steps[0]
    unconditional = not first.person and not first.others and first.bound is None and first.identify is None
    return first.pinned if unconditional else None


def _step(flag: CompiledFlag, condition: CompiledCondition, cohorts: Mapping[str, Question], hashing: _Hashing) -> Step:
    index, bound = condition.index, condition.rollout_bound
    of_group = condition.aggregation is not None
    unassigned = answers.matched(flag, index, None)
    pinned = _pinned(flag, condition, unassigned)
    variants = () if pinned else tuple(answers.matched(flag, index, variant) for _, variant in flag.variants)
    missed, excluded = answers.not_matching(flag, index), answers.out_of_rollout(flag, index)
    beside_group = any(other.aggregation is not None for other in flag.conditions)
    return Step(
        person=tuple((test.property, test.predicate) for test in condition.tests if is_plain(test)),
        others=tuple(ask_test(test, cohorts) for test in condition.tests if not is_plain(test)),
        identify=_identify(flag, condition),
        start=hashing.start,
        bound=None if bound is None else digest_bound(bound + 1),
        of_group=of_group,
        pinned=pinned,
        variants=tuple(zip(hashing.bounds, variants, strict=False)),
        unassigned=unassigned,
        missed=missed,
        missed_beside_group=answers.not_matching(flag, index, group_skipped=True) if beside_group else missed,
        excluded=excluded,
        unidentified=answers.no_group_type(flag.key, index) if of_group else excluded,
        undetermined=answers.undetermined(flag.key, index),
    )


def _is_plain_step(step: Step) -> bool:
    return step.identify is None and not step.others


def is_plain(test: Test) -> TypeGuard[PropertyTest]:
    """A filter on a property of the person that exists only where it was passed."""
    return isinstance(test, PropertyTest) and test.group_index is None and test.property != DISTINCT_ID


def _pinned(flag: CompiledFlag, condition: CompiledCondition, unassigned: Result) -> Result | None:
    if condition.override is not None:
        return answers.matched(flag, condition.index, condition.override)
    return None if flag.variants else unassigned


def _identify(flag: CompiledFlag, condition: CompiledCondition) -> Identify | None:
    if condition.aggregation is not None:
        return lambda check: check.group_key(condition.group_type)
    if flag.device_bucketing:
        without: str | Mark = "" if needs_no_hash(flag, condition) else MISSING
        return lambda check: without if (device := check.device_id()) is MISSING else device
    if flag.continuity and flag.aggregation is None:
        return lambda check: check.context.hash_key_overrides.get(flag.key, check.distinct_id)
    return None


def needs_no_hash(flag: CompiledFlag, condition: CompiledCondition) -> bool:
    """Whether the condition answers everybody alike, so that a device bucketed flag can do without a device id.

    The empty id then stands for the missing one: it hashes to 0, which is in the one variant that has everybody.
    """
    if condition.rollout_bound is not None:
        return False
    bounds = [bound for bound, _ in flag.variants if bound > 0]
    return condition.override is not None or not bounds or bounds[0] >= ENTIRE


def _gate(flag: CompiledFlag) -> Callable[[Check], Result | None] | None:
    gates = [gate for gate in (_enrollment(flag), _holdout(flag)) if gate is not None]
    if len(gates) < 2:
        return gates[0] if gates else None
    first, second = gates
    return lambda check: first(check) or second(check)


def _enrollment(flag: CompiledFlag) -> Callable[[Check], Result | None] | None:
    if not flag.enrollment:
        return None
    name = enrollment_property(flag.key)
    joined, declined = answers.enrolled(flag), answers.opted_out(flag)
    unknown = answers.undetermined(flag.key, None)

    def gate(check: Check) -> Result | None:
        choice = check.person_property(name)
        if choice is MISSING:
            return None
        if choice is REDACTED:
            return unknown
        return joined if choice is True or choice == "true" else declined

    return gate


def enrollment_property(key: str) -> str:
    """The person's property that tells whether they joined the early access of a flag."""
    return f"$feature_enrollment/{key}"


def _holdout(flag: CompiledFlag) -> Callable[[Check], Result | None] | None:
    if flag.holdout is None:
        return None
    bound, outside = flag.holdout.bound, answers.held_out(flag, flag.holdout.variant)
    unknown = answers.undetermined(flag.key, None)

    def gate(check: Check) -> Result | None:
        if bound is None:
            return outside
        identity = holdout_identity(flag, check)
        if isinstance(identity, Mark):
            return unknown
        return outside if holdout_hash(identity) <= bound else None

    return gate


def holdout_identity(flag: CompiledFlag, check: Check) -> str | Mark:
    """The id that a holdout hashes: that of the flag's own aggregation, never a continuity override.

    Empty for a group without a usable key; the distinct id for a device without an id. REDACTED if not known.
    """
    if flag.aggregation is not None:
        key = check.group_key(flag.group_type)
        return "" if key is MISSING else key
    device = check.device_id() if flag.device_bucketing else MISSING
    return check.distinct_id if device is MISSING else device
