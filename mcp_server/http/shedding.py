"""Turns requests away while the server is too far behind to answer them in time.

In one event loop a request waits in its socket, where nothing can count it. What can be measured is how long the
present round of the loop has run: whatever it comes to next arrived before the round began, and has waited that long.
"""

import asyncio
from collections.abc import Callable
from typing import Final

from starlette.types import ASGIApp, Receive, Scope, Send

from mcp_server.http.rejection import Cause, Rejection

TARGET_SECONDS: Final = 0.1
"""How long a round may last in a server that is overloaded. SDKs give up after three seconds."""

BURST_SECONDS: Final = 0.5
"""How long it may last in any other: a burst of requests is not yet overload."""

LATE_IN_A_ROW: Final = 2
"""A server is overloaded after so many rounds in a row that took longer than the target."""


class Load:
    """How long the rounds of the event loop take, and which requests to turn away for it.

    While one round after the other takes too long, each answers for ``TARGET_SECONDS`` and refuses the rest of what
    came meanwhile: what remains is as much as there is time for. All times are seconds of one timer.
    """

    def __init__(self) -> None:
        self.round_seconds = 0.0
        """How long the last round took."""
        self.shed = 0
        """Requests turned away so far."""
        self._began_at: float | None = None
        self._late_in_a_row = 0

    @property
    def in_round(self) -> bool:
        """Whether a round has begun and not ended."""
        return self._began_at is not None

    def begin_round(self, now: float) -> None:
        """The loop comes to the first request of a round."""
        self._began_at = now

    def end_round(self, now: float) -> None:
        """The loop has come to all requests that had arrived."""
        self.round_seconds = 0.0 if self._began_at is None else now - self._began_at
        self._late_in_a_row = self._late_in_a_row + 1 if self.round_seconds > TARGET_SECONDS else 0
        self._began_at = None

    def turns_away(self, now: float) -> bool:
        """Whether to refuse the next request of this round."""
        allowed = TARGET_SECONDS if self._late_in_a_row >= LATE_IN_A_ROW else BURST_SECONDS
        if self._began_at is None or now - self._began_at <= allowed:
            return False
        self.shed += 1
        return True


class Shedding:
    """Refuses with 503, before anything of a request is read. SDKs keep what they have and do not ask again at once."""

    def __init__(self, app: ASGIApp, load: Load, timer: Callable[[], float]) -> None:
        self._app = app
        self._load = load
        self._timer = timer
        self._refusal = Rejection(Cause.UNAVAILABLE, "The server is overloaded; ask again in a moment.").response()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handles one request."""
        now = self._timer()
        if not self._load.in_round:
            self._load.begin_round(now)
            # Runs after everything that is ready now, which are the requests that came during the last round.
            asyncio.get_running_loop().call_soon(self._end_round)
        await (self._refusal if self._load.turns_away(now) else self._app)(scope, receive, send)

    def _end_round(self) -> None:
        self._load.end_round(self._timer())
