"""``/flags`` and ``/decide``: the shapes, who may ask, and about what."""

from collections.abc import Callable
from typing import Any

import pytest
from starlette.testclient import TestClient

from tests.mcp_server.http.home import AGENT, PUBLIC, REQUEST_ID, SECRET, STAGING_PUBLIC, ServedHome

Serve = Callable[[], TestClient]

STAMP = {"errorsWhileComputingFlags": False, "requestId": REQUEST_ID, "evaluatedAt": 1_795_348_800_000}
SPLIT = {"variants": [{"key": "blue", "rollout_percentage": 100}, {"key": "red", "rollout_percentage": 0}]}
MATCHED = {"code": "condition_match", "condition_index": 0, "description": "Matched condition set 1"}
MISSED = {"code": "no_condition_match", "condition_index": 0, "description": "No matching condition set"}
SETTINGS = {
    "supportedCompression": ["gzip", "gzip-js"],
    "hasFeatureFlags": True,
    "sessionRecording": False,
    "surveys": False,
    "heatmaps": False,
    "capturePerformance": False,
    "autocaptureExceptions": False,
    "isAuthenticated": False,
    "toolbarParams": {},
    "config": {"enable_collect_everything": True},
}


def with_property(key: str, value: Any, operator: str = "exact", kind: str = "person", **more: Any) -> dict[str, Any]:
    return {"properties": [{"key": key, "type": kind, "operator": operator, "value": value, **more}]}


@pytest.fixture
def shop(home: ServedHome) -> ServedHome:
    """A flag that is on, one with variants and a payload, one that is off for most, one that is inactive."""
    home.put_flag("ship-it", id=7)
    home.put_flag("colour", id=8, multivariate=SPLIT, payloads={"blue": '{"hex":"#00f"}'}, has_experiment=False)
    home.put_flag("for-pros", groups=[with_property("plan", "pro")])
    home.put_flag("retired", active=False)
    return home


def ask(client: TestClient, path: str = "/flags/?v=2", **fields: Any) -> Any:
    answer = client.post(path, json={"token": PUBLIC, "distinct_id": "ada", **fields})
    assert answer.status_code == 200, answer.text
    return answer.json()


def values(client: TestClient, **fields: Any) -> dict[str, Any]:
    return dict(ask(client, "/flags/?v=1", **fields)["featureFlags"])


def test_version_2_answers_one_record_per_active_flag(shop: ServedHome, serve: Serve) -> None:
    metadata = {"version": 1, "description": None, "payload": None, "has_experiment": True}
    payload = '{"hex":"#00f"}'
    assert ask(serve()) == {
        **STAMP,
        "flags": {
            "ship-it": {
                "key": "ship-it",
                "enabled": True,
                "variant": None,
                "reason": MATCHED,
                "metadata": {**metadata, "id": 7},
            },
            "colour": {
                "key": "colour",
                "enabled": True,
                "variant": "blue",
                "reason": MATCHED,
                "metadata": {**metadata, "id": 8, "payload": payload, "has_experiment": False},
            },
            "for-pros": {
                "key": "for-pros",
                "enabled": False,
                "variant": None,
                "reason": MISSED,
                "metadata": {**metadata, "id": None},
            },
        },
    }


@pytest.mark.parametrize("version", ["3", "4", "5"])
def test_later_versions_answer_records_with_one_typed_value(shop: ServedHome, serve: Serve, version: str) -> None:
    flags = ask(serve(), f"/flags/?v={version}")["flags"]
    metadata = {"version": 1, "description": None, "payload": None, "has_experiment": True, "config_version": 1}
    assert flags["ship-it"] == {
        "key": "ship-it",
        "value": True,
        "reason": MATCHED,
        "metadata": {**metadata, "id": 7},
    }
    assert flags["colour"]["value"] == "blue"
    assert flags["colour"]["metadata"]["variant_key"] == "blue"
    assert flags["for-pros"]["value"] is False
    assert "variant_key" not in flags["for-pros"]["metadata"]


