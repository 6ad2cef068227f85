"""Tables of other people, and Drysail's own Parquet."""

import gzip
from datetime import timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest

from evaluator.context import REDACTED, Context
from mcp_server.services.errors import InvalidInput
from mcp_server.traffic.archive import TrafficArchive
from tests.mcp_server.traffic.given import (
    NOW,
    answered,
    brought_in,
    check,
    import_of,
    recording_of,
    segment,
    snapshot_of,
)

MAPPING = {"distinct_id": "id", "at": "time", "flag": "flag", "value": "answer", "property.plan": "plan"}
HEAD = "id,time,flag,answer,plan\n"
ROW = "ada,2026-11-20T10:00:00Z,checkout,true,pro\n"


def contexts(home: Path) -> list[Context]:
    recording = recording_of(home, "reconstructed")
    return [recording.context(index) for index in range(recording.size)]


def test_columns_become_what_the_mapping_says(tmp_path: Path) -> None:
    head = "id,when,flag,answer,plan,seats,firm,size,device,client,rev\n"
    rows = "ada,2026-11-20T12:00:00+02:00,checkout,blue,pro,3,acme,40,d1,web/2,7\n"
    mapping = {
        "distinct_id": "id",
        "at": "when",
        "flag": "flag",
        "value": "answer",
        "property.plan": "plan",
        "property.seats": "seats",
        "group.company": "firm",
        "group_property.company.size": "size",
        "device_id": "device",
        "sdk": "client",
        "revision": "rev",
    }
    report = brought_in(tmp_path, (head + rows).encode(), "t.csv", mapping=mapping)
    assert (report.format, report.checks, report.corrupt_rows) == ("csv", 1, 0)
    expected = check(
        Context("ada", {"plan": "pro", "seats": 3}, {"company": "acme"}, {"company": {"size": 40}}, "d1"),
        {"checkout": "blue"},
        revision=7,
        sdk="web/2",
    )
    segment(tmp_path / "same", [expected], provenance="reconstructed")
    assert answered(recording_of(tmp_path, "reconstructed")) == answered(
        recording_of(tmp_path / "same", "reconstructed")
    )


def test_an_empty_cell_is_a_missing_value(tmp_path: Path) -> None:
    brought_in(tmp_path, (HEAD + "ada,2026-11-20T10:00:00Z,checkout,true,\n").encode(), "t.csv", mapping=MAPPING)
    assert contexts(tmp_path) == [Context("ada")]


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        (["1", "20", "-3"], [1, 20, -3]),
        (["007", "1"], ["007", "1"]),
        (["1", "x"], ["1", "x"]),
        (["1.50", "2"], ["1.50", "2"]),
        (["true", "False"], [True, False]),
        (["true", "1"], ["true", "1"]),
    ],
    ids=str,
)
def test_a_column_is_a_number_only_if_every_cell_is_written_like_one(
    tmp_path: Path, cells: list[str], expected: list[Any]
) -> None:
    rows = "".join(f"u{n},2026-11-20T10:00:00Z,checkout,true,{cell}\n" for n, cell in enumerate(cells))
    brought_in(tmp_path, (HEAD + rows).encode(), "t.csv", mapping=MAPPING)
    found = [context.properties["plan"] for context in contexts(tmp_path)]
    assert [(type(value), value) for value in found] == [(type(value), value) for value in expected]


