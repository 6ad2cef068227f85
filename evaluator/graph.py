"""Puts things that need each other in order, and follows what needs what."""

from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Arrangement:
    """``order`` lists nodes after all that they need; ``stuck`` are those on a circle or in need of one."""

    order: tuple[str, ...]
    stuck: tuple[str, ...]


def arrange(needs: Mapping[str, Sequence[str]]) -> Arrangement:
    """Orders the nodes by what they need. Names that are no nodes themselves are passed over."""
    missing = {node: len({name for name in named if name in needs}) for node, named in needs.items()}
    users = inverse({node: [name for name in named if name in needs] for node, named in needs.items()})
    ready = deque(node for node, count in missing.items() if count == 0)
    order: list[str] = []
    while ready:
        node = ready.popleft()
        order.append(node)
        for user in users.get(node, ()):
            missing[user] -= 1
            if missing[user] == 0:
                ready.append(user)
    arranged = frozenset(order)
    return Arrangement(tuple(order), tuple(node for node in needs if node not in arranged))


def inverse(needs: Mapping[str, Iterable[str]]) -> dict[str, list[str]]:
    """For each name, the nodes that need it, once each."""
    users: dict[str, list[str]] = {}
    for node, named in needs.items():
        for name in dict.fromkeys(named):
            users.setdefault(name, []).append(node)
    return users


def reachable(start: Iterable[str], edges: Mapping[str, Iterable[str]]) -> tuple[str, ...]:
    """Everything that can be reached from the start, in order of discovery.

    The start itself is only included where it can be reached.
    """
    found: dict[str, None] = {}
    pending = deque(start)
    while pending:
        for name in edges.get(pending.popleft(), ()):
            if name not in found:
                found[name] = None
                pending.append(name)
    return tuple(found)
