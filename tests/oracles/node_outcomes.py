"""How posthog-node ends a question that it does not decide, and what it makes of values before it asks."""

import math
from typing import Any, Final

from tests.oracles.random_definitions import Feed

REASONS: Final = ("experience_continuity", "unsupported_definition", "unresolved_dependency", "missing_context")
"""Where several apply, the first is reported."""


class Undecided(Exception):
    """Left to the server; a later filter or condition may still decide. ``regex``: because of a pattern."""

    def __init__(self, reason: str = "unsupported_definition", *, regex: bool = False) -> None:
        super().__init__(reason)
        self.reason = reason
        self.regex = regex


class NeedsServer(Exception):
    """Left to the server, and no later condition is tried."""

    def __init__(self, reason: str = "unsupported_definition") -> None:
        super().__init__(reason)
        self.reason = reason


class Stumble(Exception):
    """The SDK meets something that it does not expect, and gives up."""


def graver(first: str | None, second: str) -> str:
    """Which of two reasons is reported."""
    return second if first is None else min(first, second, key=REASONS.index)


def javascript_text(value: Any) -> str:
    """What a template literal makes of a JSON value."""
    if value is None or isinstance(value, bool):
        return "null" if value is None else str(value).lower()
    if isinstance(value, list):
        return ",".join("" if part is None else javascript_text(part) for part in value)
    if isinstance(value, dict):
        return "[object Object]"
    return str(int(value)) if isinstance(value, float) and value == int(value) else str(value)


def arithmetic_value(value: Any) -> float:
    """What arithmetic makes of a JSON value."""
    try:
        return float(value or 0)
    except (TypeError, ValueError):
        return math.nan


def iterated(value: Any) -> list[Any]:
    """What JavaScript iterates: nothing where there is nothing, and no number."""
    if value and not isinstance(value, list):
        raise Stumble
    return value or []


def filters_of(flag: Feed) -> Feed:
    """The flag's filters, or none where they are no object."""
    return flag["filters"] if isinstance(flag.get("filters"), dict) else {}
