"""Results that outlive one replay, as long as the next one still needs them."""

from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class Memory(Generic[K, V]):
    """Remembers what was computed; ``forget_unused`` drops what nobody asked for since it was called last."""

    def __init__(self) -> None:
        self._kept: dict[K, V] = {}
        self._used: set[K] = set()

    def get(self, key: K, compute: Callable[[], V]) -> V:
        """The remembered value of the key, computed if there is none."""
        self._used.add(key)
        if key not in self._kept:
            self._kept[key] = compute()
        return self._kept[key]

    def forget_unused(self) -> None:
        """Keeps only what was asked for since the last call."""
        self._kept = {key: value for key, value in self._kept.items() if key in self._used}
        self._used.clear()
