"""Who may ask for what only servers may see."""

from starlette.requests import Request

from mcp_server.http.answering import Answering, unserved
from mcp_server.http.rejection import Cause, Rejection
from mcp_server.services.serving import ServedEnvironment


def bearer_token(request: Request) -> str | None:
    """The token of an ``Authorization: Bearer`` header; None if there is none."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    return token.strip() or None if scheme.lower() == "bearer" else None


def environment_of_secret(answering: Answering, request: Request) -> ServedEnvironment:
    """The environment whose secret key is in the header and whose public token is in the query, as PostHog asks it.

    Raises Rejection if either is missing or unknown, or if they belong to different environments.
    """
    served = answering.served()
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
