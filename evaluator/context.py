"""The subject of a check: who asks, with which properties."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, Final

JsonValue = Any
"""Any value that JSON can hold: None, bool, int, float, str, list or dict."""


class Mark(Enum):
    """What stands where a property value would, when there is none."""

    MISSING = "missing"
    """The caller did not send the property."""
    REDACTED = "redacted"
    """The property existed, but the recording did not keep its value: whatever depends on it is undetermined."""


MISSING: Final = Mark.MISSING
REDACTED: Final = Mark.REDACTED


@dataclass(frozen=True, slots=True)
class Context:
    """One subject as the caller described it.

    ``distinct_id`` is the person's id, already text. ``properties`` are the person's, ``groups`` maps a group
    type name to the group's key, ``group_properties`` maps a group type name to that group's properties.
    ``device_id`` is used by flags that bucket by device. ``hash_key_overrides`` maps a flag key to the id
    that an earlier, anonymous check was hashed with (experience continuity).

    A property value may be ``REDACTED`` in a replay: answers that depend on it come out undetermined.
    """

    distinct_id: str
    properties: Mapping[str, JsonValue] = field(default_factory=dict)
    groups: Mapping[str, JsonValue] = field(default_factory=dict)
    group_properties: Mapping[str, Mapping[str, JsonValue]] = field(default_factory=dict)
    device_id: str | None = None
    hash_key_overrides: Mapping[str, str] = field(default_factory=dict)
