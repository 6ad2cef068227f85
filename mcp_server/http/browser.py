"""The settings that PostHog's browser SDK asks for when it starts."""

import orjson
from starlette.requests import Request
from starlette.responses import Response

from mcp_server.http.answering import Answering
from mcp_server.http.rendering import browser_settings


class BrowserEndpoint:
    """``/array/<token>/config``."""

    def __init__(self, answering: Answering) -> None:
        self._answering = answering

    async def answer(self, request: Request) -> Response:
        """Handles one request."""
        token: str = request.path_params["token"]
        environment = self._answering.environment(token)
        settings = browser_settings(token, has_flags=bool(environment.ruleset.flags))
        return Response(orjson.dumps(settings), media_type="application/json")
