"""Seeded random texts in the small languages that filters hold: patterns, dates, versions, numbers."""

from random import Random
from typing import Final

from tests.oracles.random_values import POOLS

_DATES: Final = ["2026-03-31", "2025-12-31", "20240229", "2026-W01-1", "2026-001", "2026-03"]
_TIMES: Final = ["", "T10", "T10:30", " 10:30:15", "T10:30:15.5", "T103015,123", "t10:30"]
_ZONES: Final = ["", "Z", " Z", "z", "+02:00", " +02:00", "  +02:00", "-0330", " UTC", " utc", "UTC", "\n"]


def random_pattern(random: Random) -> str:
    """Mostly nonsense, often near the border of what is valid or supported."""
    return _joined(random, "pattern", random.choice([1, 1, 2, 2, 3, 3, 4, 6]))


def random_subject(random: Random) -> str:
    """Text for patterns to search."""
    return _joined(random, "subject", random.choice([0, 1, 2, 3, 4, 8]))


def random_date(random: Random) -> str:
    """Something like a date."""
    if random.random() < 0.3:
        return _joined(random, "date", random.randrange(1, 10))
    return random.choice(_DATES) + random.choice(_TIMES) + random.choice(_ZONES)


def random_version(random: Random) -> str:
    """Something like a version."""
    return _joined(random, "version", random.randrange(1, 9))


def random_number(random: Random) -> str:
    """Something like a decimal number."""
    return _joined(random, "number", random.randrange(1, 6))


def _joined(random: Random, language: str, amount: int) -> str:
    return "".join(random.choice(POOLS["pieces"][language]) for _ in range(amount))