@pytest.mark.parametrize("query", ["?v=1", "?v=0", "?v=two", "?v=", "?config=false"])
def test_version_1_answers_a_map_of_all_values_and_a_map_of_payloads(
    shop: ServedHome, serve: Serve, query: str
) -> None:
    assert ask(serve(), f"/flags/{query}") == {
        **STAMP,
        "featureFlags": {"ship-it": True, "colour": "blue", "for-pros": False},
        "featureFlagPayloads": {"colour": '{"hex":"#00f"}'},
    }


def test_without_version_and_config_it_answers_records_with_the_browser_settings(
    shop: ServedHome, serve: Serve
) -> None:
    client = serve()
    answer = ask(client, "/flags/")
    assert answer == {**ask(client, "/flags/?v=2"), **SETTINGS, "token": PUBLIC}
    assert answer == ask(client, "/flags/?v=2&config=true") == ask(client, "/flags/?v=2&config")
    assert "token" not in ask(client, "/flags/?v=2&config=off")


def test_decide_answers_in_the_shapes_of_its_four_versions(shop: ServedHome, serve: Serve) -> None:
    client = serve()
    settings = {**SETTINGS, "token": PUBLIC}
    on = {"ship-it": True, "colour": "blue"}
    listed = ask(client, "/decide/")
    assert sorted(listed.pop("featureFlags")) == sorted(on)
    assert listed == {**STAMP, **settings}
    assert ask(client, "/decide/?v=2") == {**STAMP, **settings, "featureFlags": on}
    assert ask(client, "/decide?v=3&config=false") == ask(client, "/flags/?v=1")
    assert ask(client, "/decide/?v=4") == ask(client, "/flags/?v=2&config=true")


@pytest.mark.parametrize("path", ["/flags", "/flags/", "/decide", "/decide/"])
def test_the_slash_at_the_end_makes_no_difference(shop: ServedHome, serve: Serve, path: str) -> None:
    answer = serve().post(f"{path}?v=4", json={"token": PUBLIC, "distinct_id": "ada"})
    assert answer.status_code == 200
    assert "ship-it" in answer.json()["flags"]


@pytest.mark.parametrize("path", ["/flags/?v=2", "/flags/?v=1", "/flags/"])
def test_a_get_answers_without_flags_in_the_same_shape(shop: ServedHome, serve: Serve, path: str) -> None:
    answer = serve().get(path)
    flags = {"featureFlags": {}, "featureFlagPayloads": {}} if path.endswith("=1") else {"flags": {}}
    minimal = {name: SETTINGS[name] for name in ("supportedCompression", "config")}
    assert answer.status_code == 200
    assert answer.json() == {**STAMP, **minimal, **flags}


def test_other_methods_are_told_which_there_are(shop: ServedHome, serve: Serve) -> None:
    client = serve()
    assert client.head("/flags/").status_code == 200
    options = client.options("/flags/")
    assert (options.status_code, options.headers["allow"]) == (204, "GET, POST, OPTIONS, HEAD")
    refused = client.put("/flags/", json={})
    assert (refused.status_code, refused.headers["allow"]) == (405, "GET, POST, OPTIONS, HEAD")


def test_browsers_of_any_origin_may_ask(shop: ServedHome, serve: Serve) -> None:
    client = serve()
    origin = {"origin": "https://shop.example"}
    preflight = client.options("/flags/", headers={**origin, "access-control-request-headers": "x-a, content-type"})
    assert preflight.status_code == 204
    assert preflight.headers["access-control-allow-origin"] == "https://shop.example"
    assert preflight.headers["access-control-allow-credentials"] == "true"
    assert preflight.headers["access-control-allow-headers"] == "x-a, content-type"
    answers = (
        client.post("/flags/", json={"token": PUBLIC, "distinct_id": "a"}, headers=origin),
        client.post("/flags/", json={"token": "nobody", "distinct_id": "a"}, headers=origin),
        client.post("/flags/", content=b"{", headers=origin),
    )
    assert [answer.status_code for answer in answers] == [200, 401, 400]
    for answer in answers:
        assert answer.headers["access-control-allow-origin"] == "https://shop.example"
        assert answer.headers["vary"] == "origin"


@pytest.mark.parametrize("name", ["token", "api_key", "$token"])
def test_the_token_goes_by_three_names(shop: ServedHome, serve: Serve, name: str) -> None:
    answer = serve().post("/flags/?v=2", json={name: PUBLIC, "distinct_id": "ada"})
    assert answer.status_code == 200


