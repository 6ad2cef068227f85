"""Several real processes on one home."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from posthog import Posthog

from mcp_server.services.actor import Actor
from mcp_server.services.changing import modify
from mcp_server.services.environments import create_key
from mcp_server.services.home import Home
from mcp_server.services.proposing import propose
from mcp_server.services.snapshots import newest_snapshot

PATIENCE_SECONDS = 30.0


def command(folder: Path, *arguments: str) -> list[str]:
    return [sys.executable, "-m", "mcp_server.cli", "--home", str(folder / ".drysail"), *arguments]


def step(home: Home, agent: Actor, percentage: int) -> str:
    operations = [{"op": "set_rollout", "condition": "c2", "rollout_percentage": percentage}]
    return propose(home, modify(home, "sandbox", "new-checkout", operations, reason="x", actor=agent)).proposal.id


@pytest.fixture
def fresh_clock(clock: object) -> None:
    """Real processes read the machine's clock, so evidence has to be made now."""
    from mcp_server.composition.home import system_clock

    clock.now = system_clock()  # type: ignore[attr-defined]


def test_a_proposal_that_four_processes_apply_at_once_is_applied_once(
    folder: Path, home: Home, agent: Actor, fresh_clock: None
) -> None:
    proposal = step(home, agent, 12)
    at_once = [
        subprocess.Popen(command(folder, "apply", proposal), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        for _ in range(4)
    ]
    ended = [(*process.communicate(timeout=PATIENCE_SECONDS * 2), process.returncode) for process in at_once]
    assert sorted(status for _, _, status in ended) == [0, 2, 2, 2], ended
    assert all("it happens once" in said for _, said, status in ended if status == 2)
    with home.store.read() as reader:
        assert reader.environment("sandbox").revision == 2


def test_of_two_changes_of_one_flag_applied_at_once_one_is_stale(
    folder: Path, home: Home, agent: Actor, fresh_clock: None
) -> None:
    proposals = [step(home, agent, 12), step(home, agent, 13)]
    at_once = [
        subprocess.Popen(command(folder, "apply", each), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        for each in proposals
    ]
    ended = [(*process.communicate(timeout=PATIENCE_SECONDS * 2), process.returncode) for process in at_once]
    assert sorted(status for _, _, status in ended) == [0, 4], ended


@pytest.fixture
def server(folder: Path) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """A running ``drysail serve`` and its address."""
    log = folder / "serve.log"
    with log.open("w", encoding="utf-8") as output:
        environment = {**os.environ, "DRYSAIL_FLUSH_SECONDS": "1"}
        process = subprocess.Popen(command(folder, "serve", "--port", "0"), stderr=output, text=True, env=environment)
    end = time.monotonic() + PATIENCE_SECONDS
    found = None
    while found is None and time.monotonic() < end and process.poll() is None:
        found = re.search(r"http://[\d.]+:\d+", log.read_text(encoding="utf-8"))
    assert found is not None, log.read_text(encoding="utf-8")
    yield process, found.group()
    if process.poll() is None:
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=PATIENCE_SECONDS)


def test_a_change_of_another_process_is_served_and_apply_says_how_fast(
    folder: Path, home: Home, server: tuple[subprocess.Popen[str], str]
) -> None:
    _, url = server
    with home.store.read() as reader:
        token = next(key.token for key in reader.keys("sandbox") if key.kind == "public")

    def answer() -> object:
        body = {"api_key": token, "distinct_id": "u1", "person_properties": {}}
        return httpx.post(f"{url}/flags/?v=2", json=body).json()["flags"].get("search-enabled", {}).get("enabled")

    assert answer() is True
    done = subprocess.run(
        command(folder, "flags", "off", "search-enabled", "-e", "sandbox", "--json"),
        capture_output=True,
        text=True,
        check=True,
    )
    assert list(json.loads(done.stdout)["live_after_ms"]) == [url]
    assert answer() is None, "a flag that is off is left out of the answer"


def test_what_was_answered_is_on_disk_when_the_server_is_told_to_stop(
    folder: Path, home: Home, server: tuple[subprocess.Popen[str], str]
) -> None:
    process, url = server
    with home.store.read() as reader:
        token = next(key.token for key in reader.keys("live") if key.kind == "public")
    for number in range(25):
        httpx.post(f"{url}/flags/?v=2", json={"api_key": token, "distinct_id": f"u{number}"}).raise_for_status()
    process.send_signal(signal.SIGTERM)
    assert process.wait(timeout=PATIENCE_SECONDS) == 0
    done = subprocess.run(
        command(folder, "traffic", "snapshot", "-e", "live", "--json"), capture_output=True, text=True, check=True
    )
    assert json.loads(done.stdout)["facts"]["subjects"] == 25
    snapshot = newest_snapshot(home, "live")
    assert snapshot is not None
    recording = home.recordings.load(snapshot)
    assert ("checkout-button", "rollout") in recording.buckets, "what was hashed to answer is not hashed again"


@pytest.fixture
def live_secret(home: Home, ann: Actor) -> str:
    """A secret key of ``live``; ask for it before the server, which then knows it from the start."""
    _, token = create_key(home, "live", "secret", actor=ann)
    return token


@pytest.mark.filterwarnings("ignore:.*deprecated:DeprecationWarning")
def test_what_an_sdk_decided_by_itself_is_evidence_where_nothing_was_answered(
    folder: Path, home: Home, live_secret: str, server: tuple[subprocess.Popen[str], str]
) -> None:
    process, url = server
    with home.store.read() as reader:
        token = next(key.token for key in reader.keys("live") if key.kind == "public")
    for number, mode in enumerate(("v0", "v1")):
        client = local_client(url, str(token), live_secret, mode)
        for user in range(40):
            client.get_feature_flag("checkout-button", f"u{user}-{number}", person_properties={"plan": "pro"})
        client.shutdown()
    process.send_signal(signal.SIGTERM)
    assert process.wait(timeout=PATIENCE_SECONDS) == 0
    taken = subprocess.run(
        command(folder, "traffic", "snapshot", "-e", "live", "--json"), capture_output=True, text=True, check=True
    )
    facts = json.loads(taken.stdout)["facts"]
    assert (facts["provenance"], facts["checks"], facts["subjects"]) == ("reconstructed", 80, 80)
    simulated = subprocess.run(
        command(folder, "simulate", "checkout-button", "-e", "live", "--off", "--json"),
        capture_output=True,
        text=True,
        check=False,
    )
    impact = json.loads(simulated.stdout)["impact"]
    assert (impact["subjects"], impact["undetermined_subjects"]) == (80, 0)
    assert 0 < impact["changed_subjects"] < 80
    fidelity = impact["fidelity"]
    assert (fidelity["compared"], fidelity["differing"]) == (80, 0), "the evaluator repeats what the SDK decided"


def local_client(url: str, token: str, secret: str, mode: str) -> Posthog:
    """A real SDK that has downloaded the definitions and decides by itself."""
    client = Posthog(
        token, host=url, secret_key=secret, enable_local_evaluation=False, sync_mode=True, capture_mode=mode
    )
    client.load_feature_flags()
    return client


def test_a_port_in_use_is_named_with_the_fix(folder: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        done = subprocess.run(
            command(folder, "serve", "--port", str(port)), capture_output=True, text=True, check=False
        )
    assert done.returncode == 2
    assert f"Port {port} on 127.0.0.1 is in use" in done.stderr
    assert "--port" in done.stderr
