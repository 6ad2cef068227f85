"""Lets browsers of any origin ask: PostHog's browser SDK and OFREP's web provider run on their users' own sites."""

from typing import Final

from starlette.responses import PlainTextResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

METHODS: Final = "GET, POST, OPTIONS, HEAD"

Header = tuple[bytes, bytes]

_EXPOSED: Final[Header] = (b"access-control-expose-headers", b"etag, retry-after")


class CrossOrigin:
    """Answers preflights and adds the headers that a browser wants to see. Anything without an Origin passes through.

    Nothing behind it reads cookies, so mirroring the origin gives no site more than it could ask from its own server.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handles one request."""
        origin = _header(scope, b"origin")
        if scope["method"] == "OPTIONS":
            await _preflight(scope, origin)(scope, receive, send)
        elif origin is None:
            await self._app(scope, receive, send)
        else:
            await self._app(scope, receive, _adding(send, [*_grant(origin), _EXPOSED]))


def method_not_allowed(allowed: str = METHODS) -> Response:
    """The answer to any other method."""
    return PlainTextResponse(f"Use one of {allowed}.", 405, {"allow": allowed})


def _adding(send: Send, headers: list[Header]) -> Send:
    async def send_with_grant(message: Message) -> None:
        if message["type"] == "http.response.start":
            message = {**message, "headers": [*message["headers"], *headers]}
        await send(message)

    return send_with_grant


def _preflight(scope: Scope, origin: bytes | None) -> Response:
    response = Response(status_code=204, headers={"allow": METHODS})
    if origin is not None:
        wanted = _header(scope, b"access-control-request-headers")
        response.raw_headers += [
            *_grant(origin),
            (b"access-control-allow-methods", b"GET, POST, OPTIONS"),
            (b"access-control-max-age", b"86400"),
            *([(b"access-control-allow-headers", wanted)] if wanted else []),
        ]
    return response


def _grant(origin: bytes) -> list[Header]:
    return [
        (b"access-control-allow-origin", origin),
        (b"access-control-allow-credentials", b"true"),
        (b"vary", b"origin"),
    ]


def _header(scope: Scope, name: bytes) -> bytes | None:
    for key, value in scope["headers"]:
        if key == name:
            return bytes(value)
    return None
