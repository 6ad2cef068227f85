"""The feed from which SDKs evaluate locally."""

from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from mcp_server.http.answering import Answering, unserved
from mcp_server.http.conditional import is_current
from mcp_server.http.cors import method_not_allowed
from mcp_server.http.credentials import bearer_token
from mcp_server.http.rejection import Cause, Rejection
from mcp_server.services.serving import ServedEnvironment

CACHE_CONTROL: Final = "private, must-revalidate"


class DefinitionsEndpoint:
    """Hands out an environment's definitions to whoever holds its secret key.

    SDKs forget all definitions on a 401, so a server that has not loaded its own yet answers 503.
    """

    def __init__(self, answering: Answering) -> None:
        self._answering = answering

    async def answer(self, request: Request) -> Response:
        """Handles one request."""
        if request.method == "OPTIONS":
            return Response(status_code=204, headers={"allow": "GET, OPTIONS, HEAD"})
        if request.method not in ("GET", "HEAD"):
            return method_not_allowed("GET, OPTIONS, HEAD")
        environment = self._authorised(request)
        headers = {"etag": environment.etag, "cache-control": CACHE_CONTROL}
        if is_current(environment.etag, request.headers.get("if-none-match")):
            return Response(status_code=304, headers=headers)
        return Response(environment.definitions, media_type="application/json", headers=headers)

    def _authorised(self, request: Request) -> ServedEnvironment:
        served = self._answering.served()
        secret = bearer_token(request)
        if secret is None:
            raise Rejection(Cause.NO_TOKEN, "Send the environment's secret key as “Authorization: Bearer <key>”.")
        key = served.key(secret)
        if key is None or key.kind != "secret":
            raise Rejection(Cause.WRONG_TOKEN, "The secret key is not known here, or has been revoked.")
        public = served.key(request.query_params.get("token", ""))
        if public is None or public.kind != "public":
            raise Rejection(Cause.WRONG_TOKEN, "The project token in the query is missing or not known here.")
        if public.environment != key.environment:
            raise Rejection(Cause.WRONG_TOKEN, "The project token and the secret key belong to different environments.")
        environment = served.environments.get(key.environment)
        if environment is None:
            raise unserved(key.environment)
        return environment
