"""What synthetic traffic is asked for."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from evaluator.context import Context
from evaluator.result import Result

Evaluate = Callable[[Context, datetime], Sequence[Result]]
"""The answers of all flags for one context at one moment; the same flags in the same order for everybody."""

Progress = Callable[[int, int], None]
"""Is told how much is done, of how much."""


@dataclass(frozen=True, slots=True)
class GenerationPlan:
    """What to generate. The same plan and the same answers give the same segments, byte for byte.

    ``checks`` is the exact number of log rows; ``subjects`` the number of users that they are drawn from (None: one for
    eight checks). ``revision`` is the environment's revision that answers.
    """

    environment: str
    revision: int
    checks: int
    seed: int
    start: datetime
    end: datetime
    subjects: int | None = None
