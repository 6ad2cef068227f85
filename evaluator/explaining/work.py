"""How much is tried before a search gives up."""

from collections.abc import Mapping
from typing import Any, Final

MOST_WORK: Final = 300_000
"""Conditions that are walked through, and ``COMPILING`` for each condition or value that is compiled again."""

COMPILING: Final = 15


class Work:
    """What a search may still spend. Once something was too much, the search is over: ``cut``."""

    __slots__ = ("cut", "left")

    def __init__(self, limit: int = MOST_WORK) -> None:
        self.left, self.cut = limit, False

    def spend(self, walked: int, compiled: int = 0) -> bool:
        """Takes the cost of one more try; False if there is not enough left."""
        cost = walked + COMPILING * compiled
        self.cut = self.cut or cost > self.left
        if not self.cut:
            self.left -= cost
        return not self.cut


def size_of(value: Any) -> int:
    """Values in a document, at any depth; a list that a cohort keeps of its members is never compiled."""
    size, pending = 0, [value]
    while pending:
        inner = pending.pop()
        if isinstance(inner, Mapping):
            pending.extend(part for name, part in inner.items() if name != "members")
        elif isinstance(inner, list | tuple):
            pending.extend(inner)
        else:
            size += 1
    return size
