"""Keeping the permanent ids of conditions when a definition comes from somewhere that does not know them."""

from collections.abc import Callable, Mapping
from typing import Any

from evaluator.definitions.condition_ids import condition_ids, stored_condition_ids, with_condition_ids


def identified(incoming: Mapping[str, Any], current: Mapping[str, Any] | None) -> dict[str, Any]:
    """The incoming flag with an id for every condition: its own, else those of the current flag, else new ones."""
    if current is None or stored_condition_ids(incoming):
        return with_condition_ids(incoming)
    return carrying_condition_ids(current, dict(incoming))


def carrying_condition_ids(current: Mapping[str, Any], incoming: dict[str, Any]) -> dict[str, Any]:
    """The incoming flag with the ids of the conditions it has in common with the current one.

    Equal conditions keep their id, then those with equal filters, then those in the same place; others get a new one.
    """
    old = list(zip(condition_ids(current), _conditions(current), strict=True))
    conditions = _conditions(incoming)
    ids: list[str | None] = [None] * len(conditions)
    alike: tuple[Callable[[int, int], bool], ...] = (
        lambda new, was: conditions[new] == old[was][1],
        lambda new, was: conditions[new].get("properties") == old[was][1].get("properties"),
        lambda new, was: new == was,
    )
    for same in alike:
        for new in range(len(conditions)):
            free = [was for was in range(len(old)) if old[was][0] not in ids and ids[new] is None and same(new, was)]
            if free:
                ids[new] = old[free[0]][0]
    own = dict(incoming.get("drysail") or {})
    number = int(with_condition_ids(current)["drysail"]["next_condition"])
    for place, name in enumerate(ids):
        if name is None:
            ids[place] = f"c{number}"
            number += 1
    return {**incoming, "drysail": {**own, "condition_ids": ids, "next_condition": number}}


def _conditions(flag: Mapping[str, Any]) -> list[dict[str, Any]]:
    return list((flag.get("filters") or {}).get("groups") or [])
