"""Turning requests away when the server is too far behind."""

import asyncio
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass, field

import pytest
from starlette.responses import PlainTextResponse
from starlette.testclient import TestClient

from mcp_server.http.shedding import BURST_SECONDS, TARGET_SECONDS, TICK_SECONDS, Load, Shedding, measuring

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

    ``pause`` (when, how long) stops the whole machine once.
    """
    load, outcome, now, taken, due = Load(0.0), Outcome(), 0.0, 0, TICK_SECONDS
    while taken < len(arrivals):
        now = max(now, arrivals[taken])
        if pause is not None and now >= pause[0]:
            now, pause = now + pause[1], None
        if now >= due:
            load.tick(now if now > due + ANSWER else due)
            due = now + TICK_SECONDS
        upto = bisect_left(arrivals, now + 1e-12)
        for arrived in arrivals[taken:upto]:
            if load.turns_away(now):
                now += REFUSAL
                outcome.refused += 1
            else:
                now += ANSWER
                outcome.waits.append(now - arrived)
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


def test_a_short_pause_of_the_machine_is_no_overload() -> None:
    assert simulate(steady(CAPACITY / 2), pause=(5.0, BURST_SECONDS - 0.15)).refused == 0


def test_after_a_long_pause_it_catches_up_and_then_turns_nobody_away() -> None:
    outcome = simulate(steady(CAPACITY / 2), pause=(5.0, 3.0))
    assert 0 < outcome.refused < CAPACITY * 3.5 / 2
    assert outcome.waits[-1] < 0.01


def test_a_burst_that_can_be_answered_in_time_is_answered() -> None:
    arrivals = sorted(steady(CAPACITY / 2) + [5.0] * int(CAPACITY * 0.4))
    outcome = simulate(arrivals)
    assert outcome.refused == 0
    assert outcome.longest < 1.0


def test_a_server_that_was_late_waits_less_for_the_next_request() -> None:
    load, late = Load(0.0), TICK_SECONDS + TARGET_SECONDS * 1.1
    for start, patience in ((0.0, BURST_SECONDS), (late, BURST_SECONDS), (2 * late, TARGET_SECONDS)):
        assert load.turns_away(start + TICK_SECONDS + patience * 0.99) is False
        assert load.turns_away(start + TICK_SECONDS + patience * 1.01) is True
        load.tick(start + late)
    assert load.shed == 3
    load.tick(3 * late + TICK_SECONDS)
    assert load.turns_away(3 * late + TICK_SECONDS + BURST_SECONDS) is False


def test_the_timer_fires_in_the_event_loop() -> None:
    async def watch() -> float:
        seconds = iter(range(1000))
        load = Load(0.0)
        async with measuring(load, lambda: float(next(seconds))):  # every tick seems to take a second
            while load.lateness < 0.5:
                await asyncio.sleep(0)
        return load.lateness

    assert asyncio.run(asyncio.wait_for(watch(), 10)) == pytest.approx(1 - TICK_SECONDS)


def test_who_is_turned_away_gets_503_and_when_to_come_back() -> None:
    answer = TestClient(Shedding(PlainTextResponse("answered"), Load(0.0), lambda: 60.0)).post("/", content=b"unread")
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "1")


def test_who_is_not_turned_away_is_answered() -> None:
    assert TestClient(Shedding(PlainTextResponse("answered"), Load(60.0), lambda: 60.0)).post("/").text == "answered"
