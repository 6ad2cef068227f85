"""Takes answered checks off the serving path and has them written by a thread of its own."""

import logging
from collections import Counter, deque
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from threading import Event, Lock, Thread
from types import TracebackType

from mcp_server.services.ports import AnsweredCheck, Clock, RecorderCounters
from mcp_server.traffic.spool import AllowedProperties, RecorderSettings, Spool, keep_all

log = logging.getLogger(__name__)


class SegmentRecorder:
    """Writes the checks of one provenance into segment files.

    ``offer`` is safe from any thread. A check is on disk about ``flush_every`` after it was offered, or when ``flush``
    or ``close`` returns; a process that is killed loses what came since its last segment, and never damages one. What
    was offered must not be changed afterwards.
    """

    def __init__(
        self,
        home: Path,
        clock: Clock,
        *,
        settings: RecorderSettings | None = None,
        allowed_properties: AllowedProperties = keep_all,
    ) -> None:
        self._settings = settings or RecorderSettings()
        self._spool = Spool(home, self._settings, allowed_properties)
        self._clock = clock
        self._queue: deque[AnsweredCheck | Event] = deque()
        self._turned_away: Counter[str] = Counter()
        self._turning_away = Lock()
        self._wake = Event()
        self._closed = False
        self._thread = Thread(target=self._run, name="drysail-recorder", daemon=True)
        self._thread.start()

    def offer(self, check: AnsweredCheck) -> None:
        """Takes a check if there is room, and counts it as dropped otherwise."""
        if len(self._queue) < self._settings.capacity and not self._closed:
            self._queue.append(check)
        else:
            with self._turning_away:
                self._turned_away[check.environment] += len(check.results)

    def flush(self) -> None:
        """Returns when everything that was offered before is on disk (or counted as dropped)."""
        if self._closed:
            return
        written = Event()
        self._queue.append(written)
        self._wake.set()
        written.wait()

    def close(self) -> None:
        """Writes what there is and ends the thread. Later checks are dropped."""
        if self._closed:
            return
        self._closed = True
        self._wake.set()
        self._thread.join()
        self._drain()  # a check may have come in after the thread's last look
        self._spool.write_all()

    @property
    def counters(self) -> RecorderCounters:
        """What became of the checks so far; those offered last may not be counted yet."""
        return replace(self._spool.counters, waiting=len(self._queue))

    def __enter__(self) -> "SegmentRecorder":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _run(self) -> None:
        while not self._closed:
            self._wake.wait(self._settings.poll_seconds)
            self._wake.clear()
            self._drain()

    def _drain(self) -> None:
        now = self._clock()
        while self._queue:
            item = self._queue.popleft()
            try:
                self._handle(item, now)
            except Exception:
                log.exception("The recorder met an error that it does not know; it goes on with the next check.")
        self._drop_turned_away()
        self._spool.write_due(now)
        self._spool.warn_when_due(now)

    def _handle(self, item: AnsweredCheck | Event, now: datetime) -> None:
        if not isinstance(item, Event):
            self._spool.take(item, now)
            return
        try:
            self._drop_turned_away()
            self._spool.write_all()
        finally:
            item.set()

    def _drop_turned_away(self) -> None:
        with self._turning_away:
            turned_away, self._turned_away = self._turned_away, Counter()
        for environment, checks in turned_away.items():
            self._spool.turn_away(environment, checks)
