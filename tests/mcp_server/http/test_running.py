"""Taking a port, and stopping in order."""

import signal
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest

from mcp_server.http.app import create_app
from mcp_server.http.body import FLAGS_LIMIT
from mcp_server.http.listening import listen
from mcp_server.http.running import run
from mcp_server.services.errors import Unavailable
from tests.mcp_server.http.home import PUBLIC, ServedHome, running
from tests.mcp_server.http.test_refresher import eventually, servers

CHECK = {"token": PUBLIC, "distinct_id": "ada"}


def test_a_free_port_is_chosen_for_port_0() -> None:
    with listen("127.0.0.1", 0) as listener:
        assert listener.port > 0
        assert listener.url == f"http://127.0.0.1:{listener.port}"


def test_a_port_that_is_taken_is_named_with_the_way_out() -> None:
    with listen("127.0.0.1", 0) as first, pytest.raises(Unavailable) as raised:
        listen("127.0.0.1", first.port)
    assert raised.value.code == "PORT_IN_USE"
    assert str(first.port) in raised.value.message
    assert "--port" in raised.value.hint


def test_a_port_is_free_again_when_it_was_left() -> None:
    with listen("127.0.0.1", 0) as first:
        port = first.port
    with listen("127.0.0.1", port) as second:
        assert second.port == port


@pytest.mark.parametrize(("host", "port"), [("192.0.2.1", 0), ("no such host", 0)])
def test_an_address_that_is_not_this_machines_is_refused(host: str, port: int) -> None:
    with pytest.raises(Unavailable) as raised:
        listen(host, port)
    assert raised.value.code == "ADDRESS_UNUSABLE"
    assert "--host" in raised.value.hint


def test_an_address_of_version_6_is_put_in_brackets() -> None:
    if not socket.has_ipv6:
        pytest.skip("this machine has no IPv6")
    with listen("::1", 0) as listener:
        assert listener.url == f"http://[::1]:{listener.port}"


def test_a_lifespan_that_fails_ends_the_start_with_a_clear_error(home: ServedHome) -> None:
    @asynccontextmanager
    async def fails() -> AsyncIterator[None]:
        raise OSError("no room")
        yield

    app = create_app(home.serving, home.recorded, lifespan=fails)
    with listen("127.0.0.1", 0) as listener, pytest.raises(Unavailable) as raised:
        run(app, listener)
    assert raised.value.code == "START_FAILED"


@contextmanager
def process(database: Path, recorded: Path) -> Iterator[tuple[subprocess.Popen[str], str]]:
    command = [sys.executable, "-m", "tests.mcp_server.http.serve_home", str(database), "0", str(recorded)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as started:
        try:
            assert started.stdout is not None
            yield started, started.stdout.readline().strip()
        finally:
            started.kill()


@pytest.mark.parametrize(("told", "status", "last"), [(signal.SIGTERM, 0, "left"), (signal.SIGINT, None, "")])
def test_a_server_that_is_told_to_stop_flushes_and_takes_itself_off_the_list(
    home: ServedHome, tmp_path: Path, told: signal.Signals, status: int | None, last: str
) -> None:
    home.put_flag("ship-it")
    recorded = tmp_path / "recorded"
    with process(tmp_path / "drysail.db", recorded) as (started, url):
        answer = httpx.post(f"{url}/flags/?v=2", json=CHECK)
        assert answer.json()["flags"]["ship-it"]["enabled"] is True
        eventually(lambda: bool(servers(home)))
        started.send_signal(told)
        out, err = started.communicate(timeout=20)
    assert recorded.read_text() == "1"
    assert servers(home) == []
    assert out.strip() == last
    if status is None:
        assert started.returncode != 0
        assert "KeyboardInterrupt" in err
    else:
        assert (started.returncode, err) == (status, "")


def test_a_killed_server_is_seen_no_more(home: ServedHome, tmp_path: Path) -> None:
    with process(tmp_path / "drysail.db", tmp_path / "recorded") as (started, _):
        eventually(lambda: bool(servers(home)))
        started.kill()
        started.wait(20)
    (left_behind,) = servers(home)
    with home.store.read() as reader:
        assert reader.servers(datetime.max.replace(tzinfo=UTC)) == []
    assert left_behind.pid == started.pid


def test_too_large_a_body_is_refused_over_a_real_connection_and_the_next_one_is_answered(home: ServedHome) -> None:
    home.put_flag("ship-it")
    with running(home.store, home.recorded) as server, httpx.Client(base_url=server.url) as client:

        def pieces() -> Iterator[bytes]:
            for _ in range(40):
                yield b"x" * (FLAGS_LIMIT // 16)

        announced = client.post("/flags/?v=2", content=b"x" * (FLAGS_LIMIT + 1))
        assert announced.status_code == 413
        try:
            streamed = client.post("/flags/?v=2", content=pieces())
        except httpx.WriteError:
            pass  # The server has answered and closed before everything was sent.
        else:
            assert streamed.status_code == 413
        assert client.post("/flags/?v=2", json=CHECK).status_code == 200


def test_two_requests_on_one_connection_are_answered_in_order(home: ServedHome) -> None:
    home.put_flag("ship-it")
    with running(home.store, home.recorded) as server:
        body = b'{"token": "%s", "distinct_id": "ada"}' % PUBLIC.encode()
        request = b"POST /flags/?v=4 HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body)
        with socket.create_connection(("127.0.0.1", server.port)) as connection:
            connection.settimeout(10)
            connection.sendall(request + request)
            received = b""
            while received.count(b'"flags":{') < 2:
                received += connection.recv(65536)
    assert received.count(b"HTTP/1.1 200") == 2


def test_a_request_with_a_wrong_length_hangs_nobody_else(home: ServedHome) -> None:
    home.put_flag("ship-it")
    with running(home.store, home.recorded) as server:
        with socket.create_connection(("127.0.0.1", server.port)) as connection:
            connection.sendall(b"POST /flags/ HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{")
            assert httpx.post(f"{server.url}/flags/?v=2", json=CHECK).status_code == 200
        eventually(lambda: server.metric('drysail_http_requests_total{endpoint="flags",status="200"}') == 1)