@pytest.mark.parametrize(
    ("stated", "cell", "value"),
    [
        ("text", "12", "12"),
        ("integer", "007", 7),
        ("number", "1.50", 1.5),
        ("boolean", "TRUE", True),
        ("json", '"[1, {""a"": null}]"', [1, {"a": None}]),
        ("json", "null", None),
    ],
)
def test_a_type_can_be_stated(tmp_path: Path, stated: str, cell: str, value: Any) -> None:
    mapping = {**MAPPING, f"property.plan:{stated}": "plan"}
    del mapping["property.plan"]
    brought_in(tmp_path, (HEAD + f"ada,2026-11-20T10:00:00Z,f,true,{cell}\n").encode(), "t.csv", mapping=mapping)
    [context] = contexts(tmp_path)
    assert (type(context.properties["plan"]), context.properties["plan"]) == (type(value), value)


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("ada,2026-11-20T10:00:00Z,checkout,true\n", "4 cells, the first line has 5"),
        ("ada,yesterday,checkout,true,pro\n", "time cannot be read: yesterday"),
        ("ada,2026-11-20T10:00:00,checkout,true,pro\n", "time cannot be read"),
        ("ada,,checkout,true,pro\n", "no time"),
        ("ada,2031-11-20T10:00:00Z,checkout,true,pro\n", "in the future: 2031-11-20"),
        (",2026-11-20T10:00:00Z,checkout,true,pro\n", "no distinct id"),
        ("ada,2026-11-20T10:00:00Z,,true,pro\n", "no flag"),
        ("ada,2026-11-20T10:00:00Z,checkout,,pro\n", "no answer"),
        ('ada,2026-11-20T10:00:00Z,checkout,true,"a"b\n', "not CSV"),
        (b"\xff,2026-11-20T10:00:00Z,checkout,true,pro\n", "not UTF-8"),
    ],
)
def test_a_row_that_cannot_be_used_is_named_with_its_line(tmp_path: Path, row: str | bytes, message: str) -> None:
    bad = row if isinstance(row, bytes) else row.encode()
    content = HEAD.encode() + ROW.encode() + bad + ROW.replace("ada", "bob").encode()
    report = brought_in(tmp_path, content, "t.csv", mapping=MAPPING)
    assert (report.checks, report.corrupt_rows) == (2, 1)
    [corrupt] = report.corrupt
    assert corrupt.row == 3
    assert message in corrupt.message
    assert len(contexts(tmp_path)) == 2


def test_a_cell_of_the_wrong_type_is_named_with_its_value(tmp_path: Path) -> None:
    mapping = {**MAPPING, "property.plan:integer": "plan"}
    del mapping["property.plan"]
    content = HEAD + ROW.replace("pro", "3") + ROW.replace("pro", "many")
    report = brought_in(tmp_path, content.encode(), "t.csv", mapping=mapping)
    assert report.checks == 1
    assert [(each.row, each.message) for each in report.corrupt] == [(3, "plan is no integer: 'many'.")]


def test_subjects_without_answers_bring_contexts_and_no_check_of_any_flag(tmp_path: Path) -> None:
    mapping = {"distinct_id": "id", "at:utc": "seen", "property.plan": "plan"}
    report = brought_in(
        tmp_path, b"id,seen,plan\nada,2026-11-20 10:00:00,pro\nbob,2026-11-20 11:00:00,\n", "t.csv", mapping=mapping
    )
    assert (report.checks, report.corrupt_rows) == (2, 0)
    assert contexts(tmp_path) == [Context("ada", {"plan": "pro"}), Context("bob")]
    assert set(recording_of(tmp_path, "reconstructed").answers) == {""}


@pytest.mark.parametrize(
    ("kind", "cell"),
    [("at:seconds", "1795168800.25"), ("at:milliseconds", "1795168800250"), ("at:utc", "2026-11-20 10:00:00.25")],
)
def test_times_come_in_other_units(tmp_path: Path, kind: str, cell: str) -> None:
    mapping = {"distinct_id": "id", kind: "seen"}
    brought_in(tmp_path, f"id,seen\nada,{cell}\n".encode(), "t.csv", mapping=mapping)
    assert recording_of(tmp_path, "reconstructed").facts.first_at.isoformat() == "2026-11-20T10:00:00.250000+00:00"


def test_a_word_may_stand_for_a_column(tmp_path: Path) -> None:
    mapping = {"distinct_id": "id", "at": "time", "flag:constant": "search", "value": "answer"}
    brought_in(tmp_path, (HEAD + ROW).encode(), "t.csv", mapping=mapping)
    assert set(recording_of(tmp_path, "reconstructed").answers) == {"search"}


