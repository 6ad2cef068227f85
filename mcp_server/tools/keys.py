"""Agents over HTTP: every request carries an agent key, from the first day."""

from collections.abc import Callable, Mapping

from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from mcp_server.services.actor import Actor, ActorKind
from mcp_server.services.environment import Key
from mcp_server.services.errors import Refused
from mcp_server.tools.access import Caller

FindKey = Callable[[str], Key | None]
"""The unrevoked key that a token belongs to."""


class KeyAccess:
    """Tells agents by the key that their request carries."""

    def __init__(self, find_key: FindKey) -> None:
        self._find_key = find_key

    def caller(self, headers: Mapping[str, str] | None, client: str | None) -> Caller:
        """Raises Refused without a valid agent key."""
        key = self._find_key(bearer_token((headers or {}).get("authorization", "")))
        if key is None or key.kind != "agent":
            raise Refused("The agent key is missing or no longer valid.", hint=HOW, code="UNKNOWN_KEY")
        actor = Actor(kind=ActorKind.AGENT, principal=f"agent:{key.id}", on_behalf_of=key.on_behalf_of, client=client)
        return Caller(actor=actor, scopes=frozenset(key.scopes), environment=key.environment)


class KeyGate:
    """Lets a request through to the MCP endpoint only if it carries a valid agent key; else 401, before any parsing."""

    def __init__(self, app: ASGIApp, find_key: FindKey) -> None:
        self._app = app
        self._find_key = find_key

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handles one request."""
        headers = dict(scope.get("headers") or [])
        key = self._find_key(bearer_token(headers.get(b"authorization", b"").decode("latin-1")))
        if key is None or key.kind != "agent":
            body = {"error": "unauthorized", "error_description": f"An agent key is required. {HOW}"}
            response = JSONResponse(body, status_code=401, headers={"WWW-Authenticate": "Bearer"})
            await response(scope, receive, send)
            return
        await self._app(scope, receive, send)


HOW = "Make one with `drysail keys create --kind agent` and send it as `Authorization: Bearer ...`."


def bearer_token(header: str) -> str:
    """The token of an ``Authorization: Bearer`` header; empty where there is none."""
    scheme, _, token = header.partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""
