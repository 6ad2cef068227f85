"""Turning requests away when the server is too far behind."""

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.responses import PlainTextResponse
from starlette.testclient import TestClient

from mcp_server.http.shedding import TARGET_SECONDS, Load, Shedding


def load_of(lateness: float) -> Load:
    load = Load()
    for _ in range(50):
        load.measure(lateness)
    return load


def refused(load: Load, requests: int) -> int:
    return sum(load.turns_away() for _ in range(requests))


@pytest.mark.parametrize("lateness", [0.0, -0.01, 0.001, 0.1, TARGET_SECONDS - 0.001])
def test_a_server_in_time_turns_nobody_away(lateness: float) -> None:
    assert refused(load_of(lateness), 1000) == 0


@given(st.floats(min_value=TARGET_SECONDS * 1.01, max_value=60))
def test_the_share_that_is_answered_is_what_fits_the_target(lateness: float) -> None:
    answered = 1000 - refused(load_of(lateness), 1000)
    assert answered == pytest.approx(1000 * TARGET_SECONDS / lateness, abs=2)


def test_one_late_tick_turns_nobody_away() -> None:
    load = load_of(0.001)
    load.measure(0.5)
    assert refused(load, 100) == 0


def test_it_ends_when_the_server_has_caught_up() -> None:
    load = load_of(2.0)
    assert refused(load, 100) > 50
    for _ in range(20):
        load.measure(0.0)
    assert refused(load, 100) == 0


def test_the_lateness_of_the_event_loop_is_measured() -> None:
    async def busy() -> float:
        load = Load()
        time = iter(range(1000))
        async with load.measured(lambda: next(time)):  # every tick seems to take a second
            while load.lateness < 0.5:
                await asyncio.sleep(0)
        return load.lateness

    assert asyncio.run(asyncio.wait_for(busy(), 10)) > 0.5


def client_of(load: Load) -> TestClient:
    return TestClient(Shedding(PlainTextResponse("answered"), load))


def test_who_is_turned_away_gets_503_and_when_to_come_back() -> None:
    load = load_of(1e9)
    load.turns_away()
    answer = client_of(load).post("/flags/", content=b"never read")
    assert answer.status_code == 503
    assert answer.headers["retry-after"] == "1"
    assert load.shed == 1


def test_who_is_not_turned_away_is_answered() -> None:
    assert client_of(load_of(0)).post("/flags/").text == "answered"
