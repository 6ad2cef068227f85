"""Whatever is sent, the server answers, and never with an error of its own.

The client raises every exception that an endpoint lets through, so a 500 is a failing test.
"""

import gzip
import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from starlette.testclient import TestClient

from tests.mcp_server.http.home import PUBLIC, SECRET, ServedHome, opened_home

scalars = (
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats()
    | st.text(max_size=20)
    | st.sampled_from(["", "acme", "pro", "2024-01-01", "1.2.3", "-3d", "true", "\x00", "9" * 400])
)
values = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3)
)
FIELDS = [
    "distinct_id",
    "$distinct_id",
    "person_properties",
    "$properties",
    "groups",
    "group_properties",
    "device_id",
    "$device_id",
    "$anon_distinct_id",
    "flag_keys",
    "flag_keys_to_evaluate",
    "evaluation_contexts",
    "evaluation_runtime",
    "disable_flags",
    "geoip_disable",
    "timezone",
    "sent_at",
]
properties = st.dictionaries(st.sampled_from(["plan", "born", "build", "$initial_os", "$os", "utm_source"]), values)
plausible = st.fixed_dictionaries(
    {},
    optional={
        "distinct_id": st.text(max_size=8) | st.integers(),
        "person_properties": properties,
        "groups": st.dictionaries(st.sampled_from(["company", "team"]), values),
        "group_properties": st.dictionaries(st.sampled_from(["company", "team"]), properties),
        "flag_keys": st.lists(st.sampled_from(["every", "child", "none", "op-3"])),
    },
)
bodies = st.dictionaries(st.sampled_from(FIELDS), values) | plausible
paths = st.sampled_from(["/flags/?v=1", "/flags/?v=2", "/flags/?v=4", "/flags/", "/decide/?v=1", "/decide/?v=3"])
SETTINGS = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)

OPERATORS = [
    *("exact", "is_not", "is_set", "is_not_set", "icontains", "not_icontains", "icontains_multi", "starts_with"),
    *("not_ends_with", "regex", "not_regex", "gt", "lte", "between", "not_between", "is_date_exact", "is_date_before"),
    *("is_date_after", "semver_eq", "semver_caret", "semver_wildcard"),
]
SAMPLE = {"between": [1, 5], "regex": "^p.o$", "gt": 3, "is_date_before": "-3d", "semver_eq": "1.2.3"}


def fill(home: ServedHome) -> None:
    """Flags that look at everything a request can hold."""
    home.put("settings", "settings", {"group_type_mapping": {"0": "company", "1": "team"}})
    for number, operator in enumerate(OPERATORS):
        tests = [{"key": "plan", "type": "person", "operator": operator, "value": SAMPLE.get(operator, "pro")}]
        home.put_flag(f"op-{number}", groups=[{"properties": tests, "rollout_percentage": 50}])
        group_test = {**tests[0], "type": "group", "group_type_index": 0}
        home.put_flag(
            f"group-op-{number}", groups=[{"properties": [group_test]}], aggregation_group_type_index=number % 2
        )
    home.put_flag("device", bucketing_identifier="device_id", groups=[{"rollout_percentage": 50}])
    home.put_flag("kept", ensure_experience_continuity=True, groups=[{"rollout_percentage": 50}])
    home.put_flag("early", feature_enrollment=True, holdout={"id": 1, "exclusion_percentage": 10})


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory, empty_home: Path) -> Iterator[TestClient]:
    path = Path(shutil.copy(empty_home, tmp_path_factory.mktemp("fuzz")))
    with opened_home(path) as home:
        fill(home)
        with TestClient(home.app()) as client:
            yield client


@SETTINGS
@given(body=bodies, path=paths, compressed=st.booleans())
def test_a_check_of_any_content_is_answered_or_refused(
    client: TestClient, body: dict[str, Any], path: str, compressed: bool
) -> None:
    content = json.dumps({"token": PUBLIC, **body}).encode()
    answer = client.post(path, content=gzip.compress(content) if compressed else content)
    assert answer.status_code in (200, 400), answer.text
    if answer.status_code == 200:
        assert answer.json()["errorsWhileComputingFlags"] is False


@SETTINGS
@given(
    body=values, path=st.sampled_from(["/flags/?v=2", "/batch/", "/i/v1/analytics/events", "/ofrep/v1/evaluate/flags"])
)
def test_any_json_is_answered_or_refused(client: TestClient, body: Any, path: str) -> None:
    headers = {"authorization": f"Bearer {PUBLIC}"}
    answer = client.post(path, content=json.dumps(body).encode(), headers=headers)
    assert answer.status_code in (200, 400, 401)


@SETTINGS
@given(body=st.binary(max_size=200), path=st.sampled_from(["/flags/", "/e/", "/ofrep/v1/evaluate/flags/every"]))
def test_any_bytes_are_refused(client: TestClient, body: bytes, path: str) -> None:
    answer = client.post(path, content=body, headers={"x-api-key": PUBLIC})
    assert answer.status_code in (400, 401)


@SETTINGS
@given(context=values | plausible, key=st.sampled_from(["op-1", "group-op-2", "none"]))
def test_an_ofrep_context_of_any_content_is_answered_or_refused(client: TestClient, context: Any, key: str) -> None:
    if isinstance(context, dict):
        context = {"targetingKey": "ada", **context.get("person_properties", {}), **context}
    for path in (f"/ofrep/v1/evaluate/flags/{key}", "/ofrep/v1/evaluate/flags"):
        content = json.dumps({"context": context}).encode()
        answer = client.post(path, content=content, headers={"x-api-key": SECRET})
        assert answer.status_code in (200, 400, 404)
        assert answer.status_code == 200 or answer.json()["errorDetails"]


@SETTINGS
@given(
    query=st.text(alphabet=st.characters(max_codepoint=255), max_size=30), path=st.sampled_from(["/flags", "/decide"])
)
def test_any_query_is_answered(client: TestClient, query: str, path: str) -> None:
    answer = client.post(path, params=query, json={"token": PUBLIC, "distinct_id": "ada"})
    assert answer.status_code == 200


@SETTINGS
@given(
    headers=st.dictionaries(
        st.sampled_from(["user-agent", "x-request-id", "origin", "content-encoding", "content-type", "if-none-match"]),
        st.text(alphabet=st.characters(min_codepoint=32, max_codepoint=126), max_size=40),
    )
)
def test_any_header_is_answered_or_refused(client: TestClient, headers: dict[str, str]) -> None:
    answer = client.post("/flags/?v=2", content=json.dumps({"token": PUBLIC, "distinct_id": "a"}), headers=headers)
    assert answer.status_code in (200, 400)
    authorised = {**headers, "authorization": f"Bearer {SECRET}"}
    assert client.get(f"/flags/definitions?token={PUBLIC}", headers=authorised).status_code in (200, 304)
