"""Hashes of many subjects at once, each computed at most once in the life of a replayer."""

from collections.abc import Mapping, Sequence
from hashlib import sha1
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from policies.replay.recording import NOT_RECORDED
from policies.replay.view import PERSON, Ids

HashKind = Literal["rollout", "variant", "holdout"]

_DIGEST = np.dtype([("head", ">u8"), ("tail", "V12")])


class Hashes:
    """The 60-bit hashes behind rollouts, variants and holdouts.

    Takes what the recording holds already (``buckets``: hashes of the distinct id) and computes the rest when it is
    asked for.
    """

    def __init__(self, buckets: Mapping[tuple[str, str], NDArray[np.uint64]]) -> None:
        self._buckets = buckets
        self._computed: dict[tuple[str, str, HashKind], _HashColumn] = {}

    def of(self, rows: NDArray[np.intp], ids: Ids, *, flag: str, kind: HashKind) -> NDArray[np.uint64]:
        """The hashes in these contexts. ``flag`` does not matter to a holdout."""
        recorded = self._buckets.get((flag, kind)) if ids.name == PERSON else None
        if recorded is None:
            return self._compute(ids.codes[rows], ids, flag, kind)
        hashes = recorded[rows]
        unknown = hashes == NOT_RECORDED
        if unknown.any():
            hashes[unknown] = self._compute(ids.codes[rows[unknown]], ids, flag, kind)
        return hashes

    def _compute(self, codes: NDArray[np.int32], ids: Ids, flag: str, kind: HashKind) -> NDArray[np.uint64]:
        key = (ids.name, "" if kind == "holdout" else flag, kind)
        column = self._computed.get(key)
        if column is None:
            column = self._computed[key] = _HashColumn(ids.texts, flag, kind)
        return column.take(codes)


class _HashColumn:
    """One kind of hash for every id of a column, filled as far as it is needed."""

    def __init__(self, texts: Sequence[str], flag: str, kind: HashKind) -> None:
        self._texts = texts
        self._prefix = "holdout-" if kind == "holdout" else f"{flag}."
        self._suffix = "variant" if kind == "variant" else ""
        self._empty_is_zero = kind != "holdout"
        self._hashes = np.zeros(len(texts), dtype=np.uint64)
        self._known = np.zeros(len(texts), dtype=np.bool_)

    def take(self, codes: NDArray[np.int32]) -> NDArray[np.uint64]:
        wanted = np.zeros(len(self._texts), dtype=np.bool_)
        wanted[codes] = True
        missing = np.flatnonzero(wanted & ~self._known)
        if len(missing):
            self._fill(missing)
        return self._hashes[codes]

    def _fill(self, codes: NDArray[np.intp]) -> None:
        texts = [self._texts[code] for code in codes.tolist()]
        hashes = hash60_each(self._prefix, texts, self._suffix)
        if self._empty_is_zero:
            hashes[[place for place, text in enumerate(texts) if not text]] = 0
        self._hashes[codes] = hashes
        self._known[codes] = True


def hash60_each(prefix: str, texts: Sequence[str], suffix: str) -> NDArray[np.uint64]:
    """``evaluator.hashing.hash60`` of prefix + text + suffix, for each text."""
    begin = sha1(prefix.encode("utf-8", "surrogatepass")).copy
    digests = []
    for text in texts:
        state = begin()
        state.update((text + suffix).encode("utf-8", "surrogatepass"))
        digests.append(state.digest())
    heads = np.frombuffer(b"".join(digests), dtype=_DIGEST)["head"]
    return heads.astype(np.uint64) >> np.uint64(4)
