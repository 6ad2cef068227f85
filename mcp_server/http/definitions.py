"""What only servers may download: the definitions for local evaluation, and remote configuration."""

from typing import Any, Final

import orjson
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from mcp_server.http.answering import Answering
from mcp_server.http.conditional import is_current
from mcp_server.http.credentials import environment_of_secret

CACHE_CONTROL: Final = "private, must-revalidate"


class DefinitionsEndpoint:
    """Hands out an environment's definitions to whoever holds its secret key.

    SDKs forget all definitions on a 401, so a server that has not loaded its own yet answers 503.
    """

    def __init__(self, answering: Answering) -> None:
        self._answering = answering

    async def answer(self, request: Request) -> Response:
        """``/flags/definitions``."""
        environment = environment_of_secret(self._answering, request)
        headers = {"etag": environment.etag, "cache-control": CACHE_CONTROL}
        if is_current(environment.etag, request.headers.get("if-none-match")):
            return Response(status_code=304, headers=headers)
        return Response(environment.definitions, media_type="application/json", headers=headers)

    async def remote_config(self, request: Request) -> Response:
        """``/api/projects/<any>/feature_flags/<key>/remote_config``: the payload of a flag that is nothing but one.

        The payload is JSON text inside JSON, as PostHog sends it; a flag without one gives an empty body.
        """
        environment = environment_of_secret(self._answering, request)
        key: str = request.path_params["key"]
        flag = environment.ruleset.flags.get(key)
        if flag is None or not _is_remote_config(flag.definition):
            return PlainTextResponse(f"There is no remote configuration “{key}” in {environment.name}.", 404)
        payload = flag.payloads.get("true")
        return Response(orjson.dumps(payload) if payload else b"", media_type="application/json")


def _is_remote_config(definition: Any) -> bool:
    return definition.get("is_remote_configuration") is True and definition.get("deleted") is not True
