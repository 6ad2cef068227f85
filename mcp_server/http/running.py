"""Runs an application until it is told to stop."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import uvicorn
from starlette.types import ASGIApp

from mcp_server.http.listening import Listener
from mcp_server.services.errors import Unavailable

KEEP_ALIVE_SECONDS: Final = 75
"""Longer than the pools of HTTP clients keep idle connections, so that a server does not close one under a request."""

DRAIN_SECONDS: Final = 10
"""How long requests that have begun may take to end when the server stops."""


def run(app: ASGIApp, listener: Listener) -> None:
    """Serves until SIGINT or SIGTERM, then ends open requests and the lifespan, and returns.

    After SIGINT it raises KeyboardInterrupt, once all that is done. Raises Unavailable if the lifespan fails to start.
    """
    server = make_server(app)
    with _terminating_quietly():
        try:
            server.run(sockets=[listener.socket])
        except SystemExit as error:
            raise Unavailable(
                "The server could not start.", hint="The reason was logged before this.", code="START_FAILED"
            ) from error


def make_server(app: ASGIApp) -> uvicorn.Server:
    """A server that is configured and not started: ``run(sockets=[...])`` starts it, ``should_exit`` ends it."""
    config = uvicorn.Config(
        app,
        lifespan="on",
        ws="none",
        access_log=False,
        log_config=None,
        server_header=False,
        proxy_headers=False,
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=DRAIN_SECONDS,
    )
    return uvicorn.Server(config)


@contextmanager
def _terminating_quietly() -> Iterator[None]:
    """Lets ``run`` return after SIGTERM: the server repeats the signal at its end, which would kill the caller."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    previous = signal.signal(signal.SIGTERM, lambda *_: None)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, previous)
