"""The real PostHog SDK, over real sockets, against a server that follows a real store."""

import json
import random
import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from threading import Event
from time import monotonic
from typing import Any

import pytest
from posthog import Posthog

from tests.mcp_server.http.home import PUBLIC, SECRET, Recorded, Running, ServedHome, create_home, opened_home, running
from tests.mcp_server.http.test_serving import Unreliable

# The SDK asks its users to move on to evaluate_flags; most of them have not, so the older getters must work.
pytestmark = pytest.mark.filterwarnings("ignore:.*deprecated:DeprecationWarning")

Connect = Callable[..., Posthog]


@pytest.fixture(scope="session")
def filled_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with flags of every kind that SDKs know, made once and copied for each test."""
    path = tmp_path_factory.mktemp("home") / "drysail.db"
    create_home(path)
    with opened_home(path) as opened:
        fill(opened)
    return path


@pytest.fixture
def home(filled_home: Path, tmp_path: Path) -> Iterator[ServedHome]:
    with opened_home(Path(shutil.copy(filled_home, tmp_path))) as opened:
        yield opened


@pytest.fixture
def server(home: ServedHome) -> Iterator[Running]:
    with running(home.store, home.recorded) as started:
        yield started


@pytest.fixture
def connect() -> Iterator[Connect]:
    """Makes clients: ``local`` ones hold the secret key and download definitions when told to."""
    with ExitStack() as stack:

        def client(url: str, *, token: str = PUBLIC, local: bool = False, **options: Any) -> Posthog:
            made = Posthog(
                token,
                host=url,
                secret_key=SECRET if local else None,
                enable_local_evaluation=False,
                sync_mode=True,
                timeout=10,
                feature_flags_request_timeout_seconds=10,
                **options,
            )
            stack.callback(made.shutdown)
            return made

        yield client


def person(key: str, operator: str, value: Any) -> dict[str, Any]:
    return {"key": key, "type": "person", "operator": operator, "value": value}


def in_cohort(number: int, operator: str = "in") -> dict[str, Any]:
    return {"key": "id", "type": "cohort", "operator": operator, "value": number}


def depends_on(key: str, value: bool | str) -> dict[str, Any]:
    return {"key": key, "type": "flag", "operator": "flag_evaluates_to", "value": value}


THREE = {
    "variants": [{"key": name, "rollout_percentage": share} for name, share in (("a", 33.3), ("b", 33.3), ("c", 33.4))]
}


def fill(home: ServedHome) -> None:
    pros_abroad = {
        "type": "AND",
        "values": [person("plan", "exact", "pro"), {**person("country", "exact", "US"), "negation": True}],
    }
    nested = {
        "type": "OR",
        "values": [
            {"type": "AND", "values": [{"key": "id", "type": "cohort", "value": 1}]},
            person("vip", "exact", True),
        ],
    }
    home.put("settings", "settings", {"group_type_mapping": {"0": "company"}})
    home.put("cohort", "1", {"id": 1, "name": "Pros abroad", "filters": {"properties": pros_abroad}})
    home.put("cohort", "2", {"id": 2, "name": "Special", "filters": {"properties": nested}})
    home.put("cohort", "3", {"id": 3, "name": "Friends", "is_static": True, "drysail": {"members": ["user-3"]}})
    home.put_flag("everybody", payloads={"true": '{"greeting": "hi"}'})
    home.put_flag("third", groups=[{"rollout_percentage": 33.3}])
    home.put_flag("nobody", groups=[{"rollout_percentage": 0}])
    home.put_flag("inactive", active=False)
    home.put_flag("colours", groups=[{"rollout_percentage": 80}], multivariate=THREE, payloads={"a": "[1]", "b": '"x"'})
    home.put_flag(
        "pinned", groups=[{"properties": [person("plan", "exact", ["pro", "max"])], "variant": "b"}], multivariate=THREE
    )
    home.put_flag("staged", groups=[{"rollout_percentage": 10}, {"properties": [person("plan", "exact", "max")]}])
    home.put_flag(
        "early", early_exit=True, groups=[{"rollout_percentage": 50}, {"properties": [person("plan", "exact", "max")]}]
    )
    home.put_flag("held-out", multivariate=THREE, holdout={"id": 3, "exclusion_percentage": 25})
    home.put_flag("company", id=40, groups=[{"rollout_percentage": 60}], aggregation_group_type_index=0)
    big = {"key": "size", "type": "group", "operator": "gte", "value": 100, "group_type_index": 0}
    home.put_flag("big-company", groups=[{"properties": [big]}], aggregation_group_type_index=0)
    home.put_flag("abroad", groups=[{"properties": [in_cohort(1)]}])
    home.put_flag("special", groups=[{"properties": [in_cohort(2)], "rollout_percentage": 70}])
    home.put_flag("ordinary", groups=[{"properties": [in_cohort(2, "not_in")]}])
    home.put_flag("friends", groups=[{"properties": [in_cohort(3)]}])
    home.put_flag("child", groups=[{"properties": [depends_on("third", True)]}])
    home.put_flag("grandchild", groups=[{"properties": [depends_on("child", False), depends_on("colours", "a")]}])
    home.put_flag("versioned", groups=[{"properties": [person("app", "semver_gte", "2.10.0")]}])
    home.put_flag("mails", groups=[{"properties": [person("email", "regex", "@example\\.(com|org)$")]}])
    home.put_flag("adults", groups=[{"properties": [person("age", "gt", 17), person("name", "icontains", "AN")]}])
    home.put_flag("recent", groups=[{"properties": [person("joined", "is_date_after", "-30d")]}])


def people(count: int) -> list[tuple[str, dict[str, Any]]]:
    """Subjects and how they ask, every property that a flag looks at among it."""
    chance = random.Random(8470)
    return [
        (
            f"user-{number}",
            {
                "person_properties": {
                    "plan": chance.choice(["free", "pro", "max"]),
                    "country": chance.choice(["US", "DE", "JP"]),
                    "vip": chance.choice([True, False]),
                    "app": chance.choice(["2.9.9", "2.10.0", "3.0.1"]),
                    "email": chance.choice(["a@example.com", "b@example.org", "c@example.net"]),
                    "age": chance.randint(10, 30),
                    "name": chance.choice(["Ann", "Joanna", "Bob"]),
                    "joined": chance.choice(["2019-05-04", "2999-01-01"]),
                },
                "groups": {"company": chance.choice(["org-9", "org-12", "org-77"])},
                "group_properties": {"company": {"size": chance.choice([10, 100, 1000])}},
            },
        )
        for number in range(count)
    ]


def eventually(happened: Callable[[], bool], within: float = 10.0) -> float:
    """Asks again and again until it has happened; returns after how many seconds that was."""
    start = monotonic()
    pause = Event()
    while not happened():
        assert monotonic() < start + within, "it did not happen in time"
        pause.wait(0.002)
    return monotonic() - start


def test_every_getter_returns_what_the_flag_is_defined_to_be(server: Running, connect: Connect) -> None:
    client = connect(server.url)
    groups = {"company": "org-9"}
    assert client.get_feature_flag("everybody", "ada") is True
    assert client.get_feature_flag_payload("everybody", "ada") == {"greeting": "hi"}
    assert client.get_feature_flag("nobody", "ada") is False
    assert client.feature_enabled("friends", "user-3") is True
    assert client.feature_enabled("friends", "user-4") is False
    assert client.get_feature_flag("pinned", "ada", person_properties={"plan": "max"}) == "b"
    assert client.get_feature_flag_payload("pinned", "ada", person_properties={"plan": "max"}) is None
    assert client.get_feature_flag("company", "ada", groups=groups) is True
    assert client.get_feature_flag("company", "ada", groups={"company": "org-9"}) is True
    everything = client.get_all_flags("ada", groups=groups)
    assert everything is not None
    assert "inactive" not in everything
    assert everything["everybody"] is True
    snapshot = client.evaluate_flags("ada", groups=groups)
    assert snapshot.get_flag("everybody") is True
    assert snapshot.get_flag_payload("everybody") == {"greeting": "hi"}
    assert snapshot.is_enabled("nobody") is False


def test_local_evaluation_agrees_with_the_server_for_every_flag_and_subject(server: Running, connect: Connect) -> None:
    remote, local = connect(server.url, send=False), connect(server.url, local=True, send=False)
    local.load_feature_flags()
    keys = {flag["key"] for flag in local.feature_flags or []}
    assert len(keys) == 21
    compared = 0
    seen: dict[str, set[Any]] = {key: set() for key in keys}
    for distinct_id, asked in people(150):
        answer = remote.get_all_flags_and_payloads(distinct_id, **asked)
        values, payloads = answer["featureFlags"] or {}, answer["featureFlagPayloads"] or {}
        for key in keys:
            mine = local.get_feature_flag(key, distinct_id, only_evaluate_locally=True, **asked)
            if key == "friends":
                assert mine is None, "a static cohort is known to the server only"
                continue
            if key == "inactive":
                assert (mine, key in values) == (False, False), "inactive flags are off locally and absent remotely"
                continue
            assert mine == values[key], (key, distinct_id, asked)
            payload = local.get_feature_flag_payload(key, distinct_id, only_evaluate_locally=True, **asked)
            told = remote_payload(payloads.get(key))
            assert payload == told, (key, distinct_id)
            seen[key].add(mine)
            compared += 1
    assert compared == 150 * 19
    constant = {key for key, values_seen in seen.items() if len(values_seen) < 2}
    assert constant == {"everybody", "nobody", "friends", "inactive"}


def remote_payload(text: Any) -> Any:
    """The bulk getter gives payloads as JSON text."""
    return None if text is None else json.loads(text)


def test_a_flag_that_local_evaluation_cannot_decide_is_asked_for(server: Running, connect: Connect) -> None:
    client = connect(server.url, local=True)
    client.load_feature_flags()
    before = server.metric('drysail_http_requests_total{endpoint="flags",status="200"}')
    assert client.get_feature_flag("friends", "user-3") is True
    assert client.get_feature_flag("everybody", "user-3") is True
    assert server.metric('drysail_http_requests_total{endpoint="flags",status="200"}') == before + 1


@pytest.mark.parametrize("compressed", [False, True])
def test_events_of_both_protocols_are_taken(server: Running, connect: Connect, compressed: bool) -> None:
    older, newer = connect(server.url, gzip=compressed), connect(server.url, capture_mode="v1", gzip=compressed)
    for client in (older, newer):
        client.capture("bought", distinct_id="ada", properties={"price": 3})
        client.get_feature_flag("everybody", "ada")
        client.flush()
    assert server.metric("drysail_events_received_total") == 4


def test_events_compressed_with_deflate_are_taken(server: Running, connect: Connect) -> None:
    client = connect(server.url, capture_mode="v1", capture_compression="deflate")
    client.capture("bought", distinct_id="ada")
    client.flush()
    assert server.metric("drysail_events_received_total") == 1


def test_remote_configuration_is_read_with_the_secret_key(home: ServedHome, connect: Connect) -> None:
    home.put_flag("limits", is_remote_configuration=True, payloads={"true": '{"max": 3}'})
    with running(home.store, home.recorded) as server:
        assert connect(server.url, local=True).get_remote_config_payload("limits") == '{"max": 3}'


def test_an_unknown_token_gets_no_values(server: Running, connect: Connect) -> None:
    client = connect(server.url, token="dsp_unknown", send=False)
    assert client.get_feature_flag("everybody", "ada") is None
    assert client.get_all_flags("ada") in (None, {})
    assert server.metric('drysail_http_requests_total{endpoint="flags",status="401"}') == 2


def test_a_failed_flag_has_no_value_and_the_others_do(home: ServedHome, connect: Connect) -> None:
    home.put_flag("lost", groups=[{"properties": [in_cohort(99)]}])
    with running(home.store, home.recorded) as server:
        client = connect(server.url)
        assert client.get_feature_flag("lost", "ada") is None
        assert client.get_feature_flag("everybody", "ada") is True


def test_unchanged_definitions_are_not_downloaded_again(home: ServedHome, server: Running, connect: Connect) -> None:
    client = connect(server.url, local=True)
    unchanged = 'drysail_http_requests_total{endpoint="definitions",status="304"}'
    client.load_feature_flags()
    assert server.metric(unchanged) == 0
    client.load_feature_flags()
    client.load_feature_flags()
    assert server.metric(unchanged) == 2
    home.put_flag("third", groups=[{"rollout_percentage": 100}])
    eventually(lambda: (client.load_feature_flags(), client.get_feature_flag("third", "user-1") is True)[1])
    assert client.get_feature_flag("third", "user-2", only_evaluate_locally=True) is True


def test_a_client_outlives_a_restart_of_the_server(home: ServedHome, connect: Connect) -> None:
    with running(home.store, home.recorded) as first:
        remote, local = connect(first.url, send=False), connect(first.url, local=True, send=False)
        local.load_feature_flags()
        assert remote.get_feature_flag("everybody", "ada") is True
    assert remote.get_feature_flag("everybody", "ada") is None
    assert local.get_feature_flag("everybody", "ada") is True
    local.load_feature_flags()
    home.put_flag("everybody", active=False)
    with running(home.store, home.recorded, port=first.port):
        assert remote.get_feature_flag("everybody", "ada") in (None, False)
        assert remote.get_feature_flag("third", "user-3") is not None
        local.load_feature_flags()
        assert local.get_feature_flag("everybody", "ada") is False


def test_a_server_without_its_store_does_not_make_clients_forget(home: ServedHome, connect: Connect) -> None:
    with running(home.store, home.recorded) as first:
        client = connect(first.url, local=True, send=False)
        client.load_feature_flags()
    cut_off = Unreliable(home.store, cut_off=True)
    with running(cut_off, Recorded(), port=first.port) as cold:
        client.load_feature_flags()
        assert cold.metric('drysail_http_requests_total{endpoint="definitions",status="503"}') == 1
        assert client.get_feature_flag("everybody", "ada", only_evaluate_locally=True) is True


def test_a_revoked_secret_makes_clients_forget_their_definitions(
    home: ServedHome, server: Running, connect: Connect
) -> None:
    client = connect(server.url, local=True, send=False)
    client.load_feature_flags()
    with home.store.write() as writer:
        writer.revoke_key("key_s", datetime(2026, 11, 22, tzinfo=UTC))
    refused = 'drysail_http_requests_total{endpoint="definitions",status="401"}'
    eventually(lambda: (client.load_feature_flags(), server.metric(refused) > 0)[1])
    assert client.feature_flags == []


def test_a_change_is_served_within_a_quarter_of_a_second(home: ServedHome, server: Running, connect: Connect) -> None:
    client = connect(server.url, send=False)
    seconds = []
    for share in (100, 0, 100, 0, 100):
        expected = share == 100
        home.put_flag("nobody", groups=[{"rollout_percentage": share}])
        seconds.append(eventually(lambda e=expected: client.get_feature_flag("nobody", "ada") is e))  # type: ignore[misc]
    assert median(seconds) < 0.25


def test_the_recorder_sees_what_the_sdk_asked(home: ServedHome, server: Running, connect: Connect) -> None:
    client = connect(server.url, send=False)
    client.get_all_flags("ada", person_properties={"plan": "pro"}, groups={"company": "org-9"})
    (check,) = home.recorded.checks
    assert check.sdk.startswith("posthog-python/7.")
    assert check.environment == "production"
    assert check.context.distinct_id == "ada"
    assert dict(check.context.properties) == {"plan": "pro"}
    assert dict(check.context.groups) == {"company": "org-9"}
    assert {result.key for result in check.results} >= {"everybody", "colours", "company"}
