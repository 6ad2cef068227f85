"""Seeded random subjects and moments."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from random import Random
from typing import Any, Final

from evaluator.context import REDACTED, Context
from tests.oracles.random_values import PROPERTIES, random_value

MOMENTS: Final = [
    datetime(2026, 6, 15, 12, 0, 0, 123456, tzinfo=UTC),
    datetime(2026, 3, 31, 0, 0, tzinfo=UTC),
    datetime(2024, 2, 29, 23, 59, 59, tzinfo=UTC),
    datetime(2026, 1, 1, 1, 30, tzinfo=timezone(timedelta(hours=2))),
]
"""Ordinary, at the end of a month, on a leap day, and in another zone where it is already next year."""

ODD_IDS: Final = ["", "x" * 250, "ünïcødé-😀", "a.b", "variant", "\ud800"]
GROUP_KEYS: Final = ["acme", "acme", "org-9", "org-12", 42, "", True, 1.5, None, ["x"]]


def random_context(random: Random, *, oddness: float) -> Context:
    """A subject with most of the properties that random filters ask for."""
    groups = {
        name: random.choice(GROUP_KEYS if random.random() < oddness else GROUP_KEYS[:4])
        for name in ("company", "project")
        if random.random() < 0.75
    }
    return Context(
        distinct_id=random.choice(ODD_IDS) if random.random() < oddness / 3 else f"user-{random.randrange(10_000)}",
        properties=_properties(random, oddness),
        groups=groups,
        group_properties={name: _group_properties(random, oddness) for name in groups if random.random() < 0.85},
        device_id=random.choice([None, "", "device-1", "device-2", "device-3"]),
    )


def _properties(random: Random, oddness: float) -> dict[str, Any]:
    thoroughness = random.choice([1.0, 0.95, 0.85])
    properties = {
        name: random_value(random, family, oddness=oddness)
        for name, family in PROPERTIES.items()
        if random.random() < thoroughness
    }
    for position in range(8):
        if random.random() < 0.8:
            properties[f"$feature_enrollment/flag-{position}"] = random.choice(
                [True, False, "true", "TRUE", "false", None, 1]
            )
    if random.random() < 0.1:
        properties["distinct_id"] = "somebody-else"
    if random.random() < 0.1:
        properties["$device_id"] = random.choice(["device-1", "device-4", ""])
    return properties


def forgetful(random: Random, context: Context) -> Context:
    """The same subject as a recording that kept only some of the values."""
    return replace(
        context,
        properties=_redacted(random, context.properties),
        group_properties={name: _redacted(random, known) for name, known in context.group_properties.items()},
    )


def _redacted(random: Random, properties: Mapping[str, Any]) -> dict[str, Any]:
    return {name: REDACTED if random.random() < 0.4 else value for name, value in properties.items()}


def _group_properties(random: Random, oddness: float) -> dict[str, Any]:
    properties = _properties(random, oddness)
    if random.random() < 0.1:
        properties["$group_key"] = "another"
    return properties
