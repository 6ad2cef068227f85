"""The shop's users: two thousand people whose server asks through the official PostHog SDK."""

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from evaluator.context import Context
from mcp_server.services.errors import Unavailable
from mcp_server.traffic.population import Dice, make_subjects

SEED = 2026
CALLERS = 8


@dataclass(frozen=True, slots=True)
class Shoppers:
    """People, and the SDK client that asks for them."""

    people: tuple[Context, ...]
    client: Any

    @classmethod
    def invite(cls, count: int, url: str, token: str, now: datetime) -> "Shoppers":
        """Makes them up. Raises Unavailable where the SDK is not installed."""
        try:
            from posthog import Posthog
        except ImportError:
            raise Unavailable(
                "The tour needs the official PostHog SDK.", hint="Install it: pip install posthog.", code="NO_SDK"
            ) from None
        people = tuple(subject.context for subject in make_subjects(Dice(SEED), count, now))
        return cls(people=people, client=Posthog(token, host=url, disable_geoip=True, flush_interval=0.5))

    def visit(self) -> int:
        """Everybody asks for all flags once; returns how many answers came."""
        with ThreadPoolExecutor(CALLERS) as pool:
            return sum(len(flags) for flags in pool.map(self._all_flags, self.people))

    def value(self, person: Context, flag: str) -> bool | str | None:
        """What the SDK says now."""
        value: bool | str | None = self._all_flags(person).get(flag)
        return value

    def leave(self) -> None:
        """Sends what the SDK still holds, and closes it."""
        self.client.shutdown()

    def _all_flags(self, person: Context) -> Mapping[str, Any]:
        flags: Mapping[str, Any] | None = self.client.get_all_flags(
            person.distinct_id,
            groups=dict(person.groups),
            person_properties=dict(person.properties),
            group_properties={name: dict(values) for name, values in person.group_properties.items()},
        )
        return flags or {}
