"""How far a replay is, told while it runs; and the place where it is stopped."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

Progress = Callable[[float], None]
"""Told what share of the work is done, from 0 to 1, many times a second. Whatever it raises stops the work, and what
was found out until then stays usable."""


class Pace:
    """Counts the steps of the replay that runs now.

    A replay goes flag by flag, and a flag takes a known number of steps. Steps that a flag needs beyond that (for flags
    that it depends on) tell no progress, and those that it was spared (their result was known) are made up for in the
    end.
    """

    def __init__(self) -> None:
        self._progress: Progress | None = None
        self._done = 0
        self._end_of_flag = 0
        self._steps = 1

    def start(self, progress: Progress | None, steps: int) -> None:
        """A replay of so many steps starts."""
        self._progress, self._steps = progress, max(steps, 1)
        self._done = self._end_of_flag = 0
        self.look()

    @contextmanager
    def flag(self, steps: int) -> Iterator[None]:
        """The steps of one flag."""
        self._end_of_flag = self._done + steps
        yield
        self._done = self._end_of_flag
        self.look()

    def step(self) -> None:
        """One step is done."""
        self._done = min(self._done + 1, self._end_of_flag)
        self.look()

    def look(self) -> None:
        """Time has passed within a step: gives the caller the chance to stop."""
        if self._progress is not None:
            self._progress(self._done / self._steps)
