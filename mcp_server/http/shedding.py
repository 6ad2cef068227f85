"""Turns requests away while the server is too far behind to answer them in time.

In one event loop a request waits in its socket, where nothing can count it. What can be measured is how long the loop
has been busy since a timer should have fired: everything that it now comes to has waited about that long.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Final

from starlette.types import ASGIApp, Receive, Scope, Send

from mcp_server.http.rejection import Cause, Rejection

TICK_SECONDS: Final = 0.02
"""How often the timer should fire."""

TARGET_SECONDS: Final = 0.1
"""How long a request may wait in a server that is overloaded. SDKs give up after three seconds."""

LATE_IN_A_ROW: Final = 2
"""A server is overloaded when its timer was later than the target so many times, without being in time once."""

BURST_SECONDS: Final = 0.5
"""How long a request may wait in any other: a burst or a pause of the machine is not yet overload."""


class Load:
    """How late the event loop runs, and which requests to turn away for it.

    While the loop is late again and again, each of its rounds answers for ``TARGET_SECONDS`` and refuses the rest of
    what came meanwhile: what remains is as much as there is time for. All times are seconds of one timer.
    """

    def __init__(self, now: float) -> None:
        self.lateness = 0.0
        """How late the timer fired last."""
        self.shed = 0
        """Requests turned away so far."""
        self._ticked_at = now
        self._late_in_a_row = 0

    def tick(self, now: float) -> None:
        """The timer fired."""
        self.lateness = now - self._ticked_at - TICK_SECONDS
        self._late_in_a_row = self._late_in_a_row + 1 if self.lateness > TARGET_SECONDS else 0
        self._ticked_at = now

    def turns_away(self, now: float) -> bool:
        """Whether to refuse the next request."""
        allowed = TARGET_SECONDS if self._late_in_a_row >= LATE_IN_A_ROW else BURST_SECONDS
        if now - self._ticked_at - TICK_SECONDS <= allowed:
            return False
        self.shed += 1
        return True


@asynccontextmanager
async def measuring(load: Load, timer: Callable[[], float]) -> AsyncIterator[None]:
    """Lets the timer fire while it is entered."""

    async def tick() -> None:
        load.tick(timer())
        while True:
            await asyncio.sleep(TICK_SECONDS)
            load.tick(timer())

    task = asyncio.create_task(tick())
    try:
        yield
    finally:
        task.cancel()


class Shedding:
    """Refuses with 503, before anything of a request is read. SDKs keep what they have and do not ask again at once."""

    def __init__(self, app: ASGIApp, load: Load, timer: Callable[[], float]) -> None:
        self._app = app
        self._load = load
        self._timer = timer
        self._refusal = Rejection(Cause.UNAVAILABLE, "The server is overloaded; ask again in a moment.").response()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handles one request."""
        refused = self._load.turns_away(self._timer())
        await (self._refusal if refused else self._app)(scope, receive, send)
