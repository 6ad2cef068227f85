"""One recording at one moment, prepared for any number of replays."""

from dataclasses import dataclass, field
from datetime import datetime

from policies.replay.hashes import Hashes
from policies.replay.memory import Memory
from policies.replay.outcome import Outcome
from policies.replay.population import Population
from policies.replay.recording import Recording
from policies.replay.tables import Tables, Truths
from policies.replay.view import View


@dataclass(frozen=True, slots=True, eq=False)
class Stage:
    """What the old and the new side share, and what one replay hands to the next."""

    recording: Recording
    view: View
    population: Population
    tables: Tables
    hashes: Hashes
    truths: Memory[object, Truths] = field(default_factory=Memory)
    outcomes: Memory[str, Outcome] = field(default_factory=Memory)

    def forget_unused(self) -> None:
        """Drops the columns that the last replay did not need. Tables and hashes are kept."""
        self.truths.forget_unused()
        self.outcomes.forget_unused()


def prepare(recording: Recording, now: datetime) -> Stage:
    """Prepares a recording; ``now`` is the moment at which filters on dates are asked."""
    return Stage(
        recording=recording,
        view=View(recording),
        population=Population(recording.subjects.codes, len(recording.subjects.values)),
        tables=Tables(now),
        hashes=Hashes(recording.buckets),
    )
