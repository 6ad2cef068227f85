"""Writes results in PostHog's answer shapes."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import orjson

from evaluator.result import Result
from mcp_server.http.answering import Answer
from mcp_server.http.shape import Shape
from mcp_server.services.serving import ServedEnvironment

SUPPORTED: Final[Mapping[str, Any]] = {
    "supportedCompression": ["gzip", "gzip-js"],
    "config": {"enable_collect_everything": True},
}
"""The settings that go with an answer to nobody in particular."""

_KEPT_PER_FLAG: Final = 32


def browser_settings(token: str, *, has_flags: bool) -> dict[str, Any]:
    """What PostHog's browser SDK asks for at its start: everything but flags is off."""
    return {
        "token": token,
        **SUPPORTED,
        "hasFeatureFlags": has_flags,
        "sessionRecording": False,
        "surveys": False,
        "heatmaps": False,
        "capturePerformance": False,
        "autocaptureExceptions": False,
        "isAuthenticated": False,
        "toolbarParams": {},
    }


class Rendering:
    """Renders answers. What a result looks like is written once and kept, as most results never vary."""

    def __init__(self) -> None:
        self._records: dict[str, _Records] = {}

    def render(
        self,
        shape: Shape,
        environment: ServedEnvironment | None,
        answer: Answer,
        *,
        request_id: str,
        settings: Mapping[str, Any] | None,
    ) -> bytes:
        """The body of the answer. ``settings`` go in at the top level. No environment means no results."""
        head = orjson.dumps(
            {
                "errorsWhileComputingFlags": any(result.value is None for result in answer.results),
                "requestId": request_id,
                "evaluatedAt": int(answer.at.timestamp() * 1000),
                **(settings or {}),
            }
        )
        if shape not in (Shape.RECORDS, Shape.TYPED_RECORDS):
            return head[:-1] + b"," + orjson.dumps(_legacy(shape, answer.results))[1:]
        if environment is None:
            return head[:-1] + b',"flags":{}}'
        return head[:-1] + b',"flags":{' + self._of(environment).render(shape, answer.results) + b"}}"

    def _of(self, environment: ServedEnvironment) -> "_Records":
        records = self._records.get(environment.name)
        if records is None or records.environment is not environment:
            records = self._records[environment.name] = _Records(environment)
        return records


class _Records:
    """The records of one environment at one revision, as bytes."""

    def __init__(self, environment: ServedEnvironment) -> None:
        self.environment = environment
        self._kept: dict[Shape, dict[int, tuple[Result, bytes]]] = {Shape.RECORDS: {}, Shape.TYPED_RECORDS: {}}
        self._room = _KEPT_PER_FLAG * len(environment.ruleset.flags)

    def render(self, shape: Shape, results: Sequence[Result]) -> bytes:
        """``"key":{...},"key":{...}``."""
        kept = self._kept[shape]
        parts = []
        for result in results:
            entry = kept.get(id(result))
            # An entry holds its result, so that the id cannot come to mean another one.
            parts.append(self._write(shape, result) if entry is None else entry[1])
        return b",".join(parts)

    def _write(self, shape: Shape, result: Result) -> bytes:
        definition = self.environment.ruleset.flags[result.key].definition
        write = _typed_record if shape is Shape.TYPED_RECORDS else _record
        part = orjson.dumps(result.key) + b":" + orjson.dumps(write(result, definition))
        kept = self._kept[shape]
        if len(kept) < self._room:
            kept[id(result)] = (result, part)
        return part


def _record(result: Result, definition: Mapping[str, Any]) -> dict[str, Any]:
    record = {
        "key": result.key,
        "enabled": result.enabled,
        "variant": result.variant,
        "reason": _reason(result),
        "metadata": _metadata(result, definition),
    }
    return record if result.value is not None else {**record, "enabled": False, "failed": True}


def _typed_record(result: Result, definition: Mapping[str, Any]) -> dict[str, Any]:
    variant = {} if result.variant is None else {"variant_key": result.variant}
    record = {
        "key": result.key,
        "value": result.value,
        "reason": _reason(result),
        "metadata": {**_metadata(result, definition), "config_version": 1, **variant},
    }
    return record if result.value is not None else {**record, "failed": True}


def _reason(result: Result) -> dict[str, Any]:
    return {
        "code": result.error if result.value is None else result.reason.value,
        "condition_index": result.condition_index,
        "description": result.description,
    }


def _metadata(result: Result, definition: Mapping[str, Any]) -> dict[str, Any]:
    has_experiment = definition.get("has_experiment")
    return {
        "id": _whole(definition.get("id")),
        "version": _whole(definition.get("version")) or 0,
        "description": None,
        "payload": result.payload,
        "has_experiment": has_experiment if isinstance(has_experiment, bool) else True,
    }


def _whole(value: Any) -> int | None:
    fits = isinstance(value, int) and not isinstance(value, bool) and abs(value) < 2**53
    return value if fits else None


def _legacy(shape: Shape, results: Sequence[Result]) -> dict[str, Any]:
    on = {result.key: result.value for result in results if result.value not in (False, None)}
    if shape is Shape.ENABLED_LIST:
        return {"featureFlags": list(on)}
    if shape is Shape.ENABLED_MAP:
        return {"featureFlags": on}
    return {
        "featureFlags": {result.key: result.value or False for result in results},
        "featureFlagPayloads": {result.key: result.payload for result in results if result.payload is not None},
    }
