"""The threads of a server: one keeps what is served current, one tells the store which revision is live."""

import logging
from collections.abc import Callable
from threading import Event, Thread
from types import TracebackType
from typing import Final, Self

from mcp_server.services.ports import Clock, Server, Store
from mcp_server.services.serving import Serving

POLL_SECONDS: Final = 0.1
"""How often the store is asked for a new version. A change is live within this plus the time it takes to compile."""

HEARTBEAT_SECONDS: Final = 10.0
"""How often a server says that it still runs. Whoever waits for it trusts a report for three of these."""

PATIENCE_SECONDS: Final = 15.0
"""How long a stopping server waits for a store that hangs."""

_log = logging.getLogger(__name__)


class Refresher:
    """Polls the store while it is entered, and keeps polling whatever happens there.

    Reporting has its own thread: it waits for the store's write lock, and a change must not wait for that.
    ``server_id`` is this process's name in the store, ``url`` where it listens.
    """

    def __init__(self, serving: Serving, store: Store, clock: Clock, *, server_id: str, url: str, pid: int) -> None:
        self._serving = serving
        self._store = store
        self._clock = clock
        self._server = Server(id=server_id, url=url, pid=pid, revisions={}, live_at=clock(), seen_at=clock())
        self._stopping = Event()
        self._news = Event()
        self._failing: set[str] = set()
        self._broken: set[str] = set()
        self._threads = [
            Thread(target=self._poll, name="drysail-refresh", daemon=True),
            Thread(target=self._report, name="drysail-report", daemon=True),
        ]

    def __enter__(self) -> Self:
        """Reads the store once, so that a server is ready when it starts to listen, then leaves it to the threads."""
        self._attempt("reading the definitions", self._refresh)
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stops both threads and takes this server off the store's list."""
        self._stopping.set()
        self._news.set()
        for thread in self._threads:
            thread.join(PATIENCE_SECONDS)
        self._attempt("taking this server off the list", self._forget)

    def _poll(self) -> None:
        while not self._stopping.wait(POLL_SECONDS):
            self._attempt("reading the definitions", self._refresh)

    def _report(self) -> None:
        while True:
            self._news.clear()
            if self._stopping.is_set():  # set before the news, so looking after clearing them misses neither
                return
            self._attempt("reporting the live revision", self._tell)
            self._news.wait(HEARTBEAT_SECONDS)

    def _refresh(self) -> None:
        if not self._serving.refresh():
            return
        served = self._serving.served
        if served is None:
            return
        for name in served.broken.keys() - self._broken:
            _log.error("The definitions of %s cannot be served: %s", name, served.broken[name])
        self._broken = set(served.broken)
        if served.revisions != self._server.revisions:
            self._server = self._server.model_copy(update={"revisions": served.revisions, "live_at": self._clock()})
            self._news.set()

    def _tell(self) -> None:
        with self._store.write() as writer:
            writer.report_server(self._server.model_copy(update={"seen_at": self._clock()}))

    def _forget(self) -> None:
        with self._store.write() as writer:
            writer.forget_server(self._server.id)

    def _attempt(self, what: str, action: Callable[[], None]) -> None:
        """Runs one step. Whatever goes wrong in it, the server goes on; a row of failures is logged once."""
        try:
            action()
            self._failing.discard(what)
        except Exception as error:  # noqa: BLE001 - a sick store must not end a healthy server
            if what not in self._failing:
                _log.warning("Failed while %s: %s: %s", what, type(error).__name__, error)
            self._failing.add(what)
