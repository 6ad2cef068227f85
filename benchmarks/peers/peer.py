"""What a benchmark needs of an evaluator."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from evaluator import Context

Json = dict[str, Any]


def nothing() -> None:
    """Nothing to close."""


@dataclass(frozen=True, slots=True)
class Peer:
    """One evaluator, with the one flag and the hundred.

    ``subject`` prepares what the evaluator lets a caller prepare; ``one`` and ``hundred`` are what is measured.
    ``one`` returns the flag's value (False: off), ``values`` reads them from what ``hundred`` returned.
    """

    name: str
    package: str
    subject: Callable[[Context], Any]
    one: Callable[[Any], Any]
    hundred: Callable[[Any], Any]
    values: Callable[[Any], dict[str, Any]]
    close: Callable[[], None] = nothing
