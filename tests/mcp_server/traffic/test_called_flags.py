"""Flags that SDKs evaluated by themselves, as their events tell: recorded, and never held for more than they say."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evaluator.context import MISSING, REDACTED
from mcp_server.services.ports import AnsweredCheck, Recorder
from mcp_server.traffic.archive import TrafficArchive
from mcp_server.traffic.called_flags import check_of_event, is_local_call
from mcp_server.traffic.interning import MOST_COLUMNS
from mcp_server.traffic.privacy import Privacy
from mcp_server.traffic.secret import Tokens
from mcp_server.traffic.spool import RecorderSettings
from mcp_server.traffic.traffic_recorder import TrafficRecorder
from policies.replay.recording import Recording
from tests.mcp_server.traffic.given import (
    NOW,
    PRODUCTION,
    brought_in,
    check,
    everything_on_disk,
    recording_of,
    same,
    snapshot_of,
)

TOLD_AT = datetime.fromisoformat("2026-11-22T11:00:00Z")
SDK = "posthog-python/7.91.1"
REQUESTS = "user-agent/1"


def call(distinct_id: str = "ada", flag: str = "checkout", answer: object = True, **properties: Any) -> dict[str, Any]:
    sent = {"$feature_flag": flag, "$feature_flag_response": answer, "locally_evaluated": True}
    client = {"$lib": "posthog-python", "$lib_version": "7.91.1"}
    fields = {"event": "$feature_flag_called", "distinct_id": distinct_id, "timestamp": TOLD_AT.isoformat()}
    return {**fields, "properties": {**sent, **client, **properties}}


def recorder(home: Path, allowed: Iterable[str] | None = (), **privacy: Any) -> TrafficRecorder:
    names = None if allowed is None else frozenset(allowed)
    return TrafficRecorder(
        home,
        lambda: NOW,
        settings=RecorderSettings(poll_seconds=3600, flush_every=timedelta(days=1), privacy=Privacy(**privacy)),
        allowed_properties=lambda environment: names,
    )


def recorded(home: Path, events: Iterable[Mapping[str, Any]], allowed: Iterable[str] | None = ()) -> Recording:
    with recorder(home, allowed) as told:
        assert told.offer_events(PRODUCTION, list(events), sdk=REQUESTS) == 0
    return recording_of(home, "reconstructed")


def sdks(home: Path) -> list[dict[str, int]]:
    """Which clients each segment has, and with how many checks."""
    segments = sorted(TrafficArchive(home).segments(PRODUCTION), key=lambda manifest: manifest.provenance)
    return [dict(manifest.sdks) for manifest in segments]


def values(recording: Recording, name: str, group: str | None = None) -> dict[str, object]:
    """A property's value by distinct id."""
    column, subjects = recording.column(name, group), recording.subjects
    return {
        str(subjects.values[subjects.codes[index]]): column.values[column.codes[index]]
        for index in range(recording.size)
    }


def test_an_event_tells_who_was_answered_what_and_when() -> None:
    event = call(
        "ada", "colours", "blue", **{"$groups": {"company": "acme"}, "$device_id": "phone-7", "$set": {"plan": "pro"}}
    )
    found = check_of_event(event, PRODUCTION, NOW)
    (answer,) = found.results
    assert (found.environment, found.revision, found.at, found.sdk) == (PRODUCTION, 0, TOLD_AT, SDK)
    assert (answer.key, answer.value) == ("colours", "blue")
    assert (found.context.distinct_id, found.context.device_id) == ("ada", "phone-7")
    assert dict(found.context.groups) == {"company": "acme"}
    assert dict(found.context.properties) == {"plan": "pro", "distinct_id": "ada"}


@pytest.mark.parametrize(
    ("timestamp", "expected"),
    [
        ("2019-05-04T01:02:03Z", datetime.fromisoformat("2019-05-04T01:02:03Z")),
        ((NOW + timedelta(minutes=5)).isoformat(), NOW + timedelta(minutes=5)),
        ((NOW + timedelta(minutes=5, microseconds=1)).isoformat(), NOW),
        ("9999-12-31T23:59:59-14:00", NOW),
        ("0001-01-01T00:00:00+14:00", NOW),
        ("yesterday", NOW),
        (None, NOW),
        (1763800000, NOW),
    ],
)
def test_a_time_that_cannot_be_is_taken_for_now(timestamp: object, expected: datetime) -> None:
    assert check_of_event({**call(), "timestamp": timestamp}, PRODUCTION, NOW).at == expected


@pytest.mark.parametrize(
    "event",
    [
        {**call(), "event": "bought"},
        call(locally_evaluated=False),
        call(locally_evaluated="true"),
        {**call(), "properties": None},
        {},
    ],
)
def test_what_was_answered_here_or_is_no_call_is_not_recorded(tmp_path: Path, event: dict[str, Any]) -> None:
    assert not is_local_call(event)
    with recorder(tmp_path) as told:
        assert told.offer_events(PRODUCTION, [event], sdk=REQUESTS) == 0
        assert told.counters["reconstructed"].offered == 0
    assert list(tmp_path.iterdir()) == []


def test_malformed_calls_are_counted_and_harm_no_other(tmp_path: Path) -> None:
    deep: Any = "x"
    for _ in range(900):
        deep = [deep]
    malformed = [
        call(flag=""),
        call(answer=3),
        call(answer=deep),
        call(**{"$feature_flag": 7}),
        {**call(), "distinct_id": None},
        {**call(), "$set": "pro"},
    ]
    with recorder(tmp_path) as told:
        assert told.offer_events(PRODUCTION, [*malformed, call("bob")], sdk=REQUESTS) == len(malformed)
    assert told.counters["reconstructed"].recorded == 1
    assert recording_of(tmp_path, "reconstructed").facts.subjects == 1


