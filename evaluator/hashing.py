"""Bucketing: the 60-bit hash that places a subject, and the integer bounds it is compared with.

A subject's place is the first 60 bits of a SHA-1. PostHog divides that number by 2^60 and compares the quotient with a
percentage in binary64. The quotient grows with the number, so every such comparison is the same as comparing the
number itself with one integer bound, found once when a flag is compiled. No float is left on the path of a check, and
an answer can never hang on how somebody rounds.

Order of the numbers: a rollout of ``p`` percent holds everybody whose hash is *at most* ``rollout_bound(p)``; a variant
holds everybody whose hash is *below* its bound and not below an earlier one's.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable
from functools import lru_cache
from hashlib import sha1
from math import inf
from typing import Final, Protocol

from evaluator.context import JsonValue
from evaluator.matching.text_form import number_text

SCALE: Final = 1 << 60
"""How many hashes there are; the divisor of the unit hash. PostHog names 2^60 - 1, which binary64 rounds to 2^60."""

MAX_DISTINCT_ID: Final = 200
"""Unicode scalar values of a distinct id that count; PostHog's server drops the rest."""

_HASHES: Final = range(SCALE)
BEYOND_ALL: Final = b"\xff" * 21
"""Above every digest, all of which have 20 bytes."""


class Hash(Protocol):
    """A SHA-1 under way."""

    def update(self, data: bytes, /) -> None:
        """Reads on."""

    def digest(self) -> bytes:
        """The 20 bytes so far; it can read on after that."""


HashStart = Callable[[], Hash]
"""Gives a SHA-1 that has read what the hashes of a flag begin with."""


class _AtZero:
    """The hash of an empty id, which stands at 0 everywhere (server rule)."""

    def update(self, data: bytes, /) -> None:
        """Stays where it is."""

    def digest(self) -> bytes:
        """20 zeros."""
        return bytes(20)


_AT_ZERO: Final = _AtZero()


def hash_of(start: HashStart, identity: bytes) -> Hash:
    """The flag's hash of a subject: first the rollout hash, and the variant hash once it has read ``variant``."""
    if not identity:
        return _AT_ZERO
    hashed = start()
    hashed.update(identity)
    return hashed


def hash60(text: str) -> int:
    """The first 60 bits of the text's SHA-1, as an integer: the only hash that PostHog flags know.

    A lone surrogate, which no JSON parser of a server lets through, is hashed as its three raw bytes.
    """
    return int.from_bytes(sha1(hashed_bytes(text)).digest()[:8], "big") >> 4


def hashed_bytes(text: str) -> bytes:
    """The text as it is hashed: UTF-8, in which a lone surrogate gets three bytes as well."""
    try:
        return text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-8", "surrogatepass")


def subject_bytes(distinct_id: str) -> bytes:
    """The part of a distinct id that is hashed."""
    if len(distinct_id) > MAX_DISTINCT_ID:
        distinct_id = distinct_id[:MAX_DISTINCT_ID]
    try:
        return distinct_id.encode()
    except UnicodeEncodeError:
        return hashed_bytes(distinct_id)


def hash_start(flag_key: str) -> HashStart:
    """The start of a flag's hashes. Reading an id gives the subject's rollout hash, then ``variant`` the other one."""
    return sha1(hashed_bytes(f"{flag_key}."), usedforsecurity=False).copy


@lru_cache(maxsize=1024)
def digest_bound(bound: int) -> bytes:
    """The bytes that a digest is below exactly if its 60-bit hash is below ``bound``."""
    return (bound << 4).to_bytes(8, "big") if bound < SCALE else BEYOND_ALL


def rollout_hash(flag_key: str, bucketing_id: str) -> int:
    """Where the subject stands in the flag's rollouts. An empty id stands at 0, inside every rollout (server rule)."""
    return hash60(f"{flag_key}.{bucketing_id}") if bucketing_id else 0


def variant_hash(flag_key: str, bucketing_id: str) -> int:
    """Where the subject stands among the flag's variants. An empty id stands at 0, in the first one (server rule)."""
    return hash60(f"{flag_key}.{bucketing_id}variant") if bucketing_id else 0


def holdout_hash(bucketing_id: str) -> int:
    """Where the subject stands in holdouts: the same for all flags. An empty id is hashed like any other."""
    return hash60(f"holdout-{bucketing_id}")


def unit(hashed: int) -> float:
    """The hash as PostHog shows it: a number from 0.0 to 1.0, both possible."""
    return float(hashed) / SCALE


@lru_cache(maxsize=1024)
def rollout_bound(percentage: float) -> int | None:
    """The greatest hash inside a rollout of ``percentage``; None for exactly 100, which needs no hash at all.

    0 still holds the hash 0, as the comparison includes its limit. A negative percentage holds nobody (-1).
    """
    if percentage == 100:
        return None
    threshold = _fraction(percentage) * SCALE
    if not threshold >= 0:
        return -1
    return bisect_right(_HASHES, threshold, key=float) - 1


def holdout_bound(percentage: float) -> int | None:
    """``rollout_bound`` of a holdout's exclusion percentage, which counts as 0 below 0 and as 100 above 100."""
    return rollout_bound(min(max(percentage, 0), 100))


def variant_bounds(percentages: Iterable[float]) -> list[int]:
    """For each variant, in stored order, the smallest hash that lies beyond it.

    A subject has the first variant whose bound its hash is below, and none if there is no such variant: weights may
    add up to less than 100, and even weights that add up to it leave the topmost 64 hashes without a variant.
    """
    bounds = []
    cumulative = 0.0
    for percentage in percentages:
        cumulative += _fraction(percentage)
        bounds.append(bisect_left(_HASHES, cumulative * SCALE, key=float))
    return bounds


def _fraction(percentage: float) -> float:
    try:
        return float(percentage) / 100
    except OverflowError:
        return inf if percentage > 0 else -inf


def distinct_id_text(value: JsonValue) -> str | None:
    """A request's ``distinct_id`` as the text that is hashed: text or a number's decimal text, at most 200 characters.

    None for anything else, which is no distinct id.
    """
    if isinstance(value, str):
        return value[:MAX_DISTINCT_ID]
    if isinstance(value, int | float) and not isinstance(value, bool):
        return number_text(value)[:MAX_DISTINCT_ID]
    return None


def group_key_text(value: JsonValue) -> str:
    """A request's group key as the text that is hashed; empty for anything but text or a number. Never shortened."""
    if isinstance(value, str):
        return value
    if isinstance(value, int | float) and not isinstance(value, bool):
        return number_text(value)
    return ""
