"""The seams of the application: more routes, and what runs as long as it does."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from threading import current_thread, main_thread
from types import TracebackType

import pytest
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from starlette.testclient import TestClient

from mcp_server.http.app import create_app, in_threads
from tests.mcp_server.http.home import ServedHome


class Witness:
    """A context manager that writes down what happens to it, and whether on the main thread."""

    def __init__(self, name: str, log: list[str], *, fails: bool = False) -> None:
        self._name = name
        self._log = log
        self._fails = fails

    def __enter__(self) -> "Witness":
        assert current_thread() is not main_thread()
        self._log.append(f"enter {self._name}")
        if self._fails:
            raise OSError("no")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._log.append(f"leave {self._name}")


def test_extra_routes_are_served_inside_the_lifespan(home: ServedHome) -> None:
    log: list[str] = []

    async def endpoint(_: Request) -> Response:
        log.append("request")
        return PlainTextResponse("extra")

    @asynccontextmanager
    async def lifespan() -> AsyncIterator[None]:
        async with in_threads(Witness("recorder", log), Witness("refresher", log)):
            yield

    app = create_app(home.serving, home.recorded, extra_routes=[Route("/mcp", endpoint)], lifespan=lifespan)
    with TestClient(app) as client:
        assert client.get("/mcp").text == "extra"
    expected = ["enter recorder", "enter refresher", "request", "leave refresher", "leave recorder"]
    assert log == expected


def test_what_was_entered_is_left_when_the_next_one_fails(home: ServedHome) -> None:
    log: list[str] = []
    recorder, refresher = Witness("recorder", log), Witness("refresher", log, fails=True)
    app = create_app(home.serving, home.recorded, lifespan=lambda: in_threads(recorder, refresher))
    with pytest.raises(OSError, match="no"), TestClient(app):
        pass
    assert log == ["enter recorder", "enter refresher", "leave recorder"]