def test_both_kinds_are_recorded_apart(tmp_path: Path) -> None:
    with recorder(tmp_path) as both:
        port: Recorder = both
        port.offer(check("ada"))
        port.offer_events(PRODUCTION, [call("bob"), call("cleo")], sdk=REQUESTS)
        both.flush()
        assert {kind: counters.recorded for kind, counters in port.counters.items()} == {
            "recorded": 1,
            "reconstructed": 2,
        }
    assert recording_of(tmp_path).facts.checks == 1
    facts = recording_of(tmp_path, "reconstructed").facts
    assert (facts.provenance, facts.checks) == ("reconstructed", 2)
    assert sdks(tmp_path) == [{SDK: 2}, {SDK: 1}]


def test_the_request_names_the_client_where_the_event_does_not(tmp_path: Path) -> None:
    event = call()
    del event["properties"]["$lib"]
    recorded(tmp_path, [event])
    assert sdks(tmp_path) == [{REQUESTS: 1}]


@pytest.mark.parametrize("allowed", [("plan", "country", "distinct_id"), None])
def test_what_an_event_does_not_tell_is_redacted_and_not_missing(tmp_path: Path, allowed: Any) -> None:
    events = [call("ada", **{"$set": {"plan": "pro"}}), call("bob"), call("cleo", **{"$set": {"plan": None}})]
    recording = recorded(tmp_path, events, allowed)
    assert values(recording, "plan") == {"ada": "pro", "bob": REDACTED, "cleo": None}
    assert set(values(recording, "country").values()) == {REDACTED}
    assert values(recording, "distinct_id") == {"ada": "ada", "bob": "bob", "cleo": "cleo"}


def test_a_property_that_is_not_allowed_reaches_no_file(tmp_path: Path) -> None:
    recording = recorded(tmp_path, [call(**{"$set": {"plan": "pro", "email": "ada@example.com"}})], ["plan"])
    assert values(recording, "email") == {"ada": REDACTED}
    assert "ada@example.com" not in everything_on_disk(tmp_path)


def test_a_group_is_known_by_its_key_alone_even_where_persons_have_a_property_of_that_name(tmp_path: Path) -> None:
    events = [
        call("ada", **{"$groups": {"company": "acme"}, "$set": {"size": 5}}),
        call("bob", **{"$set": {"size": 1}}),
    ]
    recording = recorded(tmp_path, events, ["size"])
    keys = recording.groups["company"]
    assert sorted(str(keys.values[code]) for code in keys.codes) == sorted(["acme", str(MISSING)])
    assert values(recording, "size") == {"ada": 5, "bob": 1}
    assert values(recording, "size", "company")["ada"] is REDACTED


def test_more_groups_and_names_than_a_segment_has_room_for_leave_no_property(tmp_path: Path) -> None:
    half = MOST_COLUMNS // 2 - 10
    many = call(**{"$groups": {f"g{n}": n for n in range(half)}, "$set": {f"p{n}": n for n in range(half)}})
    recording = recorded(tmp_path, [many], None)
    assert set(recording.properties) == set()
    assert values(recording, "p0") == {"ada": REDACTED}
    assert len(recording.groups) == half


def test_segments_of_calls_are_merged_exported_and_imported_without_loss(tmp_path: Path) -> None:
    events = [call("ada", **{"$set": {"plan": "pro"}, "$groups": {"company": "acme"}}), call("bob")]
    for more in ([], [call("cleo", answer=None, **{"$set": {"country": "DE"}})]):
        recorded(tmp_path / "home", [*events, *more], None)
    before = recording_of(tmp_path / "home", "reconstructed")
    archive = TrafficArchive(tmp_path / "home")
    lines = list(archive.export(snapshot_of(tmp_path / "home", "reconstructed")))
    brought_in(tmp_path / "copy", lines)
    assert same(recording_of(tmp_path / "copy", "reconstructed"), before)
    archive.compact(PRODUCTION, NOW + timedelta(days=2))
    assert same(recording_of(tmp_path / "home", "reconstructed"), before)


def test_privacy_and_sampling_hold_for_calls_too(tmp_path: Path) -> None:
    event = call("ada-1815", **{"$set": {"plan": "pro", "email": "a@example.com", "api_token": "t0p"}})
    hidden = {"denied": ("*token*",), "hashed": ("email",), "hashes_ids": True, "tokens": Tokens(b"key")}
    with recorder(tmp_path, None, **hidden) as told:
        told.offer_events(PRODUCTION, [event], sdk=REQUESTS)
    written = everything_on_disk(tmp_path)
    assert [secret in written for secret in ("ada-1815", "a@example.com", "t0p", "pro")] == [False, False, False, True]
    recording = recording_of(tmp_path, "reconstructed")
    assert recording.facts.mode == "statistical"
    assert set(values(recording, "distinct_id").values()) == {REDACTED}


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)
FIELDS = ("distinct_id", "timestamp", "uuid", "person", "person_id", "person_properties", "$set", "$set_once")
PROPERTIES = ("$feature_flag", "$feature_flag_response", "$groups", "$device_id", "$lib", "$lib_version", "$set")


@given(st.dictionaries(st.sampled_from(FIELDS), json_values), st.dictionaries(st.sampled_from(PROPERTIES), json_values))
@settings(max_examples=300)
def test_no_event_is_more_than_malformed(fields: dict[str, Any], properties: dict[str, Any]) -> None:
    event = {**call(**properties), **fields}
    try:
        found = check_of_event(event, PRODUCTION, NOW)
    except ValueError:
        return
    assert isinstance(found, AnsweredCheck)
    assert found.at <= NOW + timedelta(minutes=5)
