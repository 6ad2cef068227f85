"""What a running server does for its traffic beside serving: hourly snapshots, merging and pruning of segments."""

import logging
from threading import Event, Thread
from types import TracebackType
from typing import Final, Self

from mcp_server.services.actor import Actor
from mcp_server.services.errors import Unavailable
from mcp_server.services.home import Home
from mcp_server.services.snapshots import DAMAGE, quarantine_damaged, register_when_due
from mcp_server.services.traffic import prune_traffic
from mcp_server.traffic.archive import TrafficArchive

LOOK_EVERY_SECONDS: Final = 60.0

log = logging.getLogger(__name__)


class Housekeeping:
    """A thread that works while it is entered. A failure is logged once and tried again; serving never notices."""

    def __init__(self, home: Home, archive: TrafficArchive, actor: Actor) -> None:
        self._home = home
        self._archive = archive
        self._actor = actor
        self._stopping = Event()
        self._failing = ""
        self._thread = Thread(target=self._run, name="drysail-housekeeping", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stopping.set()
        self._thread.join()

    def work(self) -> None:
        """One round over all environments."""
        with self._home.store.read() as reader:
            environments = [environment.name for environment in reader.environments()]
        for environment in environments:
            self._compact(environment)
            register_when_due(self._home, environment, self._actor)
            prune_traffic(self._home, environment)

    def _compact(self, environment: str) -> None:
        try:
            self._archive.compact(environment, self._home.clock())
        except Unavailable as error:
            moved = quarantine_damaged(self._home, environment, self._actor) if error.code in DAMAGE else ()
            if not moved:
                raise
            for each in moved:
                log.warning("Moved a damaged segment of %s to quarantine: %s", environment, each.sentence())

    def _run(self) -> None:
        while not self._stopping.wait(LOOK_EVERY_SECONDS):
            try:
                self.work()
                self._failing = ""
            except Exception as error:  # noqa: BLE001 - traffic in trouble must not end a healthy server
                if str(error) != self._failing:
                    log.warning("Failed while keeping the traffic in order: %s", error)
                self._failing = str(error)
