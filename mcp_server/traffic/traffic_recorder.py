"""Records what a running server sees: the checks that it answers, and those that SDKs tell of."""

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Self

from evaluator.context import JsonValue
from mcp_server.services.ports import AnsweredCheck, Clock, RecorderCounters
from mcp_server.traffic.called_flags import check_of_event, is_local_call
from mcp_server.traffic.recorder import SegmentRecorder
from mcp_server.traffic.spool import AllowedProperties, RecorderSettings, keep_all
from policies.impact import Provenance


class TrafficRecorder:
    """Implements the ``Recorder`` port: one ``SegmentRecorder`` per provenance, with the same settings otherwise."""

    def __init__(
        self,
        home: Path,
        clock: Clock,
        *,
        settings: RecorderSettings | None = None,
        allowed_properties: AllowedProperties = keep_all,
    ) -> None:
        def recorder(provenance: Provenance) -> SegmentRecorder:
            of_kind = replace(settings or RecorderSettings(), provenance=provenance)
            return SegmentRecorder(home, clock, settings=of_kind, allowed_properties=allowed_properties)

        self._clock = clock
        self._answered = recorder("recorded")
        self._told = recorder("reconstructed")

    def offer(self, check: AnsweredCheck) -> None:
        """Takes a check that was answered here."""
        self._answered.offer(check)

    def offer_events(self, environment: str, events: Sequence[Mapping[str, JsonValue]], *, sdk: str) -> int:
        """Takes the events that tell how an SDK evaluated a flag by itself. Returns how many could not be read."""
        now = self._clock()
        unreadable = 0
        for event in filter(is_local_call, events):
            try:
                check = check_of_event(event, environment, now)
            except (ValueError, RecursionError):
                unreadable += 1
            else:
                self._told.offer(check if check.sdk else replace(check, sdk=sdk))
        return unreadable

    def flush(self) -> None:
        """Returns when everything that was offered before is on disk (or counted as dropped)."""
        self._answered.flush()
        self._told.flush()

    @property
    def counters(self) -> Mapping[Provenance, RecorderCounters]:
        """What became of the checks so far, by provenance."""
        return {"recorded": self._answered.counters, "reconstructed": self._told.counters}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with ExitStack() as stack:
            stack.callback(self._answered.close)
            stack.callback(self._told.close)
