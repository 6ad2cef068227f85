"""Events are accepted in PostHog's protocols and counted; those about flags that an SDK evaluated are recorded."""

import base64
import gzip
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from mcp_server.http.app import create_app
from mcp_server.traffic.archive import TrafficArchive
from mcp_server.traffic.traffic_recorder import TrafficRecorder
from policies.impact import TrafficFacts
from tests.mcp_server.http.home import NOW, PUBLIC, SECRET, STAGING_PUBLIC, ServedHome

Serve = Callable[[], TestClient]
EVENT: dict[str, Any] = {"event": "bought", "distinct_id": "ada", "uuid": "018f-1", "properties": {"price": 3}}


def counted(client: TestClient) -> float:
    lines = client.get("/metrics").text.splitlines()
    return float(next(line for line in lines if line.startswith("drysail_events_received_total")).split()[1])


@pytest.mark.parametrize("path", ["/batch", "/capture", "/e", "/i/v0/e", "/track", "/engage"])
@pytest.mark.parametrize("end", ["", "/"])
def test_batches_are_accepted_under_all_of_posthogs_names(home: ServedHome, serve: Serve, path: str, end: str) -> None:
    client = serve()
    answer = client.post(path + end, json={"api_key": PUBLIC, "batch": [EVENT, EVENT], "historical_migration": False})
    assert (answer.status_code, answer.json()) == (200, {"status": 1})
    assert counted(client) == 2


def test_single_events_and_lists_of_events_are_accepted_with_the_token_in_their_properties(
    home: ServedHome, serve: Serve
) -> None:
    client = serve()
    marked = {**EVENT, "properties": {"token": PUBLIC}}
    bodies: list[Any] = [{**EVENT, "api_key": PUBLIC}, marked, [marked, EVENT]]
    assert [client.post("/e/", json=body).json() for body in bodies] == [{"status": 1}] * 3
    assert counted(client) == 4


def test_browsers_send_gzip_forms_and_beacons(home: ServedHome, serve: Serve) -> None:
    client = serve()
    raw = json.dumps({"api_key": PUBLIC, "batch": [EVENT]}).encode()
    assert client.post("/e/?compression=gzip-js", content=gzip.compress(raw)).json() == {"status": 1}
    assert client.post("/e/", data={"data": base64.b64encode(raw).decode()}).json() == {"status": 1}
    beacon = client.post("/e/?beacon=1", content=gzip.compress(raw), headers={"origin": "https://shop.example"})
    assert (beacon.status_code, beacon.content) == (204, b"")
    assert beacon.headers["access-control-allow-origin"] == "https://shop.example"
    assert counted(client) == 3


def test_a_large_batch_is_accepted_and_one_over_20_mib_is_not(home: ServedHome, serve: Serve) -> None:
    client = serve()
    large = json.dumps({"api_key": PUBLIC, "batch": [{**EVENT, "properties": {"text": "x" * 1000}}] * 5000})
    assert len(large) > 5_000_000
    assert client.post("/batch/", content=large.encode()).status_code == 200
    assert client.post("/batch/", content=b"x" * (20 * 1024 * 1024 + 1)).status_code == 413
    assert client.post("/batch/", content=gzip.compress(b" " * (20 * 1024 * 1024 + 1))).status_code == 413


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"api_key": PUBLIC, "batch": [1]}, 400),
        ({"api_key": PUBLIC, "batch": "x"}, 400),
        ("text", 400),
        ({"batch": [EVENT]}, 401),
        ({"batch": []}, 401),
        ([], 401),
        ({"api_key": "nobody", "batch": [EVENT]}, 401),
        ({"api_key": SECRET, "batch": [EVENT]}, 401),
    ],
)
def test_what_is_no_event_or_from_nobody_is_refused(home: ServedHome, serve: Serve, body: Any, status: int) -> None:
    client = serve()
    assert client.post("/batch/", json=body).status_code == status
    assert counted(client) == 0


def test_the_newer_protocol_answers_for_every_event(home: ServedHome, serve: Serve) -> None:
    client = serve()
    headers = {"authorization": f"Bearer {PUBLIC}", "posthog-request-id": "req-1"}
    batch = [EVENT, {**EVENT, "uuid": "018f-2"}]
    answer = client.post("/i/v1/analytics/events", json={"created_at": "now", "batch": batch}, headers=headers)
    assert answer.json() == {"results": {"018f-1": {"result": "ok"}, "018f-2": {"result": "ok"}}}
    assert answer.headers["posthog-request-id"] == "req-1"
    assert counted(client) == 2
    assert client.post("/i/v1/analytics/events", json={"batch": batch}).status_code == 401
    assert client.post("/i/v1/analytics/events", json={"batch": 1}, headers=headers).status_code == 400