@pytest.mark.parametrize(
    ("mapping", "message"),
    [
        ({}, "needs to be told"),
        ({"at": "time"}, "which column is distinct_id"),
        ({"distinct_id": "id"}, "which column is at"),
        ({**MAPPING, "property.x": "nowhere"}, "no column 'nowhere'; there are id, time, flag, answer, plan"),
        ({**MAPPING, "colour": "plan"}, "'colour' is nothing that a check has"),
        ({"distinct_id": "id", "at": "time", "flag": "flag"}, "without its answer"),
        ({**MAPPING, "group.company:integer": "plan"}, "cannot be of type integer"),
        ({**MAPPING, "at:utc": "time"}, "at is mapped twice"),
    ],
)
def test_a_wrong_mapping_is_refused_as_a_whole(tmp_path: Path, mapping: dict[str, str], message: str) -> None:
    with pytest.raises(InvalidInput) as raised:
        brought_in(tmp_path, (HEAD + ROW).encode(), "t.csv", mapping=mapping, format="csv")
    assert message in raised.value.message


def test_delimiters_quotes_and_line_ends_of_all_kinds_are_read(tmp_path: Path) -> None:
    content = b'\xef\xbb\xbfid;time;flag;answer;plan\r\n"a;""d""";2026-11-20T10:00:00Z;f;true;"two\nlines"\r\n' + (
        b"bob;2026-11-20T10:00:00Z;f;true;x\n\r\n"
    )
    report = brought_in(tmp_path, content, "t.csv", mapping=MAPPING)
    assert (report.checks, report.corrupt_rows, report.passed_over) == (2, 0, 1)
    assert contexts(tmp_path) == [Context('a;"d"', {"plan": "two\nlines"}), Context("bob", {"plan": "x"})]


def test_a_quote_that_is_never_closed_is_one_error_that_says_how_far_it_went(tmp_path: Path) -> None:
    content = (HEAD + ROW + 'eve,"2026\n' + ROW * 5).encode()
    report = brought_in(tmp_path, content, "t.csv", mapping=MAPPING)
    assert report.checks == 1
    assert [each.row for each in report.corrupt] == [3]
    assert "lines 3 to 8" in report.corrupt[0].message


def test_anybodys_parquet_is_read_by_a_mapping_with_its_own_types(tmp_path: Path) -> None:
    path = tmp_path / "theirs.parquet"
    duckdb.sql(
        "SELECT 'ada' AS id, TIMESTAMP '2026-11-20 10:00:00' AS time, 'f' AS flag, true AS answer, 1.5 AS plan, "
        "[1, 2] AS list, 7::UINTEGER AS seats"
    ).write_parquet(str(path))
    mapping = {**MAPPING, "property.list": "list", "property.seats": "seats"}
    report = import_of(tmp_path / "home", path, mapping=mapping)
    assert (report.format, report.checks, report.corrupt_rows) == ("parquet", 1, 0)
    assert contexts(tmp_path / "home") == [Context("ada", {"plan": 1.5, "list": [1, 2], "seats": 7})]


def fill(home: Path) -> None:
    """Values of every kind, in two segments that kept different properties."""
    values = (1, 1.0, True, "1", None, -0.0, 0.0, 10**30, [1, {"a": "\ud800"}], "ü\n", "\0null", "\ud800")
    mixed = [
        Context("ada", {"n": value, "N": n, "email": REDACTED}, {"company": 7}, {"company": {"size": REDACTED}}, "d1")
        for n, value in enumerate(values)
    ]
    typed = [
        Context("bob", {"plan": plan, "share": share, "beta": beta})
        for plan, share, beta in (("pro", 0.1, True), (None, -0.0, False), (REDACTED, 1e22, None), ("\0x", None, True))
    ]
    answers = {"checkout": True, "search": "blue", "odd": "true", "broken": None}
    segment(home, [check(one, answers, after=n, revision=n) for n, one in enumerate([*mixed, *typed])])
    segment(home, [check(Context("zoe", {"plan": "pro"}), after=99)], kept=["plan"], dropped=4, sampled_ppm=500_000)