@pytest.mark.parametrize("token", [None, "", "  ", 17, ["dsp"]])
def test_a_request_without_a_token_is_not_authenticated(shop: ServedHome, serve: Serve, token: Any) -> None:
    answer = serve().post("/flags/?v=2", json={"token": token, "distinct_id": "ada"})
    assert answer.status_code == 401
    assert answer.json() == {
        "type": "authentication_error",
        "code": "not_authenticated",
        "detail": "No project token was sent; put it in the body as “token” or “api_key”.",
        "attr": None,
    }


@pytest.mark.parametrize("token", ["dsp_unknown", SECRET, AGENT])
def test_only_public_tokens_may_ask(shop: ServedHome, serve: Serve, token: str) -> None:
    answer = serve().post("/flags/?v=2", json={"token": token, "distinct_id": "ada"})
    assert answer.status_code == 401
    assert answer.json()["type"] == "authentication_error"
    assert answer.json()["code"] == "authentication_failed"


def test_a_token_opens_only_its_own_environment(shop: ServedHome, serve: Serve) -> None:
    shop.put_flag("only-staging", environment="staging")
    client = serve()
    assert values(client, token=STAGING_PUBLIC) == {"only-staging": True}
    assert "only-staging" not in values(client)


@pytest.mark.parametrize("distinct_id", [None, True, [], {}])
def test_a_request_without_a_subject_is_a_bad_request(shop: ServedHome, serve: Serve, distinct_id: Any) -> None:
    answer = serve().post("/flags/?v=2", json={"token": PUBLIC, "distinct_id": distinct_id})
    assert answer.status_code == 400
    assert answer.text == "“distinct_id” is missing; send a string or a number."
    assert answer.headers["content-type"].startswith("text/plain")


def test_distinct_ids_are_text_of_at_most_200_characters(shop: ServedHome, serve: Serve) -> None:
    client = serve()
    for distinct_id in (42, 1e-7, "", "ü" * 250):
        ask(client, distinct_id=distinct_id)
    assert [check.context.distinct_id for check in shop.recorded.checks] == ["42", "1e-7", "", "ü" * 200]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("person_properties", "x"),
        ("person_properties", [1]),
        ("groups", 3),
        ("group_properties", {"company": "acme"}),
        ("group_properties", True),
        ("flag_keys_to_evaluate", "mv"),
        ("flag_keys", [1]),
        ("evaluation_contexts", {"a": 1}),
    ],
)
def test_a_field_of_the_wrong_type_is_named(shop: ServedHome, serve: Serve, field: str, value: Any) -> None:
    answer = serve().post("/flags/?v=2", json={"token": PUBLIC, "distinct_id": "ada", field: value})
    assert answer.status_code == 400
    assert field.removesuffix("_to_evaluate") in answer.text


@pytest.mark.parametrize("field", ["person_properties", "groups", "group_properties"])
@pytest.mark.parametrize("value", [None, [], {}])
def test_an_empty_object_may_be_written_in_any_language(shop: ServedHome, serve: Serve, field: str, value: Any) -> None:
    assert values(serve(), **{field: value})["for-pros"] is False


@pytest.mark.parametrize("name", ["person_properties", "$properties"])
def test_properties_decide_conditions(shop: ServedHome, serve: Serve, name: str) -> None:
    assert values(serve(), **{name: {"plan": "pro"}})["for-pros"] is True


def test_the_first_campaign_of_a_person_is_the_one_sent_unless_told(home: ServedHome, serve: Serve) -> None:
    home.put_flag("welcome", groups=[with_property("$initial_utm_source", "letter")])
    home.put_flag("firefox", groups=[with_property("$initial_browser", "Firefox")])
    client = serve()
    assert values(client, person_properties={"utm_source": "letter"})["welcome"] is True
    assert values(client, person_properties={"$browser": "Firefox"})["firefox"] is True
    told = {"utm_source": "letter", "$initial_utm_source": "friend"}
    assert values(client, person_properties=told)["welcome"] is False


