"""Hashes of many subjects at once, each computed at most once in the life of a replayer."""

from collections.abc import Mapping, Sequence
from hashlib import sha1
from typing import Any, Final, Literal

import numpy as np
from numpy.typing import NDArray

from evaluator.context import JsonValue, Mark
from policies.replay.pace import Pace
from policies.replay.recording import NOT_RECORDED
from policies.replay.sha1 import LONGEST, WORTHWHILE, first_64_bits
from policies.replay.texts import Texts, chosen_of, rows_of
from policies.replay.view import PERSON, Ids

HashKind = Literal["rollout", "variant", "holdout"]

MOST_BYTES: Final = 1 << 28
"""Of the hashes that are kept for the next replay."""

HASHES_PER_STEP: Final = 1 << 16

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
        hashes: NDArray[np.uint64] = self._hashes[codes]
        unknown = hashes == NOT_RECORDED
        if not unknown.any():
            return hashes
        missing = np.zeros(len(self._texts), dtype=np.bool_)
        missing[codes[unknown]] = True
        wanted = np.flatnonzero(missing)
        for first in range(0, len(wanted), HASHES_PER_STEP):
            self._fill(wanted[first : first + HASHES_PER_STEP])
            pace.look()
        hashes[unknown] = self._hashes[codes[unknown]]
        return hashes

    def _fill(self, codes: NDArray[np.intp]) -> None:
        affixes = _encoded(self._prefix), _encoded(self._suffix)
        strings = self._texts.plain(codes) if isinstance(self._texts, Texts) else None
        if strings is None:
            texts = [_encoded(text) for text in chosen_of(self._texts, codes)]
            hashes, empty = hash60_of_bytes(texts, *affixes), np.array([not text for text in texts])
        else:
            hashes, empty = hash60_of_strings(*strings, *affixes), strings[1] == strings[2]
        if self._empty_is_zero:
            hashes[empty] = 0
        self._hashes[codes] = hashes


def hash60_each(prefix: str, texts: Sequence[str], suffix: str) -> NDArray[np.uint64]:
    """``evaluator.hashing.hash60`` of prefix + text + suffix, for each text."""
    return hash60_of_bytes(list(map(_encoded, texts)), _encoded(prefix), _encoded(suffix))


def hash60_of_bytes(texts: Sequence[bytes], prefix: bytes, suffix: bytes) -> NDArray[np.uint64]:
    """``hash60_each`` of encoded texts."""
    digests = b"".join([sha1(prefix + text + suffix).digest() for text in texts])
    heads = np.frombuffer(digests, dtype=_DIGEST)["head"]
    return heads.astype(np.uint64) >> np.uint64(4)


def hash60_of_strings(
    block: NDArray[np.uint8], starts: NDArray[np.int64], ends: NDArray[np.int64], prefix: bytes, suffix: bytes
) -> NDArray[np.uint64]:
    """``hash60_of_bytes`` of texts that stand in a block. Those of one length are hashed together."""
    hashes = np.zeros(len(starts), dtype=np.uint64)
    lengths = ends - starts
    around = len(prefix) + len(suffix)
    alone = np.ones(len(starts), dtype=np.bool_)
    many = np.bincount(np.minimum(lengths, LONGEST)) >= WORTHWHILE
    for length in np.flatnonzero(many[: max(LONGEST - around, 0)]).tolist():
        rows = np.flatnonzero(lengths == length)
        texts = np.empty((len(rows), around + length), dtype=np.uint8)
        texts[:, : len(prefix)] = np.frombuffer(prefix, dtype=np.uint8)
        texts[:, len(prefix) : len(prefix) + length] = rows_of(block, starts[rows], length)
        texts[:, len(prefix) + length :] = np.frombuffer(suffix, dtype=np.uint8)
        hashes[rows] = first_64_bits(texts) >> np.uint64(4)
        alone[rows] = False
    rows = np.flatnonzero(alone)
    pairs = zip(starts[rows].tolist(), ends[rows].tolist(), strict=True)
    hashes[rows] = hash60_of_bytes([block[start:end].tobytes() for start, end in pairs], prefix, suffix)
    return hashes


def _encoded(text: JsonValue | Mark) -> bytes:
    return str(text).encode("utf-8", "surrogatepass")
