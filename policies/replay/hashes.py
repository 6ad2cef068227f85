"""Hashes of many subjects at once, each computed at most once in the life of a replayer."""

from collections.abc import Mapping, Sequence
from hashlib import sha1
from typing import Any, Final, Literal

import numpy as np
from numpy.typing import NDArray

from evaluator.context import JsonValue, Mark
from policies.replay.pace import Pace
from policies.replay.recording import NOT_RECORDED
from policies.replay.texts import PER_STEP, Texts, chosen_of
from policies.replay.view import PERSON, Ids

HashKind = Literal["rollout", "variant", "holdout"]

MOST_BYTES: Final = 1 << 28
"""Of the hashes that are kept for the next replay."""

_DIGEST = np.dtype([("head", ">u8"), ("tail", "V12")])


class Hashes:
    """The 60-bit hashes behind rollouts, variants and holdouts.

    Takes what the recording holds already (``buckets``: hashes of the distinct id) and computes the rest when it is
    asked for.
    """

    def __init__(self, buckets: Mapping[tuple[str, str], NDArray[np.uint64]]) -> None:
        self._buckets = buckets
        self._columns: dict[tuple[str, str, HashKind], _HashColumn] = {}

    def of(self, rows: NDArray[np.intp], ids: Ids, pace: Pace, *, flag: str, kind: HashKind) -> NDArray[np.uint64]:
        """The hashes in these contexts. ``flag`` does not matter to a holdout."""
        key = (ids.name, "" if kind == "holdout" else flag, kind)
        column = self._columns.get(key)
        if column is None:
            recorded = self._buckets.get((flag, kind)) if ids.name == PERSON else None
            column = self._columns[key] = _HashColumn(ids.texts, recorded, flag, kind)
        return column.take(ids.codes[rows], pace)

    def forget_oldest(self) -> None:
        """Keeps the hashes of as many flags as fit into the bound, those that were needed first go first."""
        held = sum(column.nbytes for column in self._columns.values())
        for key in list(self._columns):
            if held <= MOST_BYTES:
                break
            column = self._columns.pop(key, None)
            held -= 0 if column is None else column.nbytes


class _HashColumn:
    """One kind of hash for every id of a column, filled as far as it is needed."""

    def __init__(
        self, texts: Sequence[JsonValue | Mark], recorded: NDArray[np.uint64] | None, flag: str, kind: HashKind
    ) -> None:
        self._texts = texts
        self._prefix = "holdout-" if kind == "holdout" else f"{flag}."
        self._suffix = "variant" if kind == "variant" else ""
        self._empty_is_zero = kind != "holdout"
        self._hashes = np.full(len(texts), NOT_RECORDED, dtype=np.uint64) if recorded is None else recorded.copy()

    @property
    def nbytes(self) -> int:
        return self._hashes.nbytes

    def take(self, codes: NDArray[np.integer[Any]], pace: Pace) -> NDArray[np.uint64]:
        hashes = self._hashes[codes]
        unknown = hashes == NOT_RECORDED
        if not unknown.any():
            return hashes
        missing = np.zeros(len(self._texts), dtype=np.bool_)
        missing[codes[unknown]] = True
        wanted = np.flatnonzero(missing)
        for first in range(0, len(wanted), PER_STEP):
            self._fill(wanted[first : first + PER_STEP])
            pace.look()
        hashes[unknown] = self._hashes[codes[unknown]]
        return hashes

    def _fill(self, codes: NDArray[np.intp]) -> None:
        texts = self._texts.plain_bytes(codes) if isinstance(self._texts, Texts) else None
        if texts is None:
            texts = list(map(_encoded, chosen_of(self._texts, codes)))
        hashes = hash60_of_bytes(_encoded(self._prefix), texts, _encoded(self._suffix))
        if self._empty_is_zero and not all(texts):
            hashes[[place for place, text in enumerate(texts) if not text]] = 0
        self._hashes[codes] = hashes


def hash60_each(prefix: str, texts: Sequence[str], suffix: str) -> NDArray[np.uint64]:
    """``evaluator.hashing.hash60`` of prefix + text + suffix, for each text."""
    return hash60_of_bytes(_encoded(prefix), list(map(_encoded, texts)), _encoded(suffix))


def hash60_of_bytes(prefix: bytes, texts: Sequence[bytes], suffix: bytes) -> NDArray[np.uint64]:
    """``hash60_each`` of encoded texts."""
    digests = b"".join([sha1(prefix + text + suffix).digest() for text in texts])
    heads = np.frombuffer(digests, dtype=_DIGEST)["head"]
    return heads.astype(np.uint64) >> np.uint64(4)


def _encoded(text: JsonValue | Mark) -> bytes:
    return str(text).encode("utf-8", "surrogatepass")