def test_the_distinct_id_is_a_property_that_the_recording_need_not_repeat(home: ServedHome, serve: Serve) -> None:
    home.put_flag("just-ada", groups=[with_property("distinct_id", "ada")])
    client = serve()
    assert values(client)["just-ada"] is True
    assert values(client, person_properties={"distinct_id": "ada", "plan": "pro"})["just-ada"] is True
    assert values(client, person_properties={"distinct_id": "bob"})["just-ada"] is False
    kept = [dict(check.context.properties) for check in home.recorded.checks]
    assert kept == [{}, {"plan": "pro"}, {"distinct_id": "bob"}]


def test_groups_are_hashed_and_matched_by_their_key(home: ServedHome, serve: Serve) -> None:
    home.put("settings", "settings", {"group_type_mapping": {"0": "company"}})
    condition = with_property("$group_key", "acme", kind="group", group_type_index=0)
    home.put_flag("for-acme", groups=[condition], aggregation_group_type_index=0)
    client = serve()
    lie = {"company": {"$group_key": "acme", "size": 3}}
    assert values(client, groups={"company": "acme"})["for-acme"] is True
    assert values(client, groups={"company": "other"}, group_properties=lie)["for-acme"] is False
    assert ask(client)["flags"]["for-acme"]["reason"]["code"] == "no_group_type"
    assert [dict(check.context.group_properties) for check in home.recorded.checks] == [
        {},
        {"company": {"size": 3}},
        {},
    ]


def test_an_anonymous_id_keeps_its_bucket_after_login_where_the_flag_says_so(home: ServedHome, serve: Serve) -> None:
    home.put_flag("half", groups=[{"rollout_percentage": 50}])
    home.put_flag("half-kept", groups=[{"rollout_percentage": 50}], ensure_experience_continuity=True)
    client = serve()
    everyone = [f"user-{n}" for n in range(20)]
    before = {name: values(client, distinct_id=name) for name in everyone}
    on, off = (
        next(n for n in everyone if before[n]["half-kept"]),
        next(n for n in everyone if not before[n]["half-kept"]),
    )
    after = values(client, distinct_id=off, **{"$anon_distinct_id": on})
    assert after == {"half": before[off]["half"], "half-kept": True}


@pytest.mark.parametrize("name", ["flag_keys", "flag_keys_to_evaluate"])
def test_asking_for_some_flags_answers_those_and_what_they_depend_on(shop: ServedHome, serve: Serve, name: str) -> None:
    shop.put_flag("child", groups=[with_property("ship-it", True, "flag_evaluates_to", "flag")])
    client = serve()
    assert values(client, **{name: ["child", "nobody-knows"]}) == {"child": True, "ship-it": True}
    assert values(client, **{name: []}) == {}


def test_disable_flags_asks_for_nothing_and_is_not_recorded(shop: ServedHome, serve: Serve) -> None:
    assert ask(serve(), disable_flags=True) == {**STAMP, "flags": {}}
    assert shop.recorded.checks == []


def test_survey_flags_can_be_asked_for_alone(shop: ServedHome, serve: Serve) -> None:
    shop.put_flag("survey-targeting-nps")
    client = serve()
    path = "/flags/?v=1&only_evaluate_survey_feature_flags=1"
    assert ask(client, path)["featureFlags"] == {"survey-targeting-nps": True}
    assert ask(client, path, flag_keys=["ship-it"])["featureFlags"] == {}


@pytest.mark.parametrize(
    ("sent", "headers", "expected"),
    [
        ({}, {"user-agent": "posthog-python/7.91.1"}, {"everywhere", "servers"}),
        ({}, {"user-agent": "Mozilla/5.0 (X11)"}, {"everywhere", "clients"}),
        ({}, {"user-agent": "posthog-ios/3.1"}, {"everywhere", "clients"}),
        ({}, {"user-agent": "okhttp", "sec-fetch-mode": "cors"}, {"everywhere", "clients"}),
        ({}, {"user-agent": "okhttp"}, {"everywhere"}),
        ({"evaluation_runtime": "server"}, {"user-agent": "okhttp"}, {"everywhere", "servers"}),
        ({"evaluation_runtime": "client"}, {"user-agent": "curl/8"}, {"everywhere", "clients"}),
        ({"evaluation_runtime": "moon"}, {"user-agent": "curl/8"}, {"everywhere", "servers", "clients"}),
    ],
)
def test_flags_for_one_runtime_are_answered_there_only(
    home: ServedHome, serve: Serve, sent: dict[str, str], headers: dict[str, str], expected: set[str]
) -> None:
    home.put_flag("everywhere", evaluation_runtime="all")
    home.put_flag("servers", evaluation_runtime="server")
    home.put_flag("clients", evaluation_runtime="client")
    body = {"token": PUBLIC, "distinct_id": "ada", **sent}
    answer = serve().post("/flags/?v=2", json=body, headers=headers)
    assert set(answer.json()["flags"]) == expected


