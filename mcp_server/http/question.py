"""Reads the body of a check: who asks, about which flags, from where."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from evaluator.context import Context, JsonValue
from evaluator.hashing import distinct_id_text
from mcp_server.http.body import Headers
from mcp_server.http.properties import group_properties, person_properties
from mcp_server.http.rejection import Cause, Rejection
from mcp_server.http.runtime import Runtime, runtime_of

_SDK_LENGTH: Final = 64


@dataclass(frozen=True, slots=True)
class Question:
    """One check request. ``keys`` None: all flags. ``contexts`` empty: flags of every evaluation context."""

    context: Context
    keys: Sequence[str] | None
    contexts: Sequence[str]
    runtime: Runtime | None
    sdk: str

    def about(self, keys: Sequence[str] | None) -> "Question":
        """The same question about these flags."""
        return replace(self, keys=keys)


def token_of(body: JsonValue) -> str:
    """The project token. Raises Rejection if there is none."""
    if not isinstance(body, dict):
        raise Rejection(Cause.MALFORMED, "The body must be a JSON object.")
    token = _first(body, "token", "api_key", "$token")
    if not isinstance(token, str) or not token.strip():
        raise Rejection(Cause.NO_TOKEN, "No project token was sent; put it in the body as “token” or “api_key”.")
    return token.strip()


def question_of(body: Mapping[str, Any], headers: Headers, continuity: Sequence[str]) -> Question:
    """The question in a body.

    ``continuity`` are the flags that hash the anonymous id instead of the distinct id, where the request names one.
    Raises Rejection if a field has the wrong type.
    """
    distinct_id = _distinct_id(_first(body, "distinct_id", "$distinct_id"))
    properties = _object(body, "person_properties", "$properties")
    anonymous = _first(body, "anon_distinct_id", "$anon_distinct_id")
    has_anonymous_id = isinstance(anonymous, str) and anonymous != ""
    context = Context(
        distinct_id=distinct_id,
        properties=person_properties(distinct_id, properties),
        groups=_object(body, "groups", "$groups"),
        group_properties=group_properties(_objects(body, "group_properties", "$group_properties")),
        device_id=_device_id(_first(body, "device_id", "$device_id"), properties),
        hash_key_overrides=dict.fromkeys(continuity, str(anonymous)) if has_anonymous_id else {},
    )
    keys = _first(body, "flag_keys", "flag_keys_to_evaluate")
    return Question(
        context=context,
        keys=None if keys is None else _texts(keys, "flag_keys"),
        contexts=_texts(_first(body, "evaluation_contexts", "evaluation_environments") or [], "evaluation_contexts"),
        runtime=runtime_of(body.get("evaluation_runtime"), headers),
        sdk=sdk_of(headers),
    )


def sdk_of(headers: Headers) -> str:
    """Name and version of the client, as its User-Agent starts (``posthog-python/7.91.1``)."""
    agent = headers.get(b"user-agent", b"").decode("latin-1").split(" ", 1)[0]
    return agent[:_SDK_LENGTH] or "unknown"


def _distinct_id(value: JsonValue) -> str:
    text = distinct_id_text(value)
    if text is None:
        raise Rejection(Cause.MALFORMED, "“distinct_id” is missing; send a string or a number.")
    return text


def _device_id(sent: JsonValue, properties: Mapping[str, JsonValue]) -> str | None:
    for value in (sent, properties.get("$device_id")):
        if isinstance(value, str) and value:
            return value
    return None


def _first(body: Mapping[str, Any], *names: str) -> JsonValue:
    for name in names:
        value = body.get(name)
        if value is not None:
            return value
    return None


def _object(body: Mapping[str, Any], *names: str) -> dict[str, Any]:
    value = _first(body, *names)
    if value is None or value == []:  # PHP writes an empty map as a list
        return {}
    if not isinstance(value, dict):
        raise Rejection(Cause.MALFORMED, f"“{names[0]}” must be an object.")
    return value


def _objects(body: Mapping[str, Any], *names: str) -> dict[str, dict[str, Any]]:
    return {name: _object({names[0]: value}, names[0]) for name, value in _object(body, *names).items()}


def _texts(value: JsonValue, name: str) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise Rejection(Cause.MALFORMED, f"“{name}” must be a list of strings.")
    return tuple(value)
