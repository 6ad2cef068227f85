"""Puts the endpoints together into one ASGI application."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import (
    AbstractAsyncContextManager,
    AbstractContextManager,
    AsyncExitStack,
    ExitStack,
    asynccontextmanager,
)
from typing import Final

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route, request_response
from starlette.types import ASGIApp, Receive, Scope, Send

from mcp_server.http.answering import Answering
from mcp_server.http.browser import BrowserEndpoint
from mcp_server.http.cors import CrossOrigin
from mcp_server.http.definitions import DefinitionsEndpoint
from mcp_server.http.events import EventsEndpoint
from mcp_server.http.flags import FlagsEndpoint
from mcp_server.http.health import health_routes
from mcp_server.http.metrics import Metrics
from mcp_server.http.ofrep import OfrepEndpoint
from mcp_server.http.rejection import Disconnected, Rejection
from mcp_server.http.rendering import Rendering
from mcp_server.http.shape import decide_options, flags_options
from mcp_server.http.shedding import Load, Shedding, measuring
from mcp_server.http.sources import SYSTEM, Sources
from mcp_server.services.ports import Recorder
from mcp_server.services.serving import Serving

LifespanHook = Callable[[], AbstractAsyncContextManager[object]]
"""What runs as long as the server does: entered before the first request is read, left after the last is answered."""

_DEFINITIONS: Final = ("/flags/definitions", "/api/feature_flag/local_evaluation")
_REMOTE_CONFIG: Final = ("/api/projects/{project}/feature_flags/{key}/remote_config",)
_EVENTS: Final = ("/batch", "/capture", "/e", "/i/v0/e", "/track", "/engage")


class Application:
    """Sends checks straight to their endpoint; everything else goes through Starlette's router."""

    def __init__(self, checks: dict[str, ASGIApp], rest: ASGIApp) -> None:
        self._checks = checks
        self._rest = rest

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handles one connection scope."""
        app = self._checks.get(scope["path"], self._rest) if scope["type"] == "http" else self._rest
        await app(scope, receive, send)


def create_app(
    serving: Serving,
    recorder: Recorder,
    *,
    sources: Sources = SYSTEM,
    extra_routes: Sequence[BaseRoute] = (),
    lifespan: LifespanHook | None = None,
) -> Application:
    """The whole HTTP surface. ``extra_routes`` come last; ``lifespan`` runs around all requests."""
    load = Load(sources.timer())
    answering = Answering(serving, recorder, sources.clock)
    metrics = Metrics(serving, answering, load, sources.timer)

    def check_path(name: str, app: ASGIApp) -> ASGIApp:
        return metrics.counted(name, CrossOrigin(Shedding(app, load, sources.timer)))

    rendering = Rendering()
    flags = check_path("flags", FlagsEndpoint(answering, rendering, flags_options, sources.new_request_id))
    decide = check_path("decide", FlagsEndpoint(answering, rendering, decide_options, sources.new_request_id))
    ofrep = OfrepEndpoint(answering)
    events = EventsEndpoint(answering, metrics.events)
    definitions = DefinitionsEndpoint(answering)
    capture = check_path("events", request_response(events.capture))
    routes = [
        *_with_and_without_slash(_DEFINITIONS, metrics.counted("definitions", request_response(definitions.answer))),
        *_with_and_without_slash(
            _REMOTE_CONFIG, metrics.counted("remote_config", request_response(definitions.remote_config))
        ),
        *_with_and_without_slash(_EVENTS, capture),
        *_with_and_without_slash(["/i/v1/analytics/events"], check_path("events", request_response(events.analytics))),
        *_with_and_without_slash(["/ofrep/v1/evaluate/flags"], check_path("ofrep", request_response(ofrep.many))),
        Route("/ofrep/v1/evaluate/flags/{key:path}", check_path("ofrep", request_response(ofrep.one))),
        Route("/array/{token}/config", check_path("browser", request_response(BrowserEndpoint(answering).answer))),
        *health_routes(serving, metrics),
        *extra_routes,
    ]
    rest = Starlette(
        routes=routes,
        lifespan=_lifespan(load, sources, lifespan),
        exception_handlers={Rejection: _rejected, Disconnected: _gone},
    )
    rest.router.redirect_slashes = False
    return Application({"/flags": flags, "/flags/": flags, "/decide": decide, "/decide/": decide}, rest)


@asynccontextmanager
async def in_threads(*managers: AbstractContextManager[object]) -> AsyncIterator[None]:
    """Enters ordinary context managers in order and leaves them in reverse, without holding up the event loop."""
    stack = ExitStack()
    try:
        for manager in managers:
            await asyncio.to_thread(stack.enter_context, manager)
        yield
    finally:
        await asyncio.to_thread(stack.close)


def _with_and_without_slash(paths: Sequence[str], app: ASGIApp) -> list[BaseRoute]:
    return [Route(path + end, app) for path in paths for end in ("", "/")]


def _lifespan(
    load: Load, sources: Sources, hook: LifespanHook | None
) -> Callable[[Starlette], AbstractAsyncContextManager[None]]:
    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        async with AsyncExitStack() as stack:
            if hook is not None:
                await stack.enter_async_context(hook())
            await stack.enter_async_context(measuring(load, sources.timer))
            yield

    return lifespan


async def _rejected(_: Request, error: Exception) -> Response:
    if not isinstance(error, Rejection):
        raise error
    return error.response()


async def _gone(_: Request, __: Exception) -> Response:
    return Response(status_code=400)
