"""Permanent names of conditions: an index is never an address, because conditions move."""

from collections.abc import Mapping, Sequence
from typing import Any


def condition_ids(flag: Mapping[str, Any]) -> tuple[str, ...]:
    """One id for each condition, in order: the stored ones, or those that ``with_condition_ids`` would give."""
    ids: Sequence[str] = with_condition_ids(flag)["drysail"]["condition_ids"]
    return tuple(ids)


def stored_condition_ids(flag: Mapping[str, Any]) -> tuple[str, ...]:
    """The ids that the flag carries; empty unless it has one for each condition, all of them different."""
    ids = _own(flag).get("condition_ids")
    if not isinstance(ids, list | tuple) or not all(isinstance(name, str) and name for name in ids):
        return ()
    return tuple(ids) if len(ids) == _count(flag) == len(set(ids)) else ()


def with_condition_ids(flag: Mapping[str, Any]) -> dict[str, Any]:
    """The flag with an id for every condition (``c1``, ``c2``, …) in ``drysail.condition_ids``.

    Ids that it carries stay. No id is ever given twice: ``drysail.next_condition`` counts on.
    """
    own = _own(flag)
    ids = stored_condition_ids(flag)
    number = max(_counter(own), *(_number(name) + 1 for name in (*ids, "")))
    if not ids:
        ids = tuple(f"c{number + index}" for index in range(_count(flag)))
        number += len(ids)
    return {**flag, "drysail": {**own, "condition_ids": list(ids), "next_condition": number}}


def _count(flag: Mapping[str, Any]) -> int:
    filters = flag.get("filters")
    groups = filters.get("groups") if isinstance(filters, Mapping) else None
    return len(groups) if isinstance(groups, list) else 0


def _own(flag: Mapping[str, Any]) -> Mapping[str, Any]:
    own = flag.get("drysail")
    return own if isinstance(own, Mapping) else {}


def _counter(own: Mapping[str, Any]) -> int:
    counter = own.get("next_condition")
    return counter if isinstance(counter, int) and not isinstance(counter, bool) and counter > 0 else 1


def _number(name: str) -> int:
    """The number in ``c12``; 0 for any other id."""
    digits = name[1:] if name.startswith("c") else ""
    return int(digits) if digits.isascii() and digits.isdecimal() and len(digits) < 10 else 0
