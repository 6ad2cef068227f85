"""Which hashes an evaluation computed, told afterwards: a recording keeps them, and a replay need not hash again."""

from collections.abc import Iterable

from evaluator.context import Context
from evaluator.hashing import distinct_id_text, rollout_hash, variant_hash
from evaluator.result import Reason, Result
from evaluator.ruleset import Ruleset

HASHED = frozenset({Reason.CONDITION_MATCH, Reason.OUT_OF_ROLLOUT_BOUND})
"""Reasons of answers for which the evaluator may have hashed the subject."""

Hashes = dict[str, tuple[int | None, int | None]]


def hashes_of_answers(ruleset: Ruleset, context: Context, results: Iterable[Result]) -> Hashes:
    """By flag key, the 60-bit rollout and variant hash of the distinct id, None where the answer took none.

    Flags that hash anything else (a group, a device, an earlier anonymous id) are left out.
    """
    subject = distinct_id_text(context.distinct_id) or ""
    found: Hashes = {}
    for result in results:
        flag = ruleset.flags.get(result.key)
        if flag is None or result.reason not in HASHED or flag.device_bucketing or flag.continuity:
            continue
        if any(condition.aggregation is not None for condition in flag.conditions):
            continue
        has_rollout = any(condition.rollout_bound is not None for condition in flag.conditions)
        rollout = rollout_hash(flag.key, subject) if has_rollout else None
        variant = variant_hash(flag.key, subject) if flag.variants and result.enabled else None
        if rollout is not None or variant is not None:
            found[flag.key] = rollout, variant
    return found
