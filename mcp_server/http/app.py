"""Puts the endpoints together into one ASGI application."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import (
    AbstractAsyncContextManager,
    AbstractContextManager,
    ExitStack,
    asynccontextmanager,
    nullcontext,
)
from typing import Final

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route, request_response
from starlette.types import ASGIApp, Receive, Scope, Send

from mcp_server.http.answering import Answering
from mcp_server.http.browser import BrowserEndpoint
from mcp_server.http.cors import CrossOrigin, method_not_allowed
from mcp_server.http.definitions import DefinitionsEndpoint
from mcp_server.http.events import EventsEndpoint
from mcp_server.http.flags import FlagsEndpoint
from mcp_server.http.health import health_routes
from mcp_server.http.metrics import Metrics
from mcp_server.http.ofrep import OfrepEndpoint
from mcp_server.http.rejection import Disconnected, Rejection
from mcp_server.http.rendering import Rendering
from mcp_server.http.shape import decide_options, flags_options
from mcp_server.http.shedding import Load, Shedding
from mcp_server.http.sources import SYSTEM, Sources
from mcp_server.services.ports import Recorder
from mcp_server.services.serving import Serving

LifespanHook = Callable[[], AbstractAsyncContextManager[None]]
"""What runs as long as the server does: entered before the first request is read, left after the last is answered."""

Handler = Callable[[Request], Awaitable[Response]]

_READING: Final = ("GET", "HEAD")
_DEFINITIONS: Final = ("/flags/definitions", "/api/feature_flag/local_evaluation")
_REMOTE_CONFIG: Final = ("/api/projects/{project}/feature_flags/{key}/remote_config",)
_EVENTS: Final = ("/batch", "/capture", "/e", "/i/v0/e", "/track", "/engage")
_ANALYTICS: Final = ("/i/v1/analytics/events",)
_OFREP: Final = ("/ofrep/v1/evaluate/flags",)
_BROWSER: Final = ("/array/{token}/config",)


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
    load = Load()
    answering = Answering(serving, recorder, sources.clock)
    metrics = Metrics(serving, answering, load, sources.timer)
    public = _Public(metrics, load, sources)
    rest = Starlette(
        routes=[
            *_server_routes(answering, metrics),
            *_public_routes(answering, metrics, public),
            *health_routes(serving, metrics),
            *extra_routes,
        ],
        lifespan=_lifespan(lifespan),
        exception_handlers={Rejection: _rejected, Disconnected: _gone},
    )
    rest.router.redirect_slashes = False
    rendering = Rendering()
    flags = public.app("flags", FlagsEndpoint(answering, rendering, flags_options, sources.new_request_id))
    decide = public.app("decide", FlagsEndpoint(answering, rendering, decide_options, sources.new_request_id))
    return Application({"/flags": flags, "/flags/": flags, "/decide": decide, "/decide/": decide}, rest)


class _Public:
    """What goes around an endpoint that anybody with a public token may ask, browsers included."""

    def __init__(self, metrics: Metrics, load: Load, sources: Sources) -> None:
        self._metrics = metrics
        self._load = load
        self._timer = sources.timer

    def app(self, name: str, app: ASGIApp) -> ASGIApp:
        return self._metrics.counted(name, CrossOrigin(Shedding(app, self._load, self._timer)))

    def handler(self, name: str, handler: Handler, *methods: str) -> ASGIApp:
        return self.app(name, _only(methods, handler))


def _server_routes(answering: Answering, metrics: Metrics) -> list[BaseRoute]:
    """For holders of a secret key. Never turned away: an SDK that has no definitions asks for every single check."""
    endpoint = DefinitionsEndpoint(answering)
    definitions = metrics.counted("definitions", _only(_READING, endpoint.answer))
    remote_config = metrics.counted("remote_config", _only(_READING, endpoint.remote_config))
    return [*_routes(_DEFINITIONS, definitions), *_routes(_REMOTE_CONFIG, remote_config)]


def _public_routes(answering: Answering, metrics: Metrics, public: _Public) -> list[BaseRoute]:
    events = EventsEndpoint(answering, metrics.events, metrics.unreadable)
    ofrep = OfrepEndpoint(answering)
    return [
        *_routes(_EVENTS, public.handler("events", events.capture, *_READING, "POST")),
        *_routes(_ANALYTICS, public.handler("events", events.analytics, "POST")),
        *_routes(_OFREP, public.handler("ofrep", ofrep.many, "POST")),
        Route(f"{_OFREP[0]}/{{key:path}}", public.handler("ofrep", ofrep.one, "POST")),
        *_routes(_BROWSER, public.handler("browser", BrowserEndpoint(answering).answer, *_READING)),
    ]


def _only(methods: Sequence[str], handler: Handler) -> ASGIApp:
    """The handler, for these methods; OPTIONS tells which they are."""
    allowed = ", ".join((*methods, "OPTIONS"))

    async def checked(request: Request) -> Response:
        if request.method == "OPTIONS":
            return Response(status_code=204, headers={"allow": allowed})
        return await handler(request) if request.method in methods else method_not_allowed(allowed)

    return request_response(checked)


def _routes(paths: Sequence[str], app: ASGIApp) -> list[BaseRoute]:
    """One route for each path, with and without a slash at its end."""
    return [Route(path + end, app) for path in paths for end in ("", "/")]


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


def _lifespan(hook: LifespanHook | None) -> Callable[[Starlette], AbstractAsyncContextManager[None]]:
    return lambda _: nullcontext() if hook is None else hook()


async def _rejected(_: Request, error: Exception) -> Response:
    if not isinstance(error, Rejection):
        raise error
    return error.response()


async def _gone(_: Request, __: Exception) -> Response:
    return Response(status_code=400)
