"""The few words of ASGI that the hot path speaks itself."""

from starlette.types import Scope, Send

from mcp_server.http.body import Headers


def headers_of(scope: Scope) -> Headers:
    """The request's headers."""
    return dict(scope["headers"])


async def send_json(send: Send, body: bytes) -> None:
    """Sends a whole successful answer."""
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})
