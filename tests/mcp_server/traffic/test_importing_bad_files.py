"""Files that are not what they should be: named, counted, and never half believed."""

import gzip
import json
from contextlib import suppress
from pathlib import Path

import pytest

from mcp_server.services.errors import DrysailError, InvalidInput, NotFound
from mcp_server.services.traffic_files import FileFormat
from mcp_server.traffic.archive import TrafficArchive
from mcp_server.traffic.importing import recognised
from tests.mcp_server.traffic.given import NOW, PRODUCTION, brought_in, import_of, recording_of

LINE = {"at": "2026-11-20T10:00:00Z", "flag": "checkout", "value": True, "distinct_id": "ada"}


def line(**changes: object) -> bytes:
    return json.dumps({**LINE, **changes}).encode() + b"\n"


def test_a_file_that_is_cut_keeps_what_is_whole(tmp_path: Path) -> None:
    report = brought_in(tmp_path, line() + line(distinct_id="bob") + line(distinct_id="eve")[:-20])
    assert (report.checks, report.corrupt_rows) == (2, 1)
    assert report.corrupt[0].row == 3
    assert "not JSON" in report.corrupt[0].message


def test_a_compressed_file_that_is_cut_keeps_what_is_whole_and_says_where_it_ends(tmp_path: Path) -> None:
    whole = gzip.compress(b"".join(line(distinct_id=f"u{n}", properties={"n": n * n}) for n in range(50_000)))
    report = brought_in(tmp_path, whole[: len(whole) // 2], "traffic.jsonl.gz")
    assert 1_000 < report.checks < 50_000
    assert "cut or damaged" in report.corrupt[-1].message
    assert report.corrupt[-1].row > report.checks
    assert recording_of(tmp_path, "reconstructed").facts.checks == report.checks


def test_line_ends_may_be_mixed_and_the_file_may_begin_with_a_byte_order_mark(tmp_path: Path) -> None:
    content = b"\xef\xbb\xbf" + line() + b"\r\n" + line(distinct_id="bob").replace(b"\n", b"\r\n") + line()[:-1]
    report = brought_in(tmp_path, content)
    assert (report.checks, report.corrupt_rows, report.passed_over) == (3, 0, 1)


def test_lines_that_are_not_utf_8_are_named_one_by_one(tmp_path: Path) -> None:
    report = brought_in(tmp_path, line() + line().replace(b"ada", b"\xe4da") + line(distinct_id="bob"))
    assert (report.checks, [each.row for each in report.corrupt]) == (2, [2])
    assert report.corrupt[0].message == "It is not UTF-8."


def test_a_file_in_another_encoding_is_refused_as_a_whole(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="UTF-16"):
        brought_in(tmp_path, line().decode().encode("utf-16"))


def test_ids_and_values_of_a_megabyte_are_kept(tmp_path: Path) -> None:
    great = "x" * (1 << 20)
    report = brought_in(tmp_path, line(distinct_id=great) + line(properties={"note": great}))
    assert (report.checks, report.corrupt_rows) == (2, 0)
    recording = recording_of(tmp_path, "reconstructed")
    assert {recording.context(index).distinct_id for index in range(2)} == {great, "ada"}


def test_a_csv_file_with_ids_of_a_megabyte_is_read(tmp_path: Path) -> None:
    great = "x" * (1 << 20)
    content = f"id,time\n{great},2026-11-20T10:00:00Z\n".encode()
    report = brought_in(tmp_path, content, "t.csv", mapping={"distinct_id": "id", "at": "time"})
    assert (report.checks, report.corrupt_rows) == (1, 0)


def test_a_property_may_have_very_many_values(tmp_path: Path) -> None:
    rows = 200_000
    content = "id,time,n\n" + "".join(f"u{n % 1000},2026-11-20T10:00:00Z,value {n}\n" for n in range(rows))
    mapping = {"distinct_id": "id", "at": "time", "property.n": "n"}
    report = brought_in(tmp_path, content.encode(), "t.csv", mapping=mapping)
    assert (report.checks, report.corrupt_rows) == (rows, 0)
    assert recording_of(tmp_path, "reconstructed").size == rows


def test_an_empty_file_brings_nothing(tmp_path: Path) -> None:
    assert brought_in(tmp_path, b"").checks == 0
    assert brought_in(tmp_path, b"", "t.csv", mapping={"distinct_id": "id", "at": "time"}).checks == 0


def test_an_empty_file_is_no_parquet_file(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput) as raised:
        brought_in(tmp_path, b"", "empty.parquet", format="parquet")
    assert raised.value.code == "FILE_DAMAGED"


def test_a_folder_and_a_file_that_is_not_there_are_told_apart(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="is a folder"):
        import_of(tmp_path, tmp_path)
    with pytest.raises(NotFound, match="There is no file"):
        import_of(tmp_path, tmp_path / "nowhere.jsonl")


def test_a_clock_in_the_future_is_refused_with_row_and_reason(tmp_path: Path) -> None:
    ahead = [NOW.replace(minute=4), NOW.replace(minute=6), NOW.replace(year=2031)]
    report = brought_in(tmp_path, b"".join(line(at=at.isoformat()) for at in ahead))
    assert report.checks == 1
    assert [(each.row, each.message) for each in report.corrupt] == [
        (2, "Its time is in the future: 2026-11-22T12:06:00+00:00."),
        (3, "Its time is in the future: 2031-11-22T12:00:00+00:00."),
    ]


def test_old_duplicate_and_out_of_order_rows_are_all_taken(tmp_path: Path) -> None:
    times = ["2026-11-20T10:00:00Z", "1999-01-01T00:00:00Z", "2026-11-20T10:00:00Z", "2012-06-01T00:00:00Z"]
    report = brought_in(tmp_path, b"".join(line(at=at) for at in times))
    facts = recording_of(tmp_path, "reconstructed").facts
    assert (report.checks, facts.checks, facts.first_at.year) == (4, 4, 1999)


def test_a_line_that_never_ends_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mcp_server.traffic.line_file.LONGEST_LINE", 1 << 20)
    with pytest.raises(InvalidInput) as raised:
        brought_in(tmp_path, line() + b"x" * (3 << 20))
    assert raised.value.message == "A line is longer than 1 MiB."
    assert raised.value.place.endswith("traffic.jsonl:2")


@pytest.mark.parametrize(
    ("name", "content", "expected"),
    [
        ("a.jsonl", line(), "jsonl"),
        ("a.txt", line(), "jsonl"),
        ("a.jsonl", b"nonsense\n" + line(), "jsonl"),
        ("a.jsonl", b'{"event": "x", "distinct_id": "y"}\n', "posthog"),
        ("a.json", b'{"next": null,\n "results": [\n{"event": "x"}]}', "posthog"),
        ("a.json", b'[{"event": "x"}]', "posthog"),
        ("a.csv", b"uuid,event,properties,distinct_id,timestamp\n", "posthog"),
        ("a.csv", b"id,plan\n", "csv"),
        ("a.csv.gz", gzip.compress(b"id,plan\n"), "csv"),
        ("a.jsonl.gz", gzip.compress(line()), "jsonl"),
    ],
)
def test_what_a_file_is_is_seen_from_what_is_in_it(
    tmp_path: Path, name: str, content: bytes, expected: FileFormat
) -> None:
    (tmp_path / name).write_bytes(content)
    assert recognised(tmp_path / name, mapped=False) == expected


@pytest.mark.parametrize("content", [b"\x00\x01\x02 binary", b"hello, world\n"])
def test_a_file_of_an_unknown_kind_asks_for_its_form(tmp_path: Path, content: bytes) -> None:
    with pytest.raises(InvalidInput) as raised:
        brought_in(tmp_path, content, "what.bin")
    assert "--format" in raised.value.hint


@pytest.mark.parametrize("kind", ["jsonl", "csv", "parquet", "posthog"])
@pytest.mark.parametrize(
    "content", [b"\x00" * 5000, b"PAR1" + b"\xff" * 500 + b"PAR1", b'"' * 999, b"{" * 999], ids=range(4)
)
def test_garbage_is_refused_or_counted_in_every_form(tmp_path: Path, kind: FileFormat, content: bytes) -> None:
    mapping = {"distinct_id": "id", "at": "time"} if kind == "csv" else {}
    with suppress(DrysailError):
        report = brought_in(tmp_path, content, "garbage", format=kind, mapping=mapping)
        assert (report.checks, report.corrupt_rows > 0) == (0, True)
    assert TrafficArchive(tmp_path).segments(PRODUCTION) == []
