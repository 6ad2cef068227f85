"""What replays find out about a recording that holds for any definitions at any moment: they share it.

An agent simulates, corrects and simulates again; only the first time pays for the hashes and the filters. Several
threads may use one recording at once: whatever they find out twice is the same.
"""

from typing import Final

import numpy as np

from policies.replay.columns import occurrences
from policies.replay.examples import Raffle
from policies.replay.hashes import Hashes
from policies.replay.population import Population
from policies.replay.recording import Recording
from policies.replay.slices import CHOOSABLE_VALUES, Slicer
from policies.replay.truth import Truths
from policies.replay.view import View

MOST_TABLES_BYTES: Final = 1 << 27
"""Of the answers that are kept for the next replay; beyond it, the oldest go."""

GLIMPSE: Final = 4096
"""Contexts among which most properties with too many values show it."""


class Ground:
    """One recording, prepared for any number of replays. ``ground_of`` makes it."""

    def __init__(self, recording: Recording) -> None:
        self.recording = recording
        self.view = View(recording)
        self.population = Population(recording.subjects.codes, len(recording.subjects.values))
        self.hashes = Hashes(recording.buckets)
        self.raffle = Raffle(recording.subjects)
        self.tables: dict[str, Truths] = {}
        self._slicers: dict[str, Slicer] = {}
        self._choosable: dict[str, bool] = {}

    def slicer(self, name: str, *, named: bool) -> Slicer | None:
        """A property to split by; None where nobody asked for it and it has too many values to be chosen."""
        if not named and not self._is_choosable(name):
            return None
        if name not in self._slicers:
            self._slicers[name] = Slicer(self.view.column(name), self.population)
        return self._slicers[name]

    def forget_oldest(self) -> None:
        """Keeps what is remembered within its bounds."""
        self.hashes.forget_oldest()
        held = sum(table.nbytes for table in self.tables.values())
        for question in list(self.tables):
            if held <= MOST_TABLES_BYTES:
                break
            table = self.tables.pop(question, None)
            held -= 0 if table is None else table.nbytes

    def _is_choosable(self, name: str) -> bool:
        if name not in self._choosable:
            column = self.view.column(name)
            self._choosable[name] = len(column.values) <= CHOOSABLE_VALUES or (
                len(set(column.codes[:GLIMPSE].tolist())) <= CHOOSABLE_VALUES
                and int(np.count_nonzero(occurrences(column.codes, len(column.values)))) <= CHOOSABLE_VALUES
            )
        return self._choosable[name]


def ground_of(recording: Recording) -> Ground:
    """The ground of a recording, the same one for all who ask."""
    ground = recording.findings.get("ground")
    if ground is None:
        ground = recording.findings.setdefault("ground", Ground(recording))
    if not isinstance(ground, Ground):
        raise TypeError("a recording's ground was replaced")
    return ground