def test_parquet_comes_back_the_same_but_reconstructed(tmp_path: Path) -> None:
    fill(tmp_path / "from")
    file = tmp_path / "traffic.parquet"
    TrafficArchive(tmp_path / "from").export_parquet(snapshot_of(tmp_path / "from"), file)
    report = import_of(tmp_path / "to", file)
    assert (report.format, report.checks, report.corrupt_rows) == ("parquet", 65, 0)
    before, after = recording_of(tmp_path / "from"), recording_of(tmp_path / "to", "reconstructed")
    assert answered(after) == answered(before)
    assert after.kept_properties == before.kept_properties == {"plan"}
    assert (after.facts.dropped, after.facts.sampled_ppm) == (4, 500_000)


def test_other_tools_see_typed_columns(tmp_path: Path) -> None:
    contexts = [
        Context("ada", {"plan": "pro", "seats": 3, "share": 0.5, "beta": True}),
        Context("bob", {"seats": None}),
    ]
    segment(tmp_path, [check(one, {"checkout": "blue"}) for one in contexts])
    file = tmp_path / "traffic.parquet"
    TrafficArchive(tmp_path).export_parquet(snapshot_of(tmp_path), file)
    columns = dict(duckdb.sql(f"SELECT column_name, column_type FROM (DESCRIBE SELECT * FROM '{file}')").fetchall())
    assert columns["at"] == "TIMESTAMP WITH TIME ZONE"
    assert [columns[f"property.{name}"] for name in ("plan", "seats", "share", "beta")] == [
        "VARCHAR",
        "BIGINT",
        "DOUBLE",
        "BOOLEAN",
    ]
    shown = (
        f"""SELECT distinct_id, variant, enabled, "property.plan", "property.seats", nulls FROM '{file}' ORDER BY 1"""
    )
    assert duckdb.sql(shown).fetchall() == [
        ("ada", "blue", True, "pro", 3, []),
        ("bob", "blue", True, None, None, ["property.seats"]),
    ]


def test_an_export_replaces_a_file_only_when_it_is_whole(tmp_path: Path) -> None:
    fill(tmp_path)
    file = tmp_path / "out" / "traffic.parquet"
    file.parent.mkdir()
    file.write_text("old")
    snapshot = snapshot_of(tmp_path)
    TrafficArchive(tmp_path).export_parquet(snapshot, file)
    assert file.read_bytes().startswith(b"PAR1")
    assert [path.name for path in file.parent.iterdir()] == ["traffic.parquet"]


def test_a_parquet_file_that_is_cut_is_refused_with_its_name(tmp_path: Path) -> None:
    fill(tmp_path / "from")
    file = tmp_path / "traffic.parquet"
    TrafficArchive(tmp_path / "from").export_parquet(snapshot_of(tmp_path / "from"), file)
    file.write_bytes(file.read_bytes()[:-200])
    with pytest.raises(InvalidInput) as raised:
        import_of(tmp_path / "to", file)
    assert raised.value.code == "FILE_DAMAGED"
    assert raised.value.place == str(file)


def test_rows_of_the_future_are_refused_in_parquet_too(tmp_path: Path) -> None:
    segment(tmp_path / "from", [check("ada"), check("bob", after=60)])
    file = tmp_path / "traffic.parquet"
    TrafficArchive(tmp_path / "from").export_parquet(snapshot_of(tmp_path / "from"), file)
    report = import_of(tmp_path / "to", file, now=NOW - timedelta(days=2, hours=2, minutes=4, seconds=30))
    assert (report.checks, report.corrupt_rows) == (1, 1)
    assert "in the future" in report.corrupt[0].message


def test_a_compressed_table_is_read_by_its_suffix(tmp_path: Path) -> None:
    report = brought_in(tmp_path, gzip.compress((HEAD + ROW).encode()), "t.csv.gz", mapping=MAPPING)
    assert (report.checks, report.corrupt_rows) == (1, 0)
