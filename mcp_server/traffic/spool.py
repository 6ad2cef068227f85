"""One draft per environment, written when it is old or full. The recorder's work without its thread."""

import logging
from collections import Counter
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from secrets import token_hex
from typing import Final

import duckdb

from mcp_server.services.ports import AnsweredCheck, RecorderCounters
from mcp_server.traffic.draft import Content, Draft, Origin
from mcp_server.traffic.interning import Unrecordable
from mcp_server.traffic.layout import TrafficFolder
from mcp_server.traffic.privacy import NOTHING_PRIVATE, Privacy
from mcp_server.traffic.sampling import Sampling
from mcp_server.traffic.segment import write_segment
from mcp_server.traffic.untold import untold_redacted
from policies.impact import Provenance

WARN_EVERY: Final = timedelta(minutes=1)

log = logging.getLogger(__name__)

AllowedProperties = Callable[[str], Collection[str] | None]
"""The property names that may be written in an environment; None for all."""


def keep_all(environment: str) -> None:
    """Allows every property."""


@dataclass(frozen=True, slots=True)
class RecorderSettings:
    """How much is held in memory, and for how long: what a killed process loses.

    A segment is written ``flush_every`` after its first check or at ``flush_checks`` checks. ``capacity`` is the number
    of requests that may wait for the writer, which looks every ``poll_seconds``. ``provenance`` tells where the checks
    come from; of ``reconstructed`` ones, no context is whole: what it does not hold is written as redacted.
    """

    flush_every: timedelta = timedelta(seconds=60)
    flush_checks: int = 200_000
    capacity: int = 10_000
    poll_seconds: float = 0.2
    sampling: Sampling = field(default_factory=Sampling)
    privacy: Privacy = NOTHING_PRIVATE
    provenance: Provenance = "recorded"


class Spool:
    """Not thread-safe. Nothing in here raises: what cannot be recorded is counted as dropped."""

    def __init__(
        self, home: Path, settings: RecorderSettings, allowed_properties: AllowedProperties = keep_all
    ) -> None:
        self.counters = RecorderCounters()
        self._home = home
        self._settings = settings
        self._allowed_properties = allowed_properties
        self._drafts: dict[str, tuple[Draft, datetime]] = {}
        self._dropped: Counter[str] = Counter()
        self._name = token_hex(6)
        self._warned_at: datetime | None = None
        self._warned_of = 0

    def take(self, check: AnsweredCheck, now: datetime) -> None:
        """Adds a check to its environment's draft, and writes the draft if it is full."""
        self.counters.offered += len(check.results)
        if not self._settings.sampling.keeps(check.environment, check.context.distinct_id):
            self.counters.sampled_out += len(check.results)
            return
        draft = self._draft(check.environment, now)
        try:
            draft.add(self._settings.privacy.withheld(check))
        except Unrecordable:
            self.drop(check.environment, len(check.results))
        if draft.checks >= self._settings.flush_checks:
            self._write(check.environment)

    def turn_away(self, environment: str, checks: int) -> None:
        """Counts checks that were offered while there was no room."""
        self.counters.offered += checks
        self.drop(environment, checks)

    def drop(self, environment: str, checks: int) -> None:
        """Counts checks that are lost; the environment's next segment says so."""
        self._dropped[environment] += checks
        self.counters.dropped += checks

    def warn_when_due(self, now: datetime) -> None:
        """Tells the log about dropped checks, at most once a minute."""
        dropped = self.counters.dropped
        is_due = self._warned_at is None or not timedelta(0) <= now - self._warned_at < WARN_EVERY
        if dropped > self._warned_of and is_due:
            log.warning(
                "%d checks were dropped and are missing from the recorded traffic (%d since the start): "
                "the queue was full, they could not be written down, or the disk refused.",
                dropped - self._warned_of,
                dropped,
            )
            self._warned_at, self._warned_of = now, dropped

    def write_due(self, now: datetime) -> None:
        """Writes the drafts that are old, and those whose allow-list has changed."""
        for environment, (draft, opened_at) in list(self._drafts.items()):
            # A clock that was set back must not put a draft off for ever.
            is_old = not timedelta(0) <= now - opened_at < self._settings.flush_every
            if is_old or draft.origin.kept != self._kept(environment):
                self._write(environment)

    def write_all(self) -> None:
        """Writes every draft."""
        for environment in list(self._drafts):
            self._write(environment)

    def _draft(self, environment: str, now: datetime) -> Draft:
        if environment not in self._drafts:
            origin = Origin(
                environment=environment,
                provenance=self._settings.provenance,
                source=f"recorder {self._name} {self.counters.segments + self.counters.failed_writes}",
                kept=self._kept(environment),
                sampled_ppm=self._settings.sampling.ppm,
                redaction=self._settings.privacy.redaction,
            )
            self._drafts[environment] = Draft(origin), now
        return self._drafts[environment][0]

    def _write(self, environment: str) -> None:
        draft, _ = self._drafts.pop(environment)
        if not draft.checks:
            return
        draft.dropped = self._dropped[environment]
        try:
            write_segment(TrafficFolder.of(self._home, environment), self._finished(draft))
        except (OSError, duckdb.Error) as error:
            self.counters.failed_writes += 1
            self.drop(environment, draft.checks)
            log.warning("%d checks of %s could not be written and are lost: %s", draft.checks, environment, error)
        else:
            self.counters.segments += 1
            self.counters.recorded += draft.checks
            del self._dropped[environment]

    def _finished(self, draft: Draft) -> Content:
        content = draft.finish()
        return untold_redacted(content) if self._settings.provenance == "reconstructed" else content

    def _kept(self, environment: str) -> frozenset[str] | None:
        try:
            allowed = self._allowed_properties(environment)
        except Exception:
            log.exception("The allow-list of %s is not available; no property is recorded until it is.", environment)
            return frozenset()
        return self._settings.privacy.kept(allowed)
