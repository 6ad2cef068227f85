"""Health, readiness and metrics."""

from datetime import timedelta

from starlette.testclient import TestClient

from mcp_server.http.app import create_app
from mcp_server.services.serving import Serving
from tests.mcp_server.http.home import PUBLIC, ServedHome
from tests.mcp_server.http.test_serving import MovingClock


def test_a_server_that_hears_from_its_store_is_fresh_and_one_that_does_not_is_stale_but_ready(
    home: ServedHome,
) -> None:
    clock = MovingClock()
    serving = Serving(home.store, clock)
    serving.refresh()
    with TestClient(create_app(serving, home.recorded)) as client:
        assert client.get("/readyz").json() == {"status": "fresh", "age_seconds": 0.0}
        clock.now += timedelta(seconds=6)
        stale = client.get("/readyz")
        assert (stale.status_code, stale.json()) == (200, {"status": "stale", "age_seconds": 6.0})
        assert client.get("/livez").json() == {"status": "alive"}


def test_a_broken_environment_makes_a_server_stale_and_its_token_unavailable(home: ServedHome) -> None:
    home.put("settings", "settings", {"group_type_mapping": ["company"]})
    with TestClient(home.app()) as client:
        assert client.get("/readyz").json()["status"] == "stale"
        answer = client.post("/flags/?v=2", json={"token": PUBLIC, "distinct_id": "ada"})
        assert answer.status_code == 503
        assert "production" in answer.text


def test_metrics_count_requests_and_tell_what_is_served(home: ServedHome) -> None:
    home.put_flag("ship-it")
    home.put_flag("bad", groups="all")
    with TestClient(home.app()) as client:
        client.post("/flags/?v=2", json={"token": PUBLIC, "distinct_id": "ada"})
        client.post("/flags/?v=2", json={"token": "nobody", "distinct_id": "ada"})
        answer = client.get("/metrics")
    assert answer.headers["content-type"].startswith("text/plain")
    lines = answer.text.splitlines()
    for line in (
        'drysail_http_requests_total{endpoint="flags",status="200"} 1.0',
        'drysail_http_requests_total{endpoint="flags",status="401"} 1.0',
        'drysail_http_request_seconds_count{endpoint="flags"} 2.0',
        'drysail_served_revision{environment="production"} 2.0',
        'drysail_served_flags{environment="production"} 2.0',
        'drysail_failing_flags{environment="production"} 1.0',
        "drysail_served_age_seconds 0.0",
        "drysail_broken_environments 0.0",
        "drysail_shed_total 0.0",
        "drysail_refresh_failures_total 0.0",
    ):
        assert line in lines


def test_no_metric_names_a_subject_or_a_flag(home: ServedHome) -> None:
    home.put_flag("ship-it")
    with TestClient(home.app()) as client:
        client.post("/flags/?v=2", json={"token": PUBLIC, "distinct_id": "ada-lovelace"})
        text = client.get("/metrics").text
    assert "ada-lovelace" not in text
    assert "ship-it" not in text


def test_metrics_tell_what_became_of_the_recorded_checks(home: ServedHome) -> None:
    for key in ("ship-it", "search"):
        home.put_flag(key)
    with TestClient(home.app()) as client:
        client.post("/flags/?v=2", json={"token": PUBLIC, "distinct_id": "ada"})
        lines = client.get("/metrics").text.splitlines()
    assert 'drysail_recorder_offered_checks_total{provenance="recorded"} 2.0' in lines
    assert 'drysail_recorder_recorded_checks_total{provenance="recorded"} 2.0' in lines
    for name in ("dropped_checks_total", "sampled_out_checks_total", "segments_total", "failed_writes_total"):
        assert f'drysail_recorder_{name}{{provenance="recorded"}} 0.0' in lines
    assert 'drysail_recorder_queue_length{provenance="recorded"} 0.0' in lines


def test_an_unknown_path_is_not_found(home: ServedHome) -> None:
    with TestClient(home.app()) as client:
        assert client.get("/nothing/here").status_code == 404
        assert client.post("/flags/more").status_code == 404


def test_every_path_tells_which_methods_it_has(home: ServedHome) -> None:
    wrong = {
        "/flags/": "DELETE",
        "/flags/definitions": "POST",
        "/batch/": "PUT",
        "/i/v1/analytics/events": "GET",
        "/ofrep/v1/evaluate/flags": "GET",
        "/ofrep/v1/evaluate/flags/ship-it": "GET",
        f"/array/{PUBLIC}/config": "POST",
        "/livez": "POST",
    }
    with TestClient(home.app()) as client:
        for path, method in wrong.items():
            answer = client.request(method, path)
            assert answer.status_code == 405, path
            assert method not in answer.headers["allow"]
