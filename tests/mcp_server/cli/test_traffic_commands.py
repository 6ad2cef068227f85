"""`drysail traffic import`, `export` and `stats` as a person meets them."""

import json
from pathlib import Path

import pytest

from mcp_server.cli.main import run
from mcp_server.cli.traffic_statistics import sparkline
from mcp_server.services.home import Home
from mcp_server.services.snapshots import newest_snapshot

LINE = {"at": "2026-11-20T10:00:00Z", "flag": "new-checkout", "value": True, "distinct_id": "ada"}


@pytest.fixture
def at(folder: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Global options that name the shop; commands mean its real environment."""
    monkeypatch.setenv("DRYSAIL_ENVIRONMENT", "live")
    monkeypatch.setenv("NO_COLOR", "1")
    return ["--home", str(folder / ".drysail")]


@pytest.fixture
def files(tmp_path: Path) -> list[str]:
    """Two traffic files; the second one has a line that cannot be read."""
    paths = [tmp_path / "one.jsonl", tmp_path / "two.jsonl"]
    paths[0].write_text(json.dumps(LINE))
    paths[1].write_text(json.dumps({**LINE, "distinct_id": "bob"}) + "\nnonsense\n")
    return [str(path) for path in paths]


def test_several_files_come_in_and_what_is_corrupt_is_named(
    at: list[str], files: list[str], capfd: pytest.CaptureFixture[str]
) -> None:
    assert run([*at, "traffic", "import", *files]) == 2
    printed = capfd.readouterr()
    assert printed.out.splitlines() == [f"{name}: imported 1 checks." for name in files]
    assert f"{files[1]}:2: It is not JSON" in printed.err
    assert "drysail traffic snapshot --environment live" in printed.err
    assert run([*at, "traffic", "import", files[0]]) == 0
    assert "1 checks, all imported before" in capfd.readouterr().out


def test_a_strict_import_stops_with_file_and_line(
    at: list[str], files: list[str], capfd: pytest.CaptureFixture[str]
) -> None:
    assert run([*at, "traffic", "import", files[1], "--strict"]) == 2
    assert f"{files[1]}:2: The row cannot be read: It is not JSON" in capfd.readouterr().err


def test_reports_are_json_on_request(at: list[str], files: list[str], capfd: pytest.CaptureFixture[str]) -> None:
    assert run([*at, "traffic", "import", *files, "--json"]) == 2
    reports = json.loads(capfd.readouterr().out)
    assert [(report["format"], report["checks"], report["corrupt_rows"]) for report in reports] == [
        ("jsonl", 1, 0),
        ("jsonl", 1, 1),
    ]


@pytest.mark.parametrize("name", ["traffic.jsonl", "traffic.parquet"])
def test_an_export_takes_its_form_from_the_name_and_comes_in_again(
    at: list[str], tmp_path: Path, home: Home, name: str, capfd: pytest.CaptureFixture[str]
) -> None:
    snapshot = newest_snapshot(home, "sandbox")
    assert snapshot is not None
    file = tmp_path / name
    assert run([*at, "traffic", "export", snapshot.id, "-e", "sandbox", "-o", str(file)]) == 0
    assert run([*at, "traffic", "import", str(file), "--json"]) == 0
    [report] = json.loads(capfd.readouterr().out)
    assert (report["format"], report["checks"]) == (name.partition(".")[2], snapshot.facts.checks)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["export", "--format", "parquet"], "cannot be printed"),
        (["export", "snap_nowhere"], "no snapshot 'snap_nowhere'"),
        (["stats", "snap_nowhere"], "no snapshot 'snap_nowhere'"),
        (["import", "nowhere.jsonl"], "no file nowhere.jsonl"),
        (["import", ".", "--map", "id"], "not WHAT=COLUMN"),
        (["import", "."], "is a folder"),
    ],
    ids=" ".join,
)
def test_a_mistake_is_named_in_one_sentence(
    at: list[str], arguments: list[str], message: str, capfd: pytest.CaptureFixture[str]
) -> None:
    environment = [] if arguments[0] == "import" else ["-e", "sandbox"]
    assert run([*at, "traffic", *arguments, *environment]) == 2
    shown = capfd.readouterr().err
    assert message in shown
    assert "Traceback" not in shown


@pytest.mark.parametrize("width", [80, 120])
def test_statistics_fit_the_terminal(
    at: list[str], width: int, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", str(width))
    assert run([*at, "traffic", "stats", "-e", "sandbox"]) == 0
    lines = capfd.readouterr().out.splitlines()
    assert max(map(len, lines)) <= width
    heads = [line.split() for line in lines]
    assert ["flag", "answer", "checks", "share"] in [head[:4] for head in heads]
    assert ["property", "coverage", "missing", "redacted", "values"] in [head[:5] for head in heads]
    assert any("█" in line for line in lines)


def test_a_sparkline_shows_the_greatest_and_nothing() -> None:
    assert sparkline([0, 1, 4, 8]) == " ▁▄█"
    assert sparkline([]) == ""
