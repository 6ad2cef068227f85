"""OFREP: values, reasons, errors and tags."""

from collections.abc import Callable
from typing import Any

import httpx
import pytest
from starlette.testclient import TestClient

from tests.mcp_server.http.home import AGENT, PUBLIC, SECRET, ServedHome

Serve = Callable[[], TestClient]
ONE, MANY = "/ofrep/v1/evaluate/flags/", "/ofrep/v1/evaluate/flags"
REASONS = {"STATIC", "TARGETING_MATCH", "SPLIT", "DISABLED", "UNKNOWN"}
BLUE = {"variants": [{"key": "blue", "rollout_percentage": 100}]}


def pro(**more: Any) -> dict[str, Any]:
    return {"properties": [{"key": "plan", "type": "person", "operator": "exact", "value": "pro"}], **more}


@pytest.fixture
def shop(home: ServedHome) -> ServedHome:
    home.put_flag("always")
    home.put_flag("colour", multivariate=BLUE, payloads={"blue": "[1]"})
    home.put_flag("pinned", multivariate=BLUE, groups=[{**pro(), "variant": "blue"}])
    home.put_flag("pros", groups=[pro()])
    home.put_flag("nobody-yet", groups=[{"rollout_percentage": 0}])
    home.put_flag("asleep", active=False)
    home.put_flag("gone", deleted=True)
    home.put_flag("lost", groups=[{"properties": [{"key": "id", "type": "cohort", "value": 9}]}])
    home.put_flag(
        "orphan",
        groups=[{"properties": [{"key": "x", "type": "flag", "operator": "flag_evaluates_to", "value": True}]}],
    )
    home.put_flag("with/slash")
    return home


def ask(client: TestClient, path: str, context: Any = None, key: str = PUBLIC, **headers: str) -> httpx.Response:
    body = {"context": {"targetingKey": "ada"} if context is None else context}
    return client.post(path, json=body, headers={"authorization": f"Bearer {key}", **headers})


@pytest.mark.parametrize(
    ("flag", "context", "value", "variant", "reason", "code"),
    [
        ("always", {}, True, "true", "STATIC", "condition_match"),
        ("colour", {}, "blue", "blue", "SPLIT", "condition_match"),
        ("pinned", {"plan": "pro"}, "blue", "blue", "TARGETING_MATCH", "condition_match"),
        ("pinned", {}, False, "false", "TARGETING_MATCH", "no_condition_match"),
        ("pros", {"plan": "pro"}, True, "true", "TARGETING_MATCH", "condition_match"),
        ("nobody-yet", {}, False, "false", "SPLIT", "out_of_rollout_bound"),
        ("asleep", {}, False, "false", "DISABLED", "flag_disabled"),
        ("orphan", {}, False, "false", "UNKNOWN", "missing_dependency"),
        ("with/slash", {}, True, "true", "STATIC", "condition_match"),
    ],
)
def test_an_answer_has_a_value_a_variant_and_a_reason_of_the_protocol(
    shop: ServedHome, serve: Serve, flag: str, context: dict[str, Any], value: Any, variant: str, reason: str, code: str
) -> None:
    answer = ask(serve(), ONE + flag, {"targetingKey": "ada", **context})
    body = answer.json()
    assert answer.status_code == 200
    assert (body["key"], body["value"], body["variant"], body["reason"]) == (flag, value, variant, reason)
    assert body["metadata"]["reason"] == code
    assert reason in REASONS
    assert all(isinstance(fact, str | int) for fact in body["metadata"].values())


def test_the_payload_comes_with_the_metadata(shop: ServedHome, serve: Serve) -> None:
    client = serve()
    assert ask(client, ONE + "colour").json()["metadata"]["payload"] == "[1]"
    assert "payload" not in ask(client, ONE + "always").json()["metadata"]


@pytest.mark.parametrize(
    ("path", "context", "status", "code"),
    [
        (ONE + "nobody-knows", None, 404, "FLAG_NOT_FOUND"),
        (ONE + "gone", None, 404, "FLAG_NOT_FOUND"),
        (ONE + "lost", None, 400, "GENERAL"),
        (ONE + "always", {}, 400, "TARGETING_KEY_MISSING"),
        (ONE + "always", {"targetingKey": None}, 400, "TARGETING_KEY_MISSING"),
        (ONE + "always", [], 400, "INVALID_CONTEXT"),
        (ONE + "always", {"targetingKey": "a", "groups": 3}, 400, "INVALID_CONTEXT"),
        (ONE + "always", {"targetingKey": "a", "group_properties": {"company": 1}}, 400, "INVALID_CONTEXT"),
        (MANY, {}, 400, "TARGETING_KEY_MISSING"),
    ],
)
def test_what_goes_wrong_has_the_protocols_code_and_details(
    shop: ServedHome, serve: Serve, path: str, context: Any, status: int, code: str
) -> None:
    answer = ask(serve(), path, context)
    assert (answer.status_code, answer.json()["errorCode"]) == (status, code)
    assert answer.json()["errorDetails"]
    assert ("key" in answer.json()) is path.startswith(ONE)


