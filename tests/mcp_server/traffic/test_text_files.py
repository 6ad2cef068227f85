"""Traffic as text, out and in."""

import json
from pathlib import Path

import pytest

from evaluator.context import REDACTED, Context
from mcp_server.services.errors import Unavailable
from mcp_server.traffic.archive import TrafficArchive
from policies.impact import Provenance
from tests.mcp_server.traffic.given import (
    PRODUCTION,
    answered,
    brought_in,
    check,
    recording_of,
    same,
    segment,
    snapshot_of,
)

LINE = {"at": "2026-11-20T10:00:00Z", "flag": "checkout", "value": True, "distinct_id": "ada"}


def line(**changes: object) -> str:
    return json.dumps({**LINE, **changes})


def exported(home: Path, provenance: Provenance = "recorded") -> list[str]:
    return list(TrafficArchive(home).export(snapshot_of(home, provenance)))


def fill(home: Path, provenance: Provenance = "recorded") -> None:
    contexts = [
        Context(
            "ada", {"n": value, "email": REDACTED}, {"company": 7}, {"company": {"size": REDACTED, "big": True}}, "d1"
        )
        for value in (1, 1.0, True, "1", None, -0.0, 10**30, [1, {"a": "\ud800"}], "ü\n")
    ]
    answers = {"checkout": True, "search": "blue", "broken": None}
    segment(home, [check(one, answers, after=n, revision=n) for n, one in enumerate(contexts)], provenance=provenance)
    segment(home, [check(Context("bob", {"plan": "pro"}), after=99)], kept=["plan"], provenance=provenance, dropped=4)


def test_what_was_exported_comes_back_the_same_but_reconstructed(tmp_path: Path) -> None:
    fill(tmp_path / "from")
    lines = exported(tmp_path / "from")
    report = brought_in(tmp_path / "to", lines)
    assert (report.checks, len(report.segments), report.corrupt_rows) == (28, 2, 0)
    assert (
        TrafficArchive(tmp_path / "to").collect(PRODUCTION, "recorded", snapshot_of(tmp_path / "from").registered_at)
        is None
    )
    before, after = recording_of(tmp_path / "from"), recording_of(tmp_path / "to", "reconstructed")
    assert answered(after) == answered(before)
    assert after.kept_properties == before.kept_properties == {"plan"}
    assert after.facts.dropped == 4
    assert exported(tmp_path / "to", "reconstructed") == [
        text.replace('"recorded"', '"reconstructed"') for text in lines
    ]


def test_synthetic_traffic_stays_synthetic(tmp_path: Path) -> None:
    fill(tmp_path / "from", "synthetic")
    brought_in(tmp_path / "to", exported(tmp_path / "from", "synthetic"))
    assert same(recording_of(tmp_path / "from", "synthetic"), recording_of(tmp_path / "to", "synthetic"))


def test_lines_may_be_bytes_and_blank_lines_mean_nothing(tmp_path: Path) -> None:
    report = brought_in(tmp_path, [line().encode() + b"\r\n", b"\n", b"   \n", line(distinct_id="bob")])
    assert (report.checks, report.corrupt_rows) == (2, 0)


def test_importing_twice_counts_once(tmp_path: Path) -> None:
    first = brought_in(tmp_path, [line()])
    second = brought_in(tmp_path, [line()])
    assert second.known_segments == first.segments
    assert second.segments == ()
    assert recording_of(tmp_path, "reconstructed").facts.checks == 1


def test_only_the_required_fields_are_required(tmp_path: Path) -> None:
    brought_in(tmp_path, [line()])
    recording = recording_of(tmp_path, "reconstructed")
    assert recording.context(0) == Context("ada")
    assert recording.answers["checkout"].revisions.tolist() == [0]


def test_times_of_any_zone_are_the_same_moment(tmp_path: Path) -> None:
    brought_in(tmp_path, [line(at=at) for at in ("2026-11-20T10:00:00Z", "2026-11-20T12:00:00.000+02:00")])
    answers = recording_of(tmp_path, "reconstructed").answers["checkout"]
    assert answers.first_us.tolist() == answers.last_us.tolist()


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        ("{", "not JSON"),
        ("[]", "no JSON object"),
        (b"\xff", "not UTF-8"),
        ("[" * 100_000, "nested too deeply"),
        (line(flag=None), "flag is not text"),
        (line(at="yesterday"), "no ISO 8601 time"),
        (line(at="2026-11-20T10:00:00"), "no time zone"),
        (line(at=1732096800), "at is not text"),
        (line(value=1), "value is neither"),
        (line(distinct_id=7), "distinct_id is not text"),
        (line(properties=[]), "properties is no object"),
        (line(group_properties={"company": 1}), "company is no object"),
        (line(revision=-1), "revision is no whole number"),
        (line(revision=True), "revision is no whole number"),
        (line(revision=2**63), "is no revision"),
        (line(device_id=1), "device_id is not text"),
        (line(redacted={"properties": "email"}), "lists of names"),
        (line(redacted={"person": []}), "unknown field 'person'"),
        (line(propertys={}), "unknown field 'propertys'"),
        (line(properties={"n": float("nan")}), "NaN"),
        (line(properties={"n": 0}).replace(": 0", f": {'9' * 5000}"), "4300"),
        (line(properties={"half \ud800": 1}), "surrogate"),
        (json.dumps({"flag": "checkout"}), "lacks at, distinct_id, value"),
        (json.dumps({"drysail_traffic": "1"}), "drysail_traffic is no number"),
        (json.dumps({"drysail_traffic": 1, "kept": "all"}), "kept is neither"),
    ],
)
def test_a_line_that_cannot_be_read_is_named_and_skipped(tmp_path: Path, bad: str | bytes, message: str) -> None:
    report = brought_in(tmp_path, [line(), bad, line(distinct_id="bob")])
    assert (report.checks, report.corrupt_rows) == (2, 1)
    [corrupt] = report.corrupt
    assert corrupt.row == 2
    assert message in corrupt.message
    assert recording_of(tmp_path, "reconstructed").size == 2


def test_a_long_list_of_bad_lines_is_counted_and_cut(tmp_path: Path) -> None:
    report = brought_in(tmp_path, ["nonsense"] * 500)
    assert (report.checks, report.corrupt_rows, len(report.corrupt)) == (0, 500, 20)
    assert report.segments == ()


def test_a_newer_format_is_not_guessed_at(tmp_path: Path) -> None:
    with pytest.raises(Unavailable) as raised:
        brought_in(tmp_path, ['{"drysail_traffic": 2, "unheard_of": true}', line()])
    assert raised.value.code == "FORMAT_TOO_NEW"
