"""The distinct values of a column as they are stored: JSON texts side by side, each parsed when it is asked for.

A million e-mail addresses cost as many bytes as they have letters. Nothing here decides whether a value matches.
"""

import json
from collections.abc import Iterator, Sequence
from json.encoder import encode_basestring_ascii
from typing import Any, Final, overload

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from evaluator.context import JsonValue, Mark
from policies.replay.population import Mask

PER_STEP: Final = 1 << 14
"""Values that are parsed, asked or hashed at once: what bounds memory, and the time between two looks at a cancel."""

_QUOTE: Final = ord('"')
_ESCAPE: Final = ord("\\")
_BYTES_PER_STEP: Final = 1 << 19
_CASE: Final = 0x20
_SPARSE: Final = 16
_COMPARED_AT_ONCE: Final = 3
"""Letters that are looked for everywhere; the next ones only where these were found."""

Codes = NDArray[np.intp]


class Texts(Sequence[JsonValue | Mark]):
    """Values by code: first the marks, then the parsed JSON texts.

    ``block`` holds the texts, pure ASCII; text ``i`` is ``block[bounds[i] : bounds[i + 1]]``.
    """

    __slots__ = ("_known_escapes", "block", "bounds", "marks")

    def __init__(self, marks: Sequence[Mark], block: NDArray[np.uint8], bounds: NDArray[np.integer[Any]]) -> None:
        self.marks = tuple(marks)
        self.block = block
        self.bounds = bounds
        self._known_escapes: NDArray[np.intp] | None = None

    @classmethod
    def of_strings(cls, strings: Sequence[str]) -> "Texts":
        """Strings as they would have been stored."""
        texts = [encode_basestring_ascii(string) for string in strings]
        bounds = np.zeros(len(texts) + 1, dtype=np.int64)
        np.cumsum([len(text) for text in texts], out=bounds[1:])
        return cls((), np.frombuffer("".join(texts).encode("ascii"), dtype=np.uint8), bounds)

    def __len__(self) -> int:
        return len(self.marks) + len(self.bounds) - 1

    def __iter__(self) -> Iterator[JsonValue | Mark]:
        for first in range(0, len(self), PER_STEP):
            yield from self.chosen(np.arange(first, min(first + PER_STEP, len(self))))

    @overload
    def __getitem__(self, code: int) -> JsonValue | Mark: ...

    @overload
    def __getitem__(self, code: slice) -> Sequence[JsonValue | Mark]: ...

    def __getitem__(self, code: int | slice) -> JsonValue | Mark | Sequence[JsonValue | Mark]:
        if isinstance(code, slice):
            return self.chosen(np.arange(*code.indices(len(self))))
        number = range(len(self))[code]
        if number < len(self.marks):
            return self.marks[number]
        start, end = self.bounds[number - len(self.marks)], self.bounds[number - len(self.marks) + 1]
        value: JsonValue = json.loads(self.block[start:end].tobytes())
        return value

    def longest(self) -> int:
        """Letters of the longest text at most, quotes and escapes included."""
        return int(np.diff(self.bounds).max(initial=0))

    def chosen(self, codes: Codes) -> list[JsonValue | Mark]:
        """The values of these codes; fastest where the codes rise."""
        values: list[JsonValue | Mark] = []
        for first in range(0, len(codes), PER_STEP):
            some = codes[first : first + PER_STEP]
            marked = some < len(self.marks)
            if not marked.any():
                values += self._parsed(some - len(self.marks))
            else:
                values += [self[code] for code in some.tolist()] if marked.all() else self._mixed(some, marked)
        return values

    def spans(self, codes: Codes) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Where in the block the texts of these codes start and end. There must be no marks among them."""
        numbers = codes - len(self.marks)
        return self.bounds[numbers].astype(np.int64), self.bounds[numbers + 1].astype(np.int64)

    def plain(self, codes: Codes) -> tuple[NDArray[np.uint8], NDArray[np.int64], NDArray[np.int64]] | None:
        """Where the letters of strings stand that are stored as they are; None if one of these values is another."""
        if not len(codes) or int(codes.min()) < len(self.marks):
            return None
        starts, ends = self.spans(codes)
        low, high = int(starts.min()), int(ends.max())
        if not self._has_no_escapes(low, high) or not bool((self.block[starts] == _QUOTE).all()):
            return None
        return self.block, starts + 1, ends - 1

    def may_contain(self, letters: bytes) -> Mask:
        """False only for strings without these lower-case ASCII letters; true for all that is not so simple."""
        found = np.zeros(len(self.bounds) - 1, dtype=np.bool_)
        pieces = [
            _places(self.block[start : start + _BYTES_PER_STEP + len(letters) - 1], letters) + start
            for start in range(0, len(self.block), _BYTES_PER_STEP)
        ]
        places = np.concatenate([self._escapes(), *pieces]).astype(self.bounds.dtype)
        found[np.searchsorted(self.bounds, places, side="right") - 1] = True
        if len(found):
            found |= self.block[self.bounds[:-1]] != _QUOTE
        return np.concatenate((np.ones(len(self.marks), dtype=np.bool_), found))

    def _escapes(self) -> NDArray[np.intp]:
        """Where the escapes of the block stand; it is looked through once."""
        if self._known_escapes is None:
            steps = range(0, len(self.block), _BYTES_PER_STEP)
            pieces = [np.flatnonzero(self.block[step : step + _BYTES_PER_STEP] == _ESCAPE) + step for step in steps]
            self._known_escapes = np.concatenate([np.empty(0, dtype=np.intp), *pieces])
        return self._known_escapes

    def _has_no_escapes(self, low: int, high: int) -> bool:
        first, last = np.searchsorted(self._escapes(), (low, high))
        return bool(first == last)

    def _mixed(self, codes: Codes, marked: Mask) -> list[JsonValue | Mark]:
        parsed = iter(self._parsed(codes[~marked] - len(self.marks)))
        return [
            self.marks[code] if is_mark else next(parsed)
            for code, is_mark in zip(codes.tolist(), marked.tolist(), strict=True)
        ]

    def _parsed(self, numbers: Codes) -> list[JsonValue]:
        starts, ends = self.bounds[numbers].astype(np.int64), self.bounds[numbers + 1].astype(np.int64)
        window, starts, ends = self._window(starts, ends)
        text = str(window.data, "ascii")
        if "\\" not in text and bool((window[starts] == _QUOTE).all()):
            places = zip((starts + 1).tolist(), (ends - 1).tolist(), strict=True)
            return [text[start:end] for start, end in places]
        places = zip(starts.tolist(), ends.tolist(), strict=True)
        values: list[JsonValue] = json.loads(f"[{','.join([text[start:end] for start, end in places])}]")
        return values

    def _window(
        self, starts: NDArray[np.int64], ends: NDArray[np.int64]
    ) -> tuple[NDArray[np.uint8], NDArray[np.int64], NDArray[np.int64]]:
        """A part of the block with all these texts, and where they stand in it."""
        low, high = int(starts.min(initial=0)), int(ends.max(initial=0))
        lengths = ends - starts
        total = int(lengths.sum())
        if high - low <= _SPARSE * total:
            return self.block[low:high], starts - low, ends - low
        after = np.cumsum(lengths)
        places = np.repeat(starts - (after - lengths), lengths) + np.arange(total)
        return self.block[places], after - lengths, after


def chosen_of(values: Sequence[JsonValue | Mark], codes: Codes) -> list[JsonValue | Mark]:
    """The values of these codes."""
    if isinstance(values, Texts):
        return values.chosen(codes)
    return [values[code] for code in codes.tolist()]


def _places(piece: NDArray[np.uint8], letters: bytes) -> NDArray[np.intp]:
    """Where the letters may stand, in upper or lower case: what differs in the one bit of case is not told apart."""
    room = len(piece) - len(letters) + 1
    if room <= 0:
        return np.empty(0, dtype=np.intp)
    folded, wanted = piece | _CASE, [letter | _CASE for letter in letters]
    found = folded[:room] == wanted[0]
    for distance, letter in enumerate(wanted[1:_COMPARED_AT_ONCE], start=1):
        found &= folded[distance : distance + room] == letter
    places = np.flatnonzero(found)
    for distance, letter in enumerate(wanted[_COMPARED_AT_ONCE:], start=_COMPARED_AT_ONCE):
        places = places[folded[places + distance] == letter]
    return places


def rows_of(block: NDArray[np.uint8], starts: NDArray[np.int64], length: int) -> NDArray[np.uint8]:
    """Texts of one length, cut out of a block: one per row."""
    if not length or not len(starts):
        return np.empty((len(starts), length), dtype=np.uint8)
    rows: NDArray[np.uint8] = sliding_window_view(block, length)[starts]
    return rows
