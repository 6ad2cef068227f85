"""Turns requests away while the server is too far behind to answer them in time.

In one event loop a request waits in the socket, where nothing can count it. What can be measured is how late the loop
itself runs: a timer that fires late by a quarter of a second means that every request waits about that long.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Final

from starlette.types import ASGIApp, Receive, Scope, Send

from mcp_server.http.rejection import Cause, Rejection

TICK_SECONDS: Final = 0.02
"""How often the loop's lateness is measured."""

TARGET_SECONDS: Final = 0.25
"""Lateness up to which every request is answered. SDKs give up after three seconds; a refusal is better than that."""

_WEIGHT: Final = 0.3
"""Weight of a new measurement in the running average, so that one slow tick turns nobody away."""


class Load:
    """How late the event loop runs, and which requests to turn away for it."""

    def __init__(self) -> None:
        self.lateness = 0.0
        self.shed = 0
        self._due = 0.0

    def measure(self, lateness: float) -> None:
        """Takes one measurement, in seconds."""
        self.lateness += _WEIGHT * (max(lateness, 0.0) - self.lateness)

    def turns_away(self) -> bool:
        """Whether to refuse the next request.

        At n times the target, the share that is still answered is 1/n: what remains fits the time there is.
        """
        if self.lateness <= TARGET_SECONDS:
            self._due = 0.0
            return False
        self._due += 1 - TARGET_SECONDS / self.lateness
        if self._due < 1:
            return False
        self._due -= 1
        self.shed += 1
        return True

    @asynccontextmanager
    async def measured(self, timer: Callable[[], float]) -> AsyncIterator[None]:
        """Measures while it is entered."""

        async def tick() -> None:
            while True:
                start = timer()
                await asyncio.sleep(TICK_SECONDS)
                self.measure(timer() - start - TICK_SECONDS)

        task = asyncio.create_task(tick())
        try:
            yield
        finally:
            task.cancel()


class Shedding:
    """Refuses with 503, before anything of a request is read. SDKs keep what they have and do not ask again at once."""

    def __init__(self, app: ASGIApp, load: Load) -> None:
        self._app = app
        self._load = load
        self._refusal = Rejection(Cause.UNAVAILABLE, "The server is overloaded; ask again in a moment.").response()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handles one request."""
        await (self._refusal if self._load.turns_away() else self._app)(scope, receive, send)
