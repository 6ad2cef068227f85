"""PostHog's event exports: who was asked what, and what was known of them then."""

import csv
import io
import json
from pathlib import Path
from typing import Any

import duckdb
import pytest

from evaluator.context import REDACTED, Context
from mcp_server.services.traffic_files import ImportReport
from tests.mcp_server.traffic.given import brought_in, import_of, recording_of

Event = dict[str, Any]


def event(name: str, second: int, who: str = "ada", known: Event | None = None, **properties: Any) -> Event:
    """A row of a batch export."""
    row = {
        "uuid": f"{who}-{name}-{second}-{sorted(properties.items(), key=str)}",
        "event": name,
        "distinct_id": who,
        "timestamp": f"2026-11-20T10:00:{second:02d}.000Z",
        "properties": {f"${name}": value for name, value in properties.items()},
    }
    return row if known is None else {**row, "person_properties": known}


def call(second: int, who: str = "ada", known: Event | None = None, answer: Any = True, **properties: Any) -> Event:
    """A flag call."""
    return event(
        "$feature_flag_called", second, who, known, feature_flag="checkout", feature_flag_response=answer, **properties
    )


def posthog(home: Path, events: list[Any], **options: Any) -> ImportReport:
    lines = [each if isinstance(each, str) else json.dumps(each) for each in events]
    return brought_in(home, lines, "events.jsonl", **options)


def contexts(home: Path) -> dict[str, Context]:
    """The only context of each subject."""
    recording = recording_of(home, "reconstructed")
    found = {recording.context(index).distinct_id: recording.context(index) for index in range(recording.size)}
    assert len(found) == recording.size
    return found


def test_a_call_becomes_a_reconstructed_check(tmp_path: Path) -> None:
    report = posthog(
        tmp_path,
        [call(5, known={"plan": "pro"}, answer="blue", lib="posthog-python", lib_version="7.91.1", device_id="d1")],
    )
    assert (report.format, report.checks, report.corrupt_rows) == ("posthog", 1, 0)
    recording = recording_of(tmp_path, "reconstructed")
    assert recording.context(0) == Context("ada", {"plan": "pro"}, device_id="d1")
    assert recording.answers["checkout"].values == ("blue",)
    assert recording.answers["checkout"].revisions.tolist() == [0]
    assert recording.facts.first_at.isoformat() == "2026-11-20T10:00:05+00:00"
    assert recording.kept_properties is None


def test_person_properties_of_the_export_are_all_there_is_to_know(tmp_path: Path) -> None:
    posthog(tmp_path, [call(1, known={"plan": "pro"}), call(2, "bob", known={})])
    assert contexts(tmp_path)["bob"].properties == {}
    assert recording_of(tmp_path, "reconstructed").kept_properties is None


def test_without_them_the_latest_set_before_the_call_counts_wherever_it_lies_in_the_file(tmp_path: Path) -> None:
    posthog(
        tmp_path,
        [
            call(30),
            event("$pageview", 40, set={"plan": "team"}),
            event("$identify", 10, set={"plan": "free", "seats": 1}),
            event("$set", 20, set={"plan": "pro"}, set_once={"plan": "no", "since": 2020}),
        ],
    )
    assert contexts(tmp_path)["ada"].properties == {"plan": "pro", "seats": 1, "since": 2020}


def test_what_no_event_told_by_then_is_unknown_and_not_missing(tmp_path: Path) -> None:
    posthog(tmp_path, [call(1), event("$set", 2, set={"plan": "pro"}), call(3, "bob")])
    recording = recording_of(tmp_path, "reconstructed")
    assert contexts(tmp_path)["ada"].properties == {"plan": REDACTED}
    assert contexts(tmp_path)["bob"].properties == {"plan": REDACTED}
    assert recording.kept_properties == {"plan"}
    assert recording.column("country").values == (REDACTED,)


def test_an_unset_property_is_missing(tmp_path: Path) -> None:
    posthog(tmp_path, [event("$set", 1, set={"plan": "pro", "beta": True}), event("$set", 2, unset=["plan"]), call(3)])
    assert contexts(tmp_path)["ada"].properties == {"beta": True}


def test_the_ids_of_one_person_share_what_is_known(tmp_path: Path) -> None:
    identify = {**event("$identify", 1, "anonymous", set={"plan": "pro"}), "person_id": "p1"}
    posthog(tmp_path, [identify, {**call(2, "ada"), "person_id": "p1"}])
    assert contexts(tmp_path)["ada"].properties == {"plan": "pro"}


