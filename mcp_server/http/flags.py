"""``/flags`` and ``/decide``: the path that every remote check of every SDK takes. Raw ASGI."""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from starlette.types import Receive, Scope, Send

from mcp_server.http.answering import Answer, Answering
from mcp_server.http.body import FLAGS_LIMIT, Headers, json_of, plain_body, read_body
from mcp_server.http.cors import method_not_allowed
from mcp_server.http.question import Question, question_of, token_of
from mcp_server.http.rejection import Disconnected, Rejection
from mcp_server.http.rendering import SUPPORTED, Rendering, browser_settings
from mcp_server.http.shape import Options
from mcp_server.http.wire import headers_of, send_json
from mcp_server.services.serving import ServedEnvironment

SURVEY_PREFIX: Final = "survey-targeting-"

_UUID: Final = re.compile(rb"[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}")


class FlagsEndpoint:
    """Answers checks. ``read_options`` tells what a query string asks for; it differs between the two paths."""

    def __init__(
        self,
        answering: Answering,
        rendering: Rendering,
        read_options: Callable[[bytes], Options],
        new_request_id: Callable[[], str],
    ) -> None:
        self._answering = answering
        self._rendering = rendering
        self._read_options = read_options
        self._new_request_id = new_request_id

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handles one request."""
        try:
            match scope["method"]:
                case "POST":
                    await self._post(scope, receive, send)
                case "GET" | "HEAD":
                    await self._get(scope, send)
                case _:
                    await method_not_allowed()(scope, receive, send)
        except Rejection as rejection:
            await rejection.response()(scope, receive, send)
        except Disconnected:
            return

    async def _post(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = headers_of(scope)
        options = self._read_options(scope["query_string"])
        data = plain_body(await read_body(receive, headers, FLAGS_LIMIT), headers, FLAGS_LIMIT)
        body = json_of(data)
        token = token_of(body)
        environment = self._answering.environment(token)
        question = question_of(body, headers, environment.continuity)
        settings = browser_settings(token, has_flags=bool(environment.ruleset.flags)) if options.config else None
        answer = await self._answering.in_turn(
            len(data), lambda: self._answer(body, environment, question, survey_only=options.only_survey_flags)
        )
        request_id = self._request_id(headers)
        content = self._rendering.render(options.shape, environment, answer, request_id=request_id, settings=settings)
        await send_json(send, content)

    def _answer(
        self, body: Mapping[str, Any], environment: ServedEnvironment, question: Question, *, survey_only: bool
    ) -> Answer:
        if body.get("disable_flags") is True:
            return Answer((), self._answering.now())
        if survey_only:
            question = question.about(_survey_keys(environment, question.keys))
        return self._answering.answer(environment, question)

    async def _get(self, scope: Scope, send: Send) -> None:
        """A browser or a person looking: nobody is asked about, so there are no flags."""
        options = self._read_options(scope["query_string"])
        answer = Answer((), self._answering.now())
        request_id = self._request_id(headers_of(scope))
        content = self._rendering.render(options.shape, None, answer, request_id=request_id, settings=SUPPORTED)
        await send_json(send, content)

    def _request_id(self, headers: Headers) -> str:
        sent = headers.get(b"x-request-id", b"")
        return sent.decode("ascii") if _UUID.fullmatch(sent) else self._new_request_id()


def _survey_keys(environment: ServedEnvironment, asked: Sequence[str] | None) -> list[str]:
    candidates = environment.ruleset.flags if asked is None else asked
    return [key for key in candidates if key.startswith(SURVEY_PREFIX)]
