"""Turning requests away when the server is too far behind."""

import asyncio
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass, field

import pytest
from starlette.responses import PlainTextResponse
from starlette.testclient import TestClient
from starlette.types import Message, Receive, Scope, Send

from mcp_server.http.shedding import BURST_SECONDS, TARGET_SECONDS, Load, Shedding

ANSWER = 0.0012
"""Seconds of one core that an answer takes in the simulation, ..."""
REFUSAL = 0.00025
"""... and a refusal."""
CAPACITY = 1 / ANSWER
SECONDS = 20


@dataclass
class Outcome:
    """How long the answered requests had waited for their answers, and how many were refused."""

    waits: list[float] = field(default_factory=list)
    refused: int = 0

    @property
    def longest(self) -> float:
        return max(self.waits)


def simulate(arrivals: Sequence[float], *, pause: tuple[float, float] | None = None) -> Outcome:
    """An event loop on a virtual clock: every round takes on all that has arrived before it, in order.

    ``pause`` (when, how long) stops the whole machine once, between two rounds.
    """
    load, outcome, now, taken = Load(), Outcome(), 0.0, 0
    while taken < len(arrivals):
        now = max(now, arrivals[taken])
        if pause is not None and now >= pause[0]:
            now, pause = now + pause[1], None
        load.begin_round(now)
        upto = bisect_left(arrivals, now + 1e-12)
        for arrived in arrivals[taken:upto]:
            if load.turns_away(now):
                now += REFUSAL
                outcome.refused += 1
            else:
                now += ANSWER
                outcome.waits.append(now - arrived)
        load.end_round(now)
        taken = upto
    return outcome


def steady(rate: float) -> list[float]:
    return [number / rate for number in range(int(rate * SECONDS))]


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9, 0.98])
def test_below_its_capacity_a_server_turns_nobody_away(share: float) -> None:
    assert simulate(steady(CAPACITY * share)).refused == 0


@pytest.mark.parametrize("times", [1.1, 1.5, 2.0, 3.0])
def test_beyond_it_answers_nearly_all_that_it_can_and_each_in_time(times: float) -> None:
    rate = CAPACITY * times
    possible = (1 - rate * REFUSAL) / (ANSWER - REFUSAL)
    outcome = simulate(steady(rate))
    answered = len(outcome.waits) / SECONDS
    assert answered > 0.9 * possible
    assert outcome.longest < 1.0
    assert len(outcome.waits) + outcome.refused == int(rate * SECONDS)


def test_without_it_twice_the_capacity_would_leave_nearly_nobody_answered_in_time() -> None:
    """What the simulation is worth: the same load, nobody refused."""
    arrivals = steady(CAPACITY * 2)
    in_time = sum((number + 1) * ANSWER - arrived < 1.0 for number, arrived in enumerate(arrivals))
    assert in_time / SECONDS < 0.15 * CAPACITY


@pytest.mark.parametrize("seconds", [0.1, 0.4, 0.8])
def test_a_pause_of_the_machine_is_no_overload(seconds: float) -> None:
    assert simulate(steady(CAPACITY / 2), pause=(5.0, seconds)).refused == 0


def test_after_a_long_pause_it_catches_up_and_then_turns_nobody_away() -> None:
    outcome = simulate(steady(CAPACITY / 2), pause=(5.0, 5.0))
    assert 0 < outcome.refused < CAPACITY / 2 * 6
    assert outcome.waits[-1] < 0.01


def test_a_burst_that_can_be_answered_in_time_is_answered() -> None:
    arrivals = sorted(steady(CAPACITY / 2) + [5.0] * int(CAPACITY * 0.4))
    outcome = simulate(arrivals)
    assert outcome.refused == 0
    assert outcome.longest < 1.0


def test_after_two_late_rounds_a_request_waits_less() -> None:
    load = Load()
    for patience in (BURST_SECONDS, BURST_SECONDS, TARGET_SECONDS, TARGET_SECONDS):
        load.begin_round(0.0)
        assert load.turns_away(patience * 0.99) is False
        assert load.turns_away(patience * 1.01) is True
        load.end_round(patience * 1.01)
    assert (load.shed, load.round_seconds) == (4, TARGET_SECONDS * 1.01)


def test_one_round_in_time_ends_the_overload() -> None:
    load = Load()
    for seconds in (1.0, 1.0, TARGET_SECONDS * 0.9):
        load.begin_round(0.0)
        load.end_round(seconds)
    load.begin_round(0.0)
    assert load.turns_away(BURST_SECONDS) is False


def statuses(load: Load, *, seconds: float, rounds: Sequence[int]) -> list[list[int]]:
    """Sends so many requests at once in each round, on a clock that every answer moves; returns their statuses."""
    now = 0.0

    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        nonlocal now
        now += seconds
        await PlainTextResponse("answered")(scope, receive, send)

    app = Shedding(answer, load, lambda: now)

    async def ask() -> int:
        told: list[int] = []

        async def send(message: Message) -> None:
            told.append(message.get("status", 0))

        async def receive() -> Message:
            raise AssertionError("nobody reads the body")

        await app({"type": "http"}, receive, send)
        return told[0]

    async def all_rounds() -> list[list[int]]:
        answers = []
        for requests in rounds:
            answers.append(list(await asyncio.gather(*(ask() for _ in range(requests)))))
            await asyncio.sleep(0)  # lets the round end
        return answers

    return asyncio.run(all_rounds())


def test_requests_that_came_together_share_a_round_and_those_that_follow_begin_a_new_one() -> None:
    one_by_one = statuses(Load(), seconds=BURST_SECONDS * 0.9, rounds=[1] * 20)
    assert one_by_one == [[200]] * 20
    together = statuses(Load(), seconds=BURST_SECONDS * 0.4, rounds=[5, 2])
    assert together == [[200, 200, 200, 503, 503], [200, 200]]


def test_who_is_turned_away_is_told_when_to_come_back() -> None:
    load = Load()
    load.begin_round(0.0)
    answer = TestClient(Shedding(PlainTextResponse("answered"), load, lambda: 60.0)).post("/", content=b"unread")
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "1")
    assert load.shed == 1
