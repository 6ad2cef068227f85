"""OpenFeature's remote evaluation protocol (OFREP 0.3), for applications that do not use a PostHog SDK."""

import hashlib
from collections.abc import Awaitable, Sequence
from typing import Any, Final

import orjson
from starlette.requests import Request
from starlette.responses import Response

from evaluator.context import Context, JsonValue
from evaluator.hashing import distinct_id_text
from evaluator.result import Result
from mcp_server.http.answering import Answering, unserved
from mcp_server.http.body import FLAGS_LIMIT, json_of, plain_body, read_body
from mcp_server.http.conditional import is_current
from mcp_server.http.credentials import bearer_token
from mcp_server.http.ofrep_words import evaluated, switched_off
from mcp_server.http.properties import group_properties
from mcp_server.http.question import Question, sdk_of
from mcp_server.http.rejection import Cause, Rejection
from mcp_server.http.runtime import Runtime, runtime_of
from mcp_server.http.wire import headers_of
from mcp_server.services.serving import ServedEnvironment

GROUPS: Final = "groups"
GROUP_PROPERTIES: Final = "group_properties"
TARGETING_KEY: Final = "targetingKey"


class OfrepFailure(Exception):
    """A request that OFREP answers with an error code."""

    def __init__(self, status: int, code: str, details: str) -> None:
        super().__init__(details)
        self.status = status
        self.code = code
        self.details = details


class OfrepEndpoint:
    """Evaluates one flag, or all of them.

    The context's ``targetingKey`` is the distinct id, ``groups`` and ``group_properties`` are what PostHog calls so,
    everything else is a property of the person. Any key of the environment but an agent's may ask.
    """

    def __init__(self, answering: Answering) -> None:
        self._answering = answering

    async def one(self, request: Request) -> Response:
        """``/ofrep/v1/evaluate/flags/{key}``."""
        key: str = request.path_params["key"]
        return await _in_ofrep_words(self._one(request, key), key)

    async def many(self, request: Request) -> Response:
        """``/ofrep/v1/evaluate/flags``: all flags that are active. The tag changes exactly when an answer does."""
        return await _in_ofrep_words(self._many(request), None)

    async def _one(self, request: Request, key: str) -> Response:
        environment, runtime = self._authorised(request)
        question, size = await _question(request, [key], runtime)
        flag = environment.ruleset.flags.get(key)
        if flag is None or flag.definition.get("deleted") is True:
            raise OfrepFailure(404, "FLAG_NOT_FOUND", f"Flag “{key}” does not exist in {environment.name}.")
        answer = await self._answering.in_turn(size, lambda: self._answering.answer(environment, question))
        result = next((result for result in answer.results if result.key == key), None)
        if result is None:
            return _json(switched_off(flag))
        if result.value is None:
            raise OfrepFailure(400, "GENERAL", result.description)
        return _json(evaluated(flag, result))

    async def _many(self, request: Request) -> Response:
        environment, runtime = self._authorised(request)
        question, size = await _question(request, None, runtime)
        answer = await self._answering.in_turn(size, lambda: self._answering.answer(environment, question))
        flags = [_item(environment, result) for result in sorted(answer.results, key=lambda result: result.key)]
        body = orjson.dumps({"flags": flags})
        etag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
        if is_current(etag, request.headers.get("if-none-match")):
            return Response(status_code=304, headers={"etag": etag})
        return Response(body, media_type="application/json", headers={"etag": etag})

    def _authorised(self, request: Request) -> tuple[ServedEnvironment, Runtime | None]:
        """The environment of the key, and whose flags it may see: a secret key sees those of every runtime."""
        token = bearer_token(request) or request.headers.get("x-api-key")
        if token is None:
            raise OfrepFailure(
                401, "GENERAL", "Send a key of the environment as “Authorization: Bearer” or “X-API-Key”."
            )
        served = self._answering.served()
        key = served.key(token)
        if key is None or key.kind == "agent":
            raise OfrepFailure(401, "GENERAL", "The key is not known here, or has been revoked.")
        environment = served.environments.get(key.environment)
        if environment is None:
            raise unserved(key.environment)
        return environment, "all" if key.kind == "secret" else runtime_of(None, headers_of(request.scope))


async def _in_ofrep_words(answer: Awaitable[Response], key: str | None) -> Response:
    """The answer; if there is none, why. Python's provider needs ``errorDetails`` in that."""
    try:
        return await answer
    except OfrepFailure as failure:
        status, code, details, headers = failure.status, failure.code, failure.details, {}
    except Rejection as rejection:
        status, details, headers = rejection.cause.status, rejection.detail, rejection.headers()
        code = "PARSE_ERROR" if rejection.cause is Cause.MALFORMED else "GENERAL"
    named = {} if key is None else {"key": key}
    response = _json({**named, "errorCode": code, "errorDetails": details}, status)
    response.headers.update(headers)
    return response


async def _question(request: Request, keys: Sequence[str] | None, runtime: Runtime | None) -> tuple[Question, int]:
    """What the request asks, and in how many bytes."""
    headers = headers_of(request.scope)
    data = plain_body(await read_body(request.receive, headers, FLAGS_LIMIT), headers, FLAGS_LIMIT)
    body = json_of(data)
    sent = body.get("context") if isinstance(body, dict) else None
    if not isinstance(sent, dict):
        raise OfrepFailure(400, "INVALID_CONTEXT", "The body must be an object with an object “context”.")
    question = Question(context=_context(sent), keys=keys, contexts=(), runtime=runtime, sdk=sdk_of(headers))
    return question, len(data)


def _context(sent: dict[str, JsonValue]) -> Context:
    distinct_id = distinct_id_text(sent.get(TARGETING_KEY))
    if distinct_id is None:
        raise OfrepFailure(400, "TARGETING_KEY_MISSING", "The context must have a “targetingKey”.")
    own = (TARGETING_KEY, GROUPS, GROUP_PROPERTIES)
    device_id = sent.get("$device_id")
    of_groups = _object(sent, GROUP_PROPERTIES)
    return Context(
        distinct_id=distinct_id,
        properties={name: value for name, value in sent.items() if name not in own},
        groups=_object(sent, GROUPS),
        group_properties=group_properties({name: _object(of_groups, name) for name in of_groups}),
        device_id=device_id if isinstance(device_id, str) and device_id else None,
    )


def _object(context: dict[str, JsonValue], name: str) -> dict[str, Any]:
    value = context.get(name)
    if value is not None and not isinstance(value, dict):
        raise OfrepFailure(400, "INVALID_CONTEXT", f"“{name}” in the context must be an object.")
    return value or {}


def _item(environment: ServedEnvironment, result: Result) -> dict[str, Any]:
    if result.value is None:
        return {"key": result.key, "errorCode": "GENERAL", "errorDetails": result.description}
    return evaluated(environment.ruleset.flags[result.key], result)


def _json(body: dict[str, Any], status: int = 200) -> Response:
    return Response(orjson.dumps(body), status, media_type="application/json")
