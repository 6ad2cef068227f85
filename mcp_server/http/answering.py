"""Answers checks from memory, and hands a copy of each to the recorder."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Final

from evaluator import evaluate_all
from evaluator.context import JsonValue
from evaluator.recorded_hashes import hashes_of_answers
from evaluator.result import Result
from mcp_server.http.question import Question
from mcp_server.http.rejection import Cause, Rejection
from mcp_server.services.ports import AnsweredCheck, Clock, Recorder, RecorderCounters
from mcp_server.services.serving import Served, ServedEnvironment, Serving
from policies.impact import Provenance

_READ_IN_PLACE: Final = 50
"""Events that are read at once; more would hold up the checks behind them, and go to a thread."""

LARGE_BODY: Final = 64 * 1024
"""Bytes beyond which a question may take long to answer: every filter on a large value reads all of it."""


@dataclass(frozen=True, slots=True)
class Answer:
    """The results of one question, and when they were worked out."""

    results: Sequence[Result]
    at: datetime


class Answering:
    """The way from a question to its answer. Touches memory only."""

    def __init__(self, serving: Serving, recorder: Recorder, clock: Clock) -> None:
        self._serving = serving
        self._recorder = recorder
        self._clock = clock
        self._aside = ThreadPoolExecutor(1, thread_name_prefix="drysail-large-question")
        self.recorder_failures = 0

    def now(self) -> datetime:
        """The time, aware UTC."""
        return self._clock()

    def recorded(self) -> Mapping[Provenance, RecorderCounters]:
        """What became of the copies, by where the answers come from."""
        return self._recorder.counters

    def served(self) -> Served:
        """What is served now. Raises Rejection (503) until the store was read for the first time."""
        served = self._serving.served
        if served is None:
            raise Rejection(Cause.UNAVAILABLE, "The definitions are not loaded yet; ask again in a moment.")
        return served

    def environment(self, token: str) -> ServedEnvironment:
        """The environment of a public token. Raises Rejection if there is none, or it cannot be served."""
        served = self.served()
        environment = served.tokens.get(token)
        if environment is not None:
            return environment
        key = served.key(token)
        if key is None or key.kind != "public":
            raise Rejection(Cause.WRONG_TOKEN, "The project token is not known here; `drysail keys list` shows it.")
        raise unserved(key.environment)

    async def in_turn(self, size: int, answer: Callable[[], Answer]) -> Answer:
        """The answer to a question of so many bytes. Large ones wait for each other, and nobody waits for them."""
        if size <= LARGE_BODY:
            return answer()
        return await asyncio.get_running_loop().run_in_executor(self._aside, answer)

    def answer(self, environment: ServedEnvironment, question: Question) -> Answer:
        """Evaluates, and offers a copy to the recorder. A failing recorder is counted and changes nothing."""
        at = self._clock()
        by_key = evaluate_all(
            environment.ruleset,
            question.context,
            now=at,
            facts=environment.facts,
            keys=question.keys,
            runtime=question.runtime,
            evaluation_contexts=question.contexts,
        )
        results = tuple(by_key.values())
        check = AnsweredCheck(
            environment=environment.name,
            revision=environment.revision,
            at=at,
            context=question.context,
            results=results,
            sdk=question.sdk,
            hashes=partial(hashes_of_answers, environment.ruleset, question.context, results),
        )
        try:
            self._recorder.offer(check)
        except Exception:  # noqa: BLE001 - recording is a copy; the answer is what the caller waits for
            self.recorder_failures += 1
        return Answer(results, at)

    async def hear(self, environment: ServedEnvironment, events: Sequence[Mapping[str, JsonValue]], *, sdk: str) -> int:
        """Offers the recorder what SDKs tell of flags that they evaluated by themselves; how many it could not read.

        A failing recorder is counted and changes nothing.
        """
        try:
            if len(events) <= _READ_IN_PLACE:
                return self._recorder.offer_events(environment.name, events, sdk=sdk)
            return await asyncio.to_thread(self._recorder.offer_events, environment.name, events, sdk=sdk)
        except Exception:  # noqa: BLE001 - recording is a copy; the SDK only waits to hear that its events are here
            self.recorder_failures += 1
            return 0


def unserved(environment: str) -> Rejection:
    """A known key whose environment cannot be served: the definitions are broken and no older ones were loaded."""
    return Rejection(
        Cause.UNAVAILABLE, f"The definitions of “{environment}” could not be loaded; see the server's log."
    )