def test_group_properties_are_those_that_the_group_had_by_then(tmp_path: Path) -> None:
    posthog(
        tmp_path,
        [
            event("$groupidentify", 1, "x", group_type="company", group_key="acme", group_set={"size": 1}),
            event("$groupidentify", 9, "x", group_type="company", group_key="acme", group_set={"size": 9, "big": True}),
            call(5, known={"plan": "pro"}, groups={"company": "acme"}),
            call(6, "bob", known={}, groups={"company": "other"}),
        ],
    )
    found = contexts(tmp_path)
    assert found["ada"].groups == {"company": "acme"}
    assert found["ada"].group_properties == {"company": {"size": 1, "big": REDACTED}}
    assert found["bob"].group_properties == {"company": {"size": REDACTED, "big": REDACTED}}
    assert found["ada"].properties == {"plan": "pro"}


def test_the_answer_may_stand_in_the_property_of_the_flag(tmp_path: Path) -> None:
    row = call(1, known={})
    del row["properties"]["$feature_flag_response"]
    row["properties"]["$feature/checkout"] = "green"
    posthog(tmp_path, [row, call(2, "bob", known={}, answer=None)])
    assert recording_of(tmp_path, "reconstructed").answers["checkout"].values == ("green", None)


def test_an_event_that_was_exported_twice_counts_once_and_is_said(tmp_path: Path) -> None:
    report = posthog(tmp_path, [call(1, known={}), call(1, known={}), call(2, known={})])
    assert (report.checks, report.passed_over) == (2, 1)
    assert report.notes == ("1 events were in the file more than once and count once.",)


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        ("{", "not JSON"),
        ("[]", "no JSON object"),
        (json.dumps({"distinct_id": "ada"}), "no event name"),
        (json.dumps({**call(1), "distinct_id": 7}), "no distinct_id"),
        (json.dumps({**call(1), "timestamp": None}), "no timestamp"),
        (json.dumps({**call(1), "timestamp": "soon"}), "cannot be read: 'soon'"),
        (json.dumps({**call(1), "timestamp": "2031-01-01T00:00:00Z"}), "in the future: 2031"),
        (json.dumps({**call(1), "properties": "{"}), "properties are no JSON"),
        (json.dumps({**call(1), "properties": [1]}), "properties are no JSON object"),
        (json.dumps(call(1, answer=3)), "neither true, false nor a variant"),
        (json.dumps(event("$feature_flag_called", 1)), "which flag was called"),
    ],
)
def test_an_event_that_cannot_be_read_is_named(tmp_path: Path, bad: str, message: str) -> None:
    report = posthog(tmp_path, [call(1, known={}), bad, call(2, "bob", known={})])
    assert (report.checks, report.corrupt_rows) == (2, 1)
    assert report.corrupt[0].row == 2
    assert message in report.corrupt[0].message


EVENTS = [
    call(1, known={"plan": "pro", "seats": 3}),
    event("$pageview", 2, known={"plan": "pro"}),
    call(3, "bob", known={"plan": None}, answer="blue", groups={"company": "acme"}),
]


def test_every_container_gives_the_same_segments(tmp_path: Path) -> None:
    by_lines = posthog(tmp_path, EVENTS)
    text = io.StringIO()
    writer = csv.DictWriter(text, list(EVENTS[0]))
    writer.writeheader()
    columns = ("properties", "person_properties")
    flat = [{**each, **{name: json.dumps(each[name]) for name in columns}} for each in EVENTS]
    writer.writerows(flat)
    rows = [[row[name] for name in EVENTS[0]] for row in flat]
    parquet = tmp_path / "events.parquet"
    with duckdb.connect() as connection:
        connection.execute(f"CREATE TABLE e ({', '.join(f'{name} VARCHAR' for name in EVENTS[0])})")
        connection.executemany("INSERT INTO e VALUES (?, ?, ?, ?, ?, ?)", rows)
        connection.execute(
            f"COPY (SELECT * REPLACE (\"timestamp\"::TIMESTAMP AS timestamp) FROM e) TO '{parquet}' (FORMAT parquet)"
        )
    others = [
        brought_in(tmp_path, text.getvalue().encode(), "events.csv"),
        brought_in(tmp_path, json.dumps({"next": None, "results": EVENTS}).encode(), "page.json"),
        import_of(tmp_path, parquet),
    ]
    for report in others:
        assert (report.format, report.checks, report.passed_over, report.corrupt_rows) == ("posthog", 2, 1, 0)
        assert report.segments == ()
        assert set(report.known_segments) == set(by_lines.segments)


def test_an_import_that_is_done_is_not_done_again(tmp_path: Path) -> None:
    first = posthog(tmp_path, EVENTS)
    again = posthog(tmp_path, EVENTS)
    assert again.segments == ()
    assert set(again.known_segments) == set(first.segments)
    assert recording_of(tmp_path, "reconstructed").facts.checks == 2