def test_browsers_find_their_settings(home: ServedHome, serve: Serve) -> None:
    client = serve()
    answer = client.get(f"/array/{PUBLIC}/config", headers={"origin": "https://shop.example"})
    assert answer.status_code == 200
    assert answer.json()["token"] == PUBLIC
    assert answer.json()["hasFeatureFlags"] is False
    assert answer.headers["access-control-allow-origin"] == "https://shop.example"
    assert client.get("/array/nobody/config").status_code == 401


CALL: dict[str, Any] = {
    "event": "$feature_flag_called",
    "distinct_id": "ada",
    "uuid": "018f-3",
    "timestamp": "2026-11-22T11:59:00Z",
    "properties": {"$feature_flag": "ship-it", "$feature_flag_response": True, "locally_evaluated": True},
}
RECORDED = 'drysail_recorder_recorded_checks_total{provenance="reconstructed"}'


def metric(client: TestClient, name: str) -> float:
    lines = client.get("/metrics").text.splitlines()
    return next((float(line.rpartition(" ")[2]) for line in lines if line.startswith(f"{name} ")), 0.0)


@pytest.fixture
def recorder(home: ServedHome, tmp_path: Path) -> Iterator[TrafficRecorder]:
    """Writes at once what it is told to flush."""
    with TrafficRecorder(tmp_path / "traffic", lambda: NOW) as opened:
        yield opened


def recorded_by(home: ServedHome, recorder: TrafficRecorder) -> TestClient:
    home.serving.refresh()
    return TestClient(create_app(home.serving, recorder))


def facts(home: Path, environment: str) -> TrafficFacts | None:
    snapshot = TrafficArchive(home).collect(environment, "reconstructed", NOW)
    return None if snapshot is None else snapshot.facts


def test_flags_that_an_sdk_evaluated_are_recorded_in_the_environment_of_its_token(
    home: ServedHome, recorder: TrafficRecorder, tmp_path: Path
) -> None:
    with recorded_by(home, recorder) as client:
        batch = [CALL, EVENT, {**CALL, "distinct_id": "bob"}]
        client.post("/batch/", json={"api_key": PUBLIC, "batch": batch})
        client.post(
            "/i/v1/analytics/events",
            json={"batch": [CALL]},
            headers={"authorization": f"Bearer {STAGING_PUBLIC}", "user-agent": "posthog-python/7.91.1"},
        )
        client.post("/batch/", json={"api_key": "nobody", "batch": [CALL]})
        recorder.flush()
        assert metric(client, RECORDED) == 3
        assert counted(client) == 4
    production, staging = facts(tmp_path / "traffic", "production"), facts(tmp_path / "traffic", "staging")
    assert production is not None
    assert staging is not None
    assert (production.checks, production.subjects) == (2, 2)
    assert staging.checks == 1
    (segment,) = TrafficArchive(tmp_path / "traffic").segments("staging")
    assert dict(segment.sdks) == {"posthog-python/7.91.1": 1}


def test_a_large_batch_of_calls_is_recorded_and_its_malformed_ones_are_counted(
    home: ServedHome, recorder: TrafficRecorder
) -> None:
    malformed = {**CALL, "distinct_id": None}
    with recorded_by(home, recorder) as client:
        batch = [*({**CALL, "distinct_id": f"user-{number}"} for number in range(2000)), *[malformed] * 7]
        answer = client.post("/batch/", json={"api_key": PUBLIC, "batch": batch})
        assert (answer.status_code, answer.json()) == (200, {"status": 1})
        recorder.flush()
        assert (metric(client, RECORDED), metric(client, "drysail_unreadable_events_total")) == (2000, 7)


@pytest.mark.parametrize("events", [1, 200])
def test_a_failing_recorder_fails_no_batch(
    home: ServedHome, serve: Serve, monkeypatch: pytest.MonkeyPatch, events: int
) -> None:
    def refuse(*_: object, **__: object) -> int:
        raise OSError("disk full")

    monkeypatch.setattr(home.recorded, "offer_events", refuse)
    client = serve()
    assert client.post("/batch/", json={"api_key": PUBLIC, "batch": [CALL] * events}).json() == {"status": 1}
    assert metric(client, "drysail_recorder_failures_total") == 1
    assert counted(client) == events