@pytest.mark.parametrize("path", [ONE + "always", MANY])
def test_a_body_that_cannot_be_read_is_a_parse_error(shop: ServedHome, serve: Serve, path: str) -> None:
    client = serve()
    headers = {"x-api-key": PUBLIC}
    answer = client.post(path, content=b"{", headers=headers)
    assert (answer.status_code, answer.json()["errorCode"]) == (400, "PARSE_ERROR")
    assert client.post(path, content=b" " * 3_000_000, headers=headers).status_code == 413


def test_public_and_secret_keys_may_ask_and_agents_may_not(shop: ServedHome, serve: Serve) -> None:
    client = serve()
    body = {"context": {"targetingKey": "ada"}}
    assert client.post(MANY, json=body, headers={"x-api-key": PUBLIC}).status_code == 200
    assert ask(client, MANY, key=SECRET).status_code == 200
    refused = (ask(client, MANY, key=AGENT), ask(client, MANY, key="nobody"), client.post(MANY, json=body))
    for answer in refused:
        assert answer.status_code == 401
        assert answer.json()["errorDetails"]


def test_all_active_flags_are_answered_at_once_failures_among_them(shop: ServedHome, serve: Serve) -> None:
    client = serve()
    flags = {item["key"]: item for item in ask(client, MANY, {"targetingKey": "ada", "plan": "pro"}).json()["flags"]}
    assert set(flags) == {"always", "colour", "pinned", "pros", "nobody-yet", "lost", "orphan", "with/slash"}
    assert flags["lost"]["errorCode"] == "GENERAL"
    assert "dependency_not_found_cohort" in flags["lost"]["errorDetails"]
    assert flags["pros"] == ask(client, ONE + "pros", {"targetingKey": "ada", "plan": "pro"}).json()


def test_the_tag_of_all_flags_changes_exactly_when_an_answer_does(shop: ServedHome, serve: Serve) -> None:
    client = serve()
    first = ask(client, MANY)
    tag = first.headers["etag"]
    unchanged = ask(client, MANY + "/", **{"if-none-match": tag})
    assert (unchanged.status_code, unchanged.content, unchanged.headers["etag"]) == (304, b"", tag)
    other_subject = ask(client, MANY, {"targetingKey": "ada", "plan": "pro"}, **{"if-none-match": tag})
    assert other_subject.status_code == 200
    shop.put_flag("elsewhere", environment="staging")
    shop.serving.refresh()
    assert ask(client, MANY, **{"if-none-match": tag}).status_code == 304
    shop.put_flag("new")
    shop.serving.refresh()
    assert ask(client, MANY, **{"if-none-match": tag}).status_code == 200


def test_groups_and_their_properties_go_into_the_context(home: ServedHome, serve: Serve) -> None:
    home.put("settings", "settings", {"group_type_mapping": {"0": "company"}})
    large = {"key": "size", "type": "group", "group_type_index": 0, "operator": "gt", "value": 100}
    home.put_flag("for-large", groups=[{"properties": [large]}], aggregation_group_type_index=0)
    client = serve()
    context = {"targetingKey": "ada", "groups": {"company": "acme"}, "group_properties": {"company": {"size": 500}}}
    assert ask(client, ONE + "for-large", context).json()["value"] is True
    assert ask(client, ONE + "for-large").json()["value"] is False


def test_flags_of_servers_are_for_secret_keys_and_servers(home: ServedHome, serve: Serve) -> None:
    home.put_flag("internal", evaluation_runtime="server")
    client = serve()
    browser = {"user-agent": "Mozilla/5.0"}
    assert ask(client, MANY, **browser).json()["flags"] == []
    assert ask(client, ONE + "internal", **browser).json()["reason"] == "DISABLED"
    assert ask(client, ONE + "internal", **{"user-agent": "python-requests/2"}).json()["value"] is True
    assert ask(client, ONE + "internal", key=SECRET, **browser).json()["value"] is True


def test_browsers_of_any_origin_may_ask_and_see_the_tag(home: ServedHome, serve: Serve) -> None:
    client = serve()
    wanted = {"origin": "https://shop.example", "access-control-request-headers": "authorization,if-none-match"}
    preflight = client.options(MANY, headers=wanted)
    assert preflight.headers["access-control-allow-headers"] == "authorization,if-none-match"
    answer = ask(client, MANY, origin="https://shop.example")
    assert answer.headers["access-control-allow-origin"] == "https://shop.example"
    assert "etag" in answer.headers["access-control-expose-headers"]


def test_answers_are_recorded_like_those_of_any_sdk(shop: ServedHome, serve: Serve) -> None:
    ask(serve(), MANY, {"targetingKey": "ada", "plan": "pro"}, **{"user-agent": "python-requests/2.34 linux"})
    (check,) = shop.recorded.checks
    assert (check.context.distinct_id, dict(check.context.properties)) == ("ada", {"plan": "pro"})
    assert check.sdk == "python-requests/2.34"
