"""What a flag answers once it is known which conditions match: the walk through its conditions, by hash.

Hashes are taken as free: whatever bucket there is, somebody may be in it. Only what lies between two limits that the
flag mentions is the same bucket, so that a handful of hashes stands for all.
"""

from collections.abc import Iterator, Mapping, Sequence
from itertools import product
from math import prod
from typing import Final, Literal, NamedTuple

from evaluator.analysis.model import TooMany
from evaluator.analysis.variables import Value
from evaluator.compiled import CompiledCondition, CompiledFlag
from evaluator.hashing import SCALE
from evaluator.program import needs_no_hash

MOST_BUCKETS: Final = 4096
"""Combinations of hashes that are tried for one set of matching conditions."""

Identity = tuple[str, ...]
"""Whose id is hashed: two conditions with the same one put a subject into the same bucket."""

Dimension = tuple[Literal["rollout", "variant", "holdout"], Identity]
Bucket = Mapping[Dimension, int]
Enrollment = Literal["absent", "joined", "declined"]


class FlagOutcome(NamedTuple):
    """What a flag answers, and the index of the condition that decides so (None: no condition does)."""

    decider: int | None
    value: Value
    payload: str | None

    @property
    def on(self) -> bool:
        """Whether the subject has the flag."""
        return self.value is not False and self.value is not None

    @property
    def answer(self) -> tuple[Value, str | None]:
        """What the caller gets."""
        return self.value, self.payload


OFF: Final = FlagOutcome(None, False, None)
FAILED: Final = FlagOutcome(None, None, None)


def identity_of(flag: CompiledFlag, condition: CompiledCondition) -> Identity:
    """Whose id a condition hashes."""
    if condition.aggregation is not None:
        return ("group", condition.group_type or "")
    if flag.device_bucketing:
        return ("device",)
    return ("earlier person",) if flag.continuity and flag.aggregation is None else ("person",)


def always_identified(flag: CompiledFlag, condition: CompiledCondition) -> bool:
    """Whether nobody lacks the id, or lacking it makes no difference."""
    identity = identity_of(flag, condition)
    if identity == ("device",):
        return needs_no_hash(flag, condition)
    return identity[0] != "group"


def _holdout_identity(flag: CompiledFlag) -> Identity:
    if flag.aggregation is not None:
        return ("group or nobody", flag.group_type or "")
    return ("device or person",) if flag.device_bucketing else ("person",)


def buckets(flags: Sequence[CompiledFlag], matching: Sequence[Sequence[int]]) -> Iterator[Bucket]:
    """Hashes that stand for all, given the conditions that match in each of the flags. Raises TooMany."""
    limits: dict[Dimension, set[int]] = {}
    for flag, indexes in zip(flags, matching, strict=True):
        if flag.holdout is not None and flag.holdout.bound is not None:
            limits.setdefault(("holdout", _holdout_identity(flag)), set()).add(flag.holdout.bound + 1)
        for condition in (flag.conditions[index] for index in indexes):
            identity = identity_of(flag, condition)
            if condition.rollout_bound is not None:
                limits.setdefault(("rollout", identity), set()).add(condition.rollout_bound + 1)
            if condition.override is None and flag.variants:
                limits.setdefault(("variant", identity), set()).update(bound for bound, _ in flag.variants)
    firsts = [sorted({0, *(limit for limit in limits[name] if 0 < limit < SCALE)}) for name in limits]
    if prod(map(len, firsts)) > MOST_BUCKETS:
        raise TooMany
    for hashes in product(*firsts):
        yield dict(zip(limits, hashes, strict=True))


def walk(flag: CompiledFlag, matching: Sequence[int], enrollment: Enrollment, bucket: Bucket) -> FlagOutcome:
    """The answer to a subject in a bucket. ``matching`` are the conditions that match and have an id to hash."""
    if flag.enrollment and enrollment != "absent":
        return FlagOutcome(None, True, flag.payloads.get("true")) if enrollment == "joined" else OFF
    if flag.holdout is not None:
        bound = flag.holdout.bound
        if bound is None or bucket["holdout", _holdout_identity(flag)] <= bound:
            return FlagOutcome(None, flag.holdout.variant, flag.payloads.get(flag.holdout.variant))
    for index in matching:
        condition = flag.conditions[index]
        identity = identity_of(flag, condition)
        if condition.rollout_bound is None or bucket["rollout", identity] <= condition.rollout_bound:
            variant = condition.override if condition.override is not None else _variant(flag, identity, bucket)
            value = True if variant is None else variant
            return FlagOutcome(index, value, flag.payloads.get("true" if variant is None else variant))
        if flag.early_exit:
            return OFF
    return OFF


def _variant(flag: CompiledFlag, identity: Identity, bucket: Bucket) -> str | None:
    for bound, variant in flag.variants:
        if bucket["variant", identity] < bound:
            return variant
    return None
