"""Takes the events that SDKs send along, so that they need no second server. Drysail counts them.

Of those that tell how an SDK evaluated a flag by itself, the recorder gets a copy; no other is kept.
"""

import asyncio
from typing import Final

from prometheus_client import Counter
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from evaluator.context import JsonValue
from mcp_server.http.answering import Answering
from mcp_server.http.body import EVENTS_LIMIT, GZIP_MAGIC, Headers, decode_body, read_body
from mcp_server.http.credentials import bearer_token
from mcp_server.http.question import sdk_of, token_of
from mcp_server.http.rejection import Cause, Rejection
from mcp_server.http.wire import headers_of

_DECODED_IN_PLACE: Final = 64 * 1024
"""Bytes of plain JSON that are decoded at once; more would hold up the checks behind it, and goes to a thread."""


class EventsEndpoint:
    """Accepts batches in PostHog's two protocols."""

    def __init__(self, answering: Answering, received: Counter, unreadable: Counter) -> None:
        self._answering = answering
        self._received = received
        self._unreadable = unreadable

    async def capture(self, request: Request) -> Response:
        """``/batch``, ``/capture``, ``/e``, ...: one event, a list of them, or an object with a ``batch``."""
        if request.method != "POST":
            return JSONResponse({"status": 1})
        headers = headers_of(request.scope)
        body = await _decoded(request, headers)
        events = _events(body)
        environment = self._answering.environment(_token(body, events))
        self._received.inc(len(events))
        self._unreadable.inc(await self._answering.hear(environment, events, sdk=sdk_of(headers)))
        return Response(status_code=204) if "beacon" in request.query_params else JSONResponse({"status": 1})

    async def analytics(self, request: Request) -> Response:
        """``/i/v1/analytics/events``: every event of the batch gets a result of its own, by its ``uuid``."""
        token = bearer_token(request)
        if token is None:
            raise Rejection(Cause.NO_TOKEN, "Send the project token as “Authorization: Bearer <token>”.")
        environment = self._answering.environment(token)
        headers = headers_of(request.scope)
        body = await _decoded(request, headers)
        if not isinstance(body, dict) or not isinstance(body.get("batch"), list):
            raise Rejection(Cause.MALFORMED, "The body must be an object with a list “batch”.")
        events = _events(body)
        uuids = [event["uuid"] for event in events if isinstance(event.get("uuid"), str)]
        self._received.inc(len(uuids))
        self._unreadable.inc(await self._answering.hear(environment, events, sdk=sdk_of(headers)))
        request_id = request.headers.get("posthog-request-id")
        answered = {} if request_id is None else {"posthog-request-id": request_id}
        return JSONResponse({"results": {uuid: {"result": "ok"} for uuid in uuids}}, headers=answered)


async def _decoded(request: Request, headers: Headers) -> JsonValue:
    raw = await read_body(request.receive, headers, EVENTS_LIMIT)
    if len(raw) <= _DECODED_IN_PLACE and not raw.startswith(GZIP_MAGIC):
        return decode_body(raw, headers, EVENTS_LIMIT)
    return await asyncio.to_thread(decode_body, raw, headers, EVENTS_LIMIT)


def _events(body: JsonValue) -> list[dict[str, JsonValue]]:
    found = body.get("batch", body) if isinstance(body, dict) else body
    events = found if isinstance(found, list) else [found]
    if not all(isinstance(event, dict) for event in events):
        raise Rejection(Cause.MALFORMED, "An event must be a JSON object.")
    return events


def _token(body: JsonValue, events: list[dict[str, JsonValue]]) -> str:
    """The batch's token; older browser SDKs write it into each event or its properties instead."""
    if isinstance(body, dict) and any(name in body for name in ("token", "api_key", "$token")):
        return token_of(body)
    first = events[0] if events else {}
    properties = first.get("properties")
    return token_of({**(properties if isinstance(properties, dict) else {}), **first})
