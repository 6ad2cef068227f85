"""The feed for locally evaluating SDKs: who may have it, and when it has changed."""

from collections.abc import Callable
from datetime import UTC, datetime

import httpx
import pytest
from starlette.testclient import TestClient

from mcp_server.http.app import create_app
from mcp_server.services.serving import Serving
from tests.mcp_server.http.home import AGENT, PUBLIC, SECRET, STAGING_PUBLIC, STAGING_SECRET, ServedHome

Serve = Callable[[], TestClient]
PATHS = [
    "/flags/definitions",
    "/flags/definitions/",
    "/api/feature_flag/local_evaluation",
    "/api/feature_flag/local_evaluation/",
]


def load(
    client: TestClient,
    *,
    secret: str | None = SECRET,
    token: str | None = PUBLIC,
    path: str = PATHS[0],
    etag: str | None = None,
) -> httpx.Response:
    headers = {} if secret is None else {"authorization": f"Bearer {secret}"}
    headers |= {} if etag is None else {"if-none-match": etag}
    query = "send_cohorts" if token is None else f"token={token}&send_cohorts"
    return client.get(f"{path}?{query}", headers=headers)


@pytest.mark.parametrize("path", PATHS)
def test_the_feed_holds_flags_by_key_the_cohorts_they_reach_and_the_group_types(
    home: ServedHome, serve: Serve, path: str
) -> None:
    tree = {"type": "OR", "values": [{"key": "plan", "type": "person", "operator": "exact", "value": "pro"}]}
    home.put("settings", "settings", {"group_type_mapping": {"0": "company"}, "property_matching_version": 2})
    home.put("cohort", "4", {"id": 4, "name": "Pros", "filters": {"properties": tree}})
    home.put("cohort", "5", {"id": 5, "name": "Nobody asks", "filters": {"properties": tree}})
    home.put_flag("zebra", active=False)
    home.put_flag("ant", groups=[{"properties": [{"key": "id", "type": "cohort", "value": 4, "operator": "in"}]}])
    home.put_flag("own", drysail={"owner": "team-a"})
    answer = load(serve(), path=path)
    feed = answer.json()
    assert answer.status_code == 200
    assert [flag["key"] for flag in feed["flags"]] == ["ant", "own", "zebra"]
    assert feed["flags"][2]["active"] is False
    assert all("drysail" not in flag for flag in feed["flags"])
    assert feed["cohorts"] == {"4": tree}
    assert feed["group_type_mapping"] == {"0": "company"}
    assert feed["property_matching_version"] == 2


def test_an_unchanged_feed_is_not_sent_again(home: ServedHome, serve: Serve) -> None:
    home.put_flag("ship-it")
    client = serve()
    first = load(client)
    tag = first.headers["etag"]
    assert tag.startswith('W/"')
    assert first.headers["cache-control"] == "private, must-revalidate"
    for known in (tag, tag.removeprefix("W/"), tag.removeprefix("W/").strip('"'), f'"other", {tag}', "*"):
        again = load(client, etag=known)
        assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag)
    assert load(client, etag='"other"').status_code == 200


def test_the_tag_changes_with_flags_and_with_the_matching_version(home: ServedHome, serve: Serve) -> None:
    home.put_flag("ship-it")
    client = serve()
    tags = [load(client).headers["etag"]]
    home.put("settings", "settings", {"property_matching_version": 2})
    home.serving.refresh()
    tags.append(load(client, etag=tags[0]).headers["etag"])
    home.put_flag("another")
    home.serving.refresh()
    tags.append(load(client, etag=tags[1]).headers["etag"])
    home.put_flag("elsewhere", environment="staging")
    home.serving.refresh()
    tags.append(load(client, etag=tags[2]).headers["etag"])
    assert len(set(tags[:3])) == 3
    assert tags[2] == tags[3]


@pytest.mark.parametrize(
    ("secret", "token"),
    [
        (None, PUBLIC),
        ("", PUBLIC),
        ("dss_wrong", PUBLIC),
        (PUBLIC, PUBLIC),
        (AGENT, PUBLIC),
        (SECRET, None),
        (SECRET, "dsp_wrong"),
        (SECRET, SECRET),
        (SECRET, STAGING_PUBLIC),
        (STAGING_SECRET, PUBLIC),
    ],
)
def test_only_the_secret_key_of_the_tokens_environment_opens_it(
    home: ServedHome, serve: Serve, secret: str | None, token: str | None
) -> None:
    answer = load(serve(), secret=secret, token=token)
    assert answer.status_code == 401
    assert answer.json()["type"] == "authentication_error"
    assert (answer.json()["code"] == "not_authenticated") is (not secret)


def test_a_revoked_key_opens_nothing_from_the_next_refresh_on(home: ServedHome, serve: Serve) -> None:
    client = serve()
    assert load(client).status_code == 200
    with home.store.write() as writer:
        writer.revoke_key("key_s", datetime(2026, 11, 22, tzinfo=UTC))
    home.serving.refresh()
    assert load(client).status_code == 401


def test_a_server_that_has_loaded_nothing_yet_must_not_make_sdks_forget(home: ServedHome) -> None:
    cold = Serving(home.store, lambda: datetime(2026, 11, 22, tzinfo=UTC))
    with TestClient(create_app(cold, home.recorded)) as client:
        answers = [
            load(client),
            client.post("/flags/?v=2", json={"token": PUBLIC, "distinct_id": "ada"}),
            client.post("/ofrep/v1/evaluate/flags", json={}, headers={"x-api-key": PUBLIC}),
        ]
        assert [answer.status_code for answer in answers] == [503, 503, 503]
        assert {answer.headers["retry-after"] for answer in answers} == {"1"}
        assert client.get("/readyz").status_code == 503
        assert client.get("/readyz").json() == {"status": "cold"}
        assert client.get("/livez").status_code == 200


def test_other_methods_are_told_which_there_are(home: ServedHome, serve: Serve) -> None:
    client = serve()
    headers = {"authorization": f"Bearer {SECRET}"}
    assert client.head(f"{PATHS[0]}?token={PUBLIC}", headers=headers).status_code == 200
    assert client.options(PATHS[0]).status_code == 204
    assert client.post(PATHS[0], headers=headers).status_code == 405


def test_browsers_of_other_origins_get_no_grant(home: ServedHome, serve: Serve) -> None:
    headers = {"authorization": f"Bearer {SECRET}", "origin": "https://evil.example"}
    answer = serve().get(f"{PATHS[0]}?token={PUBLIC}", headers=headers)
    assert "access-control-allow-origin" not in answer.headers


def test_remote_configuration_is_the_payload_of_its_flag(home: ServedHome, serve: Serve) -> None:
    home.put_flag("limits", is_remote_configuration=True, active=False, payloads={"true": '{"max": 3}'})
    home.put_flag("empty", is_remote_configuration=True)
    home.put_flag("ordinary", payloads={"true": "1"})
    home.put_flag("gone", is_remote_configuration=True, deleted=True, payloads={"true": "1"})
    client = serve()

    def fetch(key: str, secret: str = SECRET) -> httpx.Response:
        path = f"/api/projects/@current/feature_flags/{key}/remote_config?token={PUBLIC}"
        return client.get(path, headers={"authorization": f"Bearer {secret}"})

    assert fetch("limits").json() == '{"max": 3}'
    assert (fetch("empty").status_code, fetch("empty").content) == (200, b"")
    assert [fetch(key).status_code for key in ("ordinary", "gone", "nobody-knows")] == [404, 404, 404]
    assert fetch("limits", secret=AGENT).status_code == 401
