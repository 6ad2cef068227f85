"""Made-up users: skewed as real ones are, with holes and a few broken values, and the same ones for the same seed."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from evaluator.context import MISSING, Context

T = TypeVar("T")

ZIPF_EXPONENT = 1.05
SUBJECTS_PER_COMPANY = 25

COUNTRIES = ("US", "DE", "GB", "FR", "IN", "BR", "CA", "NL", "ES", "JP", "AU", "IT", "SE", "PL", "MX", "KR", "CH", "NO")
PLANS = ("free", "pro", "team", "enterprise")
PLAN_SHARES = (70.0, 20.0, 8.0, 2.0)
COMPANY_PLANS = frozenset({"team", "enterprise"})
VERSIONS = tuple(f"{major}.{minor}.{patch}" for major in (3, 4, 5) for minor in range(6) for patch in range(3))
BROKEN_VERSIONS = ("5.x", "nightly", "", "v4.2")
VERSION_SHARES = (3.0,) * len(BROKEN_VERSIONS) + tuple(1.0 + position**1.5 / 8 for position in range(len(VERSIONS)))
UPGRADING = 0.3
"""Share of the users whose app is upgraded within the time."""
DOMAINS = ("gmail.com", "example.com", "outlook.com", "acme.com", "example.org")
INDUSTRIES = ("software", "retail", "finance", "health", "education", "games")
COMPANY_SIZES = (5, 12, 40, 120, 450, 2000)


@dataclass(frozen=True, slots=True)
class Sdk:
    """A client: its name as it introduces itself, whether it asks for all flags at once, and its devices."""

    name: str
    asks_all: bool
    has_device: bool


SDKS = (
    Sdk("posthog-js/1.298.0", asks_all=True, has_device=True),
    Sdk("posthog-js/1.275.2", asks_all=True, has_device=True),
    Sdk("posthog-ios/3.34.0", asks_all=True, has_device=True),
    Sdk("posthog-android/3.25.0", asks_all=True, has_device=True),
    Sdk("posthog-python/7.91.1", asks_all=False, has_device=False),
    Sdk("posthog-python/6.7.4", asks_all=False, has_device=False),
    Sdk("posthog-node/5.11.0", asks_all=False, has_device=False),
)
SDK_SHARES = (28.0, 9.0, 12.0, 9.0, 22.0, 8.0, 12.0)


class Dice:
    """Draws from one seeded stream of uniform numbers, which numpy keeps the same from version to version."""

    def __init__(self, seed: int) -> None:
        self._random = np.random.Generator(np.random.PCG64(seed))

    def uniform(self, count: int) -> NDArray[np.float64]:
        """Numbers from 0 up to, but not including, 1."""
        return self._random.random(count)

    def below(self, limit: int, count: int) -> NDArray[np.int64]:
        """Whole numbers from 0 up to, but not including, ``limit``."""
        return (self.uniform(count) * limit).astype(np.int64)

    def by_share(self, shares: Sequence[float] | NDArray[np.float64], count: int) -> NDArray[np.int64]:
        """Positions in ``shares``, each as often as its share says."""
        limits = np.cumsum(np.asarray(shares, dtype=np.float64))
        drawn = np.searchsorted(limits, self.uniform(count) * limits[-1], side="right")
        within: NDArray[np.int64] = np.minimum(drawn, len(limits) - 1)
        return within


@dataclass(frozen=True, slots=True)
class Subject:
    """One made-up user, whose app is upgraded when the share ``upgrade_at`` of the time is over (1: not within it)."""

    context: Context
    upgrade_at: float
    sdk: Sdk

    def upgraded(self) -> Context:
        """The user with the newest version of the app."""
        return replace(self.context, properties={**self.context.properties, "app_version": VERSIONS[-1]})


def zipf_shares(count: int) -> NDArray[np.float64]:
    """How often each of ``count`` subjects asks: few very often, many hardly ever."""
    return np.arange(1, count + 1, dtype=np.float64) ** -ZIPF_EXPONENT


def make_subjects(dice: Dice, count: int, now: datetime) -> list[Subject]:
    """``count`` users who signed up within three years before ``now``; some of them are at a company."""
    sdks = [SDKS[number] for number in dice.by_share(SDK_SHARES, count)]
    ids = [f"user-{number:07d}" for number in range(count)]
    properties = _person_properties(dice, ids, now)
    companies = _companies(dice, max(1, count // SUBJECTS_PER_COMPANY))
    company_of = dice.by_share(zipf_shares(len(companies)), count)
    upgrades = np.minimum(dice.uniform(count) / UPGRADING, 1.0)
    subjects = []
    for number, distinct_id in enumerate(ids):
        sent = {name: column[number] for name, column in properties.items() if column[number] is not MISSING}
        key, company = companies[company_of[number]]
        has_company = sent.get("plan") in COMPANY_PLANS
        context = Context(
            distinct_id=distinct_id,
            properties=sent,
            groups={"company": key} if has_company else {},
            group_properties={"company": company} if has_company else {},
            device_id=f"device-{number:07d}" if sdks[number].has_device else None,
        )
        subjects.append(Subject(context, float(upgrades[number]), sdks[number]))
    return subjects


def _person_properties(dice: Dice, ids: Sequence[str], now: datetime) -> dict[str, list[Any]]:
    count = len(ids)
    domains = dice.by_share((60, 15, 12, 8, 5), count)
    days = dice.below(3 * 365, count).tolist()
    columns: dict[str, tuple[list[Any], float]] = {
        "country": (_chosen(dice, COUNTRIES, zipf_shares(len(COUNTRIES)), count), 0.03),
        "plan": (_chosen(dice, PLANS, PLAN_SHARES, count), 0.01),
        "email": ([f"{name}@{DOMAINS[domain]}" for name, domain in zip(ids, domains, strict=True)], 0.15),
        "app_version": (_chosen(dice, (*BROKEN_VERSIONS, *VERSIONS), VERSION_SHARES, count), 0.02),
        "signup_date": ([(now - timedelta(days=day)).date().isoformat() for day in days], 0.04),
        "beta_tester": (_chosen(dice, (False, True), (9, 1), count), 0.6),
        "seats": ((1 + dice.below(40, count)).tolist(), 0.7),
    }
    return {
        name: [MISSING if hole < holes else value for value, hole in zip(values, dice.uniform(count), strict=True)]
        for name, (values, holes) in columns.items()
    }


def _companies(dice: Dice, count: int) -> list[tuple[str, dict[str, Any]]]:
    sizes = _chosen(dice, COMPANY_SIZES, (30, 25, 20, 14, 8, 3), count)
    industries = _chosen(dice, INDUSTRIES, zipf_shares(len(INDUSTRIES)), count)
    known = (dice.uniform(count) >= 0.1).tolist()
    return [
        (f"company-{number:05d}", {"size": size, "industry": industry} if is_known else {"size": size})
        for number, (size, industry, is_known) in enumerate(zip(sizes, industries, known, strict=True))
    ]


def _chosen(dice: Dice, values: Sequence[T], shares: Sequence[float] | NDArray[np.float64], count: int) -> list[T]:
    return [values[position] for position in dice.by_share(shares, count)]
