"""PostHog's SDK for Node as an oracle: a process that answers what it decides from a feed alone, at a given moment."""

import json
import math
import os
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final, Self

from evaluator.context import Context
from tests.oracles.random_definitions import Feed
from tests.oracles.random_values import Filter

FOLDER: Final = Path(__file__).with_name("node")
PACKAGE: Final = FOLDER / "node_modules" / "posthog-node" / "package.json"
DEVICE: Final = "$device_id"

FilterQuestion = tuple[Filter, Mapping[str, Any], Any]
"""A filter, the properties it is asked on, the matching version."""


@dataclass(frozen=True, slots=True)
class NodeAnswer:
    """``value`` None: the SDK would ask the server. ``error`` is the reason it reports, None if it stumbled instead."""

    value: bool | str | None
    error: str | None
    payload: Any


def why_not_installed() -> str | None:
    """What keeps the oracle from running here; None if nothing does."""
    if shutil.which("node") is None:
        return "needs Node 20.20 or newer"
    return None if PACKAGE.exists() else "needs posthog-node: run `make fuzz-node` once"


def installed_version() -> str:
    """The version of the package that answers."""
    return str(json.loads(PACKAGE.read_text(encoding="utf-8"))["version"])


class PosthogNode:
    """One process, asked line by line. Leave its block to end it. ``zone`` is the time zone of its machine."""

    def __init__(self, zone: str = "UTC") -> None:
        self._process = subprocess.Popen(
            [shutil.which("node") or "node", "evaluate.mjs"],
            cwd=FOLDER,
            env={**os.environ, "TZ": zone},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            encoding="utf-8",
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self._process.communicate()

    def answers(
        self, feed: Feed, asks: Sequence[tuple[str, int]], contexts: Sequence[Context], now: datetime
    ) -> list[NodeAnswer]:
        """What ``evaluateFlags(..., {onlyEvaluateLocally: true})`` finds, for pairs of a flag and a subject."""
        subjects = [_subject(context) for context in contexts]
        found = self._ask({"now": _milliseconds(now), "feed": feed, "asks": asks, "subjects": subjects})
        return [
            NodeAnswer(None, second, None) if value is None else NodeAnswer(value, None, second)
            for value, second in found
        ]

    def matches(self, questions: Sequence[FilterQuestion], now: datetime) -> list[bool | str | None]:
        """What its matcher says: whether the filter matches, the reason if it leaves that open, None if it stumbles.

        A pattern that is left to the server has the reason ``regex``.
        """
        return self._ask({"now": _milliseconds(now), "filters": questions}) if questions else []

    def _ask(self, request: Mapping[str, Any]) -> list[Any]:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(_wire(request), allow_nan=False) + "\n")
        self._process.stdin.flush()
        answer: list[Any] = json.loads(self._process.stdout.readline())
        return answer


def person_properties(context: Context) -> dict[str, Any]:
    """What a caller passes: this SDK takes the device id as a property of the person."""
    device = {} if context.device_id is None else {DEVICE: context.device_id}
    return {**context.properties, **device}


def _subject(context: Context) -> dict[str, Any]:
    return {
        "distinctId": context.distinct_id,
        "personProperties": person_properties(context),
        "groups": context.groups,
        "groupProperties": context.group_properties,
    }


def _milliseconds(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)


def _wire(value: Any) -> Any:
    """The value with every number that JSON cannot hold spelled out."""
    if isinstance(value, float) and not math.isfinite(value):
        return {"$number": "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"}
    if isinstance(value, Mapping):
        return {name: _wire(part) for name, part in value.items()}
    return [_wire(part) for part in value] if isinstance(value, list | tuple) else value