def test_flags_of_other_contexts_are_left_out(home: ServedHome, serve: Serve) -> None:
    home.put_flag("main-site", evaluation_contexts=["site"])
    home.put_flag("docs", evaluation_contexts=["docs"])
    client = serve()
    assert set(values(client, evaluation_contexts=["docs"])) == {"docs"}
    assert set(values(client)) == {"main-site", "docs"}


def test_a_flag_that_cannot_be_evaluated_is_marked_failed_and_harms_no_other(home: ServedHome, serve: Serve) -> None:
    home.put_flag("fine")
    home.put_flag("broken", groups=[with_property("plan", "pro", operator="resembles")])
    home.put_flag("lost", groups=[with_property("id", 99, "in", "cohort")])
    client = serve()
    answer = ask(client)
    assert answer["errorsWhileComputingFlags"] is True
    assert answer["flags"]["fine"]["enabled"] is True
    assert "failed" not in answer["flags"]["fine"]
    broken, lost = answer["flags"]["broken"], answer["flags"]["lost"]
    assert (broken["failed"], broken["enabled"], broken["variant"]) == (True, False, None)
    assert broken["reason"]["code"] == "flag_data_parsing_error"
    assert lost["reason"]["code"] == "dependency_not_found_cohort"
    typed = ask(client, "/flags/?v=4")["flags"]["broken"]
    assert (typed["failed"], typed["value"]) == (True, None)
    assert ask(client, "/flags/?v=1")["featureFlags"] == {"fine": True, "broken": False, "lost": False}


def test_a_static_cohort_counts_the_members_in_its_document(home: ServedHome, serve: Serve) -> None:
    body = {"id": 5, "name": "Friends", "is_static": True, "drysail": {"members": ["ada"]}}
    home.put("cohort", "5", body)
    home.put_flag("for-friends", groups=[with_property("id", 5, "in", "cohort")])
    client = serve()
    assert values(client, distinct_id="ada")["for-friends"] is True
    assert values(client, distinct_id="bob")["for-friends"] is False


def test_the_request_id_is_echoed_if_it_is_one(shop: ServedHome, serve: Serve) -> None:
    client = serve()
    body = {"token": PUBLIC, "distinct_id": "ada"}
    own = "6f1c1e1e-14f7-4b8a-9e0e-0d7a9ad0c3aa"
    assert client.post("/flags/?v=2", json=body, headers={"x-request-id": own}).json()["requestId"] == own
    for other in ("17", own + '"', "zzzzzzzz-14f7-4b8a-9e0e-0d7a9ad0c3aa"):
        echoed = client.post("/flags/?v=2", json=body, headers={"x-request-id": other}).json()["requestId"]
        assert echoed == REQUEST_ID


def test_the_recorder_gets_a_copy_of_every_answer(shop: ServedHome, serve: Serve) -> None:
    client = serve()
    body = {"token": PUBLIC, "distinct_id": "ada", "person_properties": {"plan": "pro"}, "device_id": "d1"}
    client.post("/flags/?v=4", json=body, headers={"user-agent": "posthog-python/7.91.1 (linux)"})
    (check,) = shop.recorded.checks
    assert (check.environment, check.revision, check.sdk) == ("production", 4, "posthog-python/7.91.1")
    assert check.context.device_id == "d1"
    assert {result.key: result.value for result in check.results} == {
        "ship-it": True,
        "colour": "blue",
        "for-pros": True,
    }


def test_a_failing_recorder_fails_no_answer(shop: ServedHome, serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(check: object) -> None:
        raise OSError("disk full")

    monkeypatch.setattr(shop.recorded, "offer", refuse)
    client = serve()
    assert values(client)["ship-it"] is True
    assert "drysail_recorder_failures_total 1.0" in client.get("/metrics").text
