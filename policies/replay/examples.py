"""Choosing examples that stay the same: the subjects with the smallest SHA-256 of their id."""

from collections.abc import Sequence
from hashlib import sha256

import numpy as np
from numpy.typing import NDArray

from policies.replay.population import Mask
from policies.replay.tally import EXAMPLES_PER_MOVE, Candidate

_DIGEST = np.dtype([("head", ">u8"), ("tail", "V24")])


class Raffle:
    """Draws subjects by digest. Digests are computed once per subject and only for those that are asked for."""

    def __init__(self, codes: NDArray[np.int32], subjects: Sequence[str]) -> None:
        """``subjects[codes[i]]`` is the subject of context ``i``."""
        self._codes = codes
        self._subjects = subjects
        self._heads = np.zeros(len(subjects), dtype=np.uint64)
        self._drawn = np.zeros(len(subjects), dtype=np.bool_)

    def draw(self, contexts: Mask) -> list[Candidate]:
        """Of the subjects of these contexts, the few with the smallest digests, in that order."""
        entrants = np.zeros(len(self._subjects), dtype=np.bool_)
        entrants[self._codes[contexts]] = True
        self._digest(np.flatnonzero(entrants & ~self._drawn))
        chosen = np.flatnonzero(entrants)
        heads = self._heads[chosen]
        if len(chosen) > EXAMPLES_PER_MOVE:
            limit = np.partition(heads, EXAMPLES_PER_MOVE - 1)[EXAMPLES_PER_MOVE - 1]
            chosen = chosen[heads <= limit]
        return sorted(map(self._candidate, chosen.tolist()))[:EXAMPLES_PER_MOVE]

    def _digest(self, codes: NDArray[np.intp]) -> None:
        digests = b"".join([_digest(self._subjects[code]) for code in codes.tolist()])
        self._heads[codes] = np.frombuffer(digests, dtype=_DIGEST)["head"]
        self._drawn[codes] = True

    def _candidate(self, code: int) -> Candidate:
        subject = self._subjects[code]
        return Candidate(_digest(subject), subject)


def _digest(subject: str) -> bytes:
    return sha256(subject.encode("utf-8", "surrogatepass")).digest()
