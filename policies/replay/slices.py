"""Impact by the values of a property."""

import json
from collections.abc import Mapping, Sequence
from math import fsum
from typing import Final

import numpy as np
from numpy.typing import NDArray

from evaluator.context import MISSING, REDACTED, JsonValue, Mark
from policies.impact import Breakdown, BreakdownRow
from policies.replay.population import Population, Split
from policies.replay.recording import Column
from policies.replay.tally import Slice

CHOSEN_PROPERTIES = 3
CHOOSABLE_VALUES = 200
"""A property with more values than this is never chosen; ask for it by name."""
ROWS_OF_A_CHOSEN_PROPERTY = 10
ROWS_OF_A_NAMED_PROPERTY = 100

_BITS: Final = np.arange(8)
_VERDICTS: Final = np.array([_BITS >= 0, *(_BITS & bit > 0 for bit in (1, 2, 4))])

_surrogates_escaped = {code: f"\\u{code:04x}" for code in range(0xD800, 0xE000)}


def value_text(value: JsonValue | Mark) -> str:
    """A property value as a row names it: JSON text, or the bare word ``missing`` or ``redacted``."""
    if value is MISSING:
        return "missing"
    if value is REDACTED:
        return "redacted"
    text = json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return text if text.isascii() else text.translate(_surrogates_escaped)


class Slicer:
    """One property, ready to be counted for several flags."""

    def __init__(self, column: Column, population: Population) -> None:
        self._split: Split = population.split(column.codes, len(column.values))
        self._values = column.values
        self._texts: dict[int, str] = {}

    def slices(self, kinds: NDArray[np.uint8]) -> dict[str, Slice]:
        """What happens for each value that occurs; bit by bit, ``kinds`` says on before, on after, and changed."""
        counts = self._split.count_kinds(kinds, _VERDICTS)
        return {self._text(code): Slice(*row) for code, row in enumerate(counts.T.tolist()) if row[0]}

    def _text(self, code: int) -> str:
        text = self._texts.get(code)
        if text is None:
            text = self._texts[code] = value_text(self._values[code])
        return text


def named_breakdown(name: str, slices: Mapping[str, Slice]) -> Breakdown:
    """The breakdown by a property that somebody asked for."""
    return _breakdown(name, slices, ROWS_OF_A_NAMED_PROPERTY)


def chosen_breakdowns(slices: Mapping[str, Mapping[str, Slice] | None]) -> tuple[Breakdown, ...]:
    """Breakdowns by the properties that tell changed subjects from the others best."""
    candidates = {name: rows for name, rows in slices.items() if rows is not None and 1 < len(rows) <= CHOOSABLE_VALUES}
    telling = {name: _telling(list(rows.values())) for name, rows in sorted(candidates.items())}
    best = sorted((name for name in telling if telling[name] > 0), key=lambda name: (-telling[name], name))
    return tuple(_breakdown(name, candidates[name], ROWS_OF_A_CHOSEN_PROPERTY) for name in best[:CHOSEN_PROPERTIES])


def _telling(rows: Sequence[Slice]) -> float:
    """How much of the variance of *changed* the values explain, less what chance alone would."""
    subjects = sum(row.subjects for row in rows)
    changed = sum(row.changed for row in rows)
    overall = changed * changed / subjects
    explained = fsum(row.changed * row.changed / row.subjects for row in rows) - overall
    by_chance = (len(rows) - 1) * changed * (subjects - changed) / (subjects * subjects)
    return explained - by_chance


def _breakdown(name: str, slices: Mapping[str, Slice], most: int) -> Breakdown:
    ordered = sorted(slices.items(), key=lambda item: (-item[1].changed, -item[1].subjects, item[0]))
    shown, rest = ordered[:most], [slice_ for _, slice_ in ordered[most:]]
    return Breakdown(
        property=name,
        rows=tuple(_row(text, slice_) for text, slice_ in shown),
        others=_row("others", sum(rest, Slice(0, 0, 0, 0))) if rest else None,
    )


def _row(text: str, slice_: Slice) -> BreakdownRow:
    return BreakdownRow(
        value=text,
        subjects=slice_.subjects,
        on_before=slice_.on_before,
        on_after=slice_.on_after,
        changed=slice_.changed,
    )
