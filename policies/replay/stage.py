"""One recording at one moment, as the old and the new side of a replay share it."""

from dataclasses import dataclass, field
from datetime import datetime

from policies.replay.ground import Ground, ground_of
from policies.replay.hashes import Hashes
from policies.replay.memory import Memory
from policies.replay.outcome import Outcome
from policies.replay.pace import Pace
from policies.replay.population import Population
from policies.replay.recording import Recording
from policies.replay.tables import Tables
from policies.replay.truth import Truths
from policies.replay.view import View


@dataclass(frozen=True, slots=True, eq=False)
class Stage:
    """What the old and the new side share, and what one replay hands to the next."""

    ground: Ground
    tables: Tables
    pace: Pace
    truths: Memory[object, Truths] = field(default_factory=Memory)
    outcomes: Memory[str, Outcome] = field(default_factory=Memory)

    @property
    def recording(self) -> Recording:
        return self.ground.recording

    @property
    def view(self) -> View:
        return self.ground.view

    @property
    def population(self) -> Population:
        return self.ground.population

    @property
    def hashes(self) -> Hashes:
        return self.ground.hashes

    def forget_unused(self) -> None:
        """Drops the columns that the last replay did not need. Tables and hashes are kept."""
        self.truths.forget_unused()
        self.outcomes.forget_unused()
        self.ground.forget_oldest()


def prepare(recording: Recording, now: datetime) -> Stage:
    """Prepares a recording; ``now`` is the moment at which filters on dates are asked."""
    ground, pace = ground_of(recording), Pace()
    return Stage(ground=ground, tables=Tables(now, pace, ground.tables), pace=pace)
