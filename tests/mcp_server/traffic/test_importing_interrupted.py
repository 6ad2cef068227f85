"""Imports that stop half-way: killed, interrupted, out of disk, or with a file that changed meanwhile."""

import json
import random
import signal
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest

import mcp_server.traffic.csv_import as csv_import
import mcp_server.traffic.import_run as import_run
import mcp_server.traffic.jsonl_import as jsonl_import
import mcp_server.traffic.line_file as line_file
import mcp_server.traffic.posthog_import as posthog_import
import mcp_server.traffic.table_import as table_import
from evaluator.context import Context
from mcp_server.services.errors import Conflict, InvalidInput, Unavailable
from mcp_server.services.traffic_files import ImportReport
from mcp_server.traffic.archive import TrafficArchive
from mcp_server.traffic.draft import Content
from mcp_server.traffic.layout import TrafficFolder
from mcp_server.traffic.manifest import SegmentManifest
from tests.mcp_server.traffic.given import (
    NOW,
    PRODUCTION,
    START,
    answered,
    brought_in,
    check,
    import_of,
    recording_of,
    segment,
    snapshot_of,
)

ROWS = 1_000
MAPPING = {"distinct_id": "id", "at": "time", "flag": "flag", "value": "answer", "property.n": "n"}
ROOT = Path(__file__).parents[3]

SMALL_STEPS = """
import mcp_server.traffic.csv_import as csv_import
import mcp_server.traffic.jsonl_import as jsonl_import
import mcp_server.traffic.line_file as line_file
import mcp_server.traffic.posthog_import as posthog_import
import mcp_server.traffic.table_import as table_import
line_file.BLOCK = 4_000
jsonl_import.CHECKS_PER_SEGMENT = 100
csv_import.ROWS_PER_STEP = 100
table_import.ROWS_PER_STEP = table_import.FEWEST_ROWS = 100
posthog_import.CHECKS_PER_SEGMENT = 100
"""

IMPORT = (
    SMALL_STEPS
    + """
import json, sys
from pathlib import Path
from tests.mcp_server.traffic.given import import_of
print("ready", flush=True)
report = import_of(Path(sys.argv[1]), Path(sys.argv[2]), mapping=json.loads(sys.argv[3]))
print(report.model_dump_json())
"""
)


@pytest.fixture
def small_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    """Segments of about a hundred rows, so that small files have many."""
    monkeypatch.setattr(line_file, "BLOCK", 4_000)
    monkeypatch.setattr(jsonl_import, "CHECKS_PER_SEGMENT", 100)
    monkeypatch.setattr(csv_import, "ROWS_PER_STEP", 100)
    monkeypatch.setattr(table_import, "ROWS_PER_STEP", 100)
    monkeypatch.setattr(table_import, "FEWEST_ROWS", 100)
    monkeypatch.setattr(posthog_import, "CHECKS_PER_SEGMENT", 100)


def json_lines(rows: int = ROWS) -> list[str]:
    """One check each, the same subject every tenth time."""
    return [
        json.dumps(
            {
                "at": (START + timedelta(seconds=n)).isoformat(),
                "flag": "checkout",
                "value": n % 3 == 0,
                "distinct_id": f"user-{n}" if n % 10 else "again",
                "properties": {"n": n},
            }
        )
        for n in range(rows)
    ]


def write(path: Path, kind: str) -> dict[str, str]:
    """Writes the rows in a form; returns the mapping that an import of it needs."""
    rows = [json.loads(line) for line in json_lines()]
    if kind == "jsonl":
        path.write_text("".join(f"{line}\n" for line in json_lines()))
    elif kind == "csv":
        cells = (f"{r['distinct_id']},{r['at']},checkout,{r['value']},{r['properties']['n']}\n" for r in rows)
        path.write_text("id,time,flag,answer,n\n" + "".join(cells))
        return MAPPING
    elif kind == "posthog":
        events = (
            {
                "event": "$feature_flag_called",
                "uuid": str(n),
                "timestamp": r["at"],
                "distinct_id": r["distinct_id"],
                "person_properties": r["properties"],
                "properties": {"$feature_flag": "checkout", "$feature_flag_response": r["value"]},
            }
            for n, r in enumerate(rows)
        )
        path.write_text("".join(json.dumps(event) + "\n" for event in events))
    else:
        source = path.with_name("source")
        checks = [
            check(Context(r["distinct_id"], r["properties"]), {"checkout": r["value"]}, after=n, revision=0, sdk="")
            for n, r in enumerate(rows)
        ]
        segment(source, checks)
        TrafficArchive(source).export_parquet(snapshot_of(source), path)
    return {}


KINDS = ("jsonl", "csv", "parquet", "posthog")


def process(home: Path, path: Path, mapping: dict[str, str]) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", IMPORT, str(home), str(path), json.dumps(mapping)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    )


def ended(running: subprocess.Popen[str], seconds: float) -> bool:
    """Gives a process so much time to end."""
    try:
        running.wait(timeout=seconds)
    except subprocess.TimeoutExpired:
        return False
    return True


@pytest.mark.parametrize("kind", KINDS)
def test_an_import_that_is_killed_again_and_again_brings_in_every_row_once(tmp_path: Path, kind: str) -> None:
    chance, path = random.Random(kind), tmp_path / f"t.{'jsonl' if kind == 'posthog' else kind}"
    mapping = write(path, kind)
    import_of(tmp_path / "whole", path, mapping=mapping)
    folder, kills = TrafficFolder.of(tmp_path / "home", PRODUCTION), 0
    for _ in range(5):
        seen = len(list(folder.segment_ids()))
        with process(tmp_path / "home", path, mapping) as running:
            assert running.stdout is not None
            running.stdout.readline()
            while not ended(running, 0.01) and len(list(folder.segment_ids())) <= seen:
                pass
            if not ended(running, chance.uniform(0, 0.05)):
                running.send_signal(chance.choice([signal.SIGKILL, signal.SIGINT]))
                kills += 1
    with process(tmp_path / "home", path, mapping) as running:
        out, _ = running.communicate()
    report = ImportReport.model_validate_json(out.splitlines()[-1])
    assert kills >= 2
    assert (report.rows >= ROWS, report.checks, report.corrupt_rows) == (True, ROWS, 0)
    assert report.resumed_after is not None
    assert answered(recording_of(tmp_path / "home", "reconstructed")) == answered(
        recording_of(tmp_path / "whole", "reconstructed")
    )


def stop_at(monkeypatch: pytest.MonkeyPatch, segments: int) -> None:
    """Lets the disk refuse all but so many segments."""
    really, written = import_run.write_segment, []

    def refuse(folder: TrafficFolder, content: Content) -> SegmentManifest:
        if len(written) == segments:
            raise OSError(28, "No space left on device")
        written.append(1)
        return really(folder, content)

    monkeypatch.setattr(import_run, "write_segment", refuse)


@pytest.mark.usefixtures("small_steps")
@pytest.mark.parametrize("kind", KINDS)
def test_a_full_disk_stops_an_import_which_goes_on_when_there_is_room(tmp_path: Path, kind: str) -> None:
    path = tmp_path / f"t.{'jsonl' if kind == 'posthog' else kind}"
    mapping = write(path, kind)
    with pytest.MonkeyPatch.context() as patch:
        stop_at(patch, 3)
        with pytest.raises(Unavailable) as raised:
            import_of(tmp_path / "home", path, mapping=mapping)
    assert "No space left" in raised.value.message
    assert "goes on where it stopped" in raised.value.hint
    report = import_of(tmp_path / "home", path, mapping=mapping)
    assert (report.checks, report.corrupt_rows) == (ROWS, 0)
    recording = recording_of(tmp_path / "home", "reconstructed")
    assert recording.facts.checks == ROWS
    assert recording.facts.subjects == ROWS - ROWS // 10 + 1


@pytest.mark.usefixtures("small_steps")
@pytest.mark.parametrize("kind", KINDS)
def test_a_file_that_changed_before_it_was_resumed_is_refused_and_can_be_begun_again(tmp_path: Path, kind: str) -> None:
    path = tmp_path / f"t.{'jsonl' if kind == 'posthog' else kind}"
    mapping = write(path, kind)
    with pytest.MonkeyPatch.context() as patch:
        stop_at(patch, 3)
        with pytest.raises(Unavailable):
            import_of(tmp_path / "home", path, mapping=mapping)
    content = path.read_bytes()
    if kind == "parquet":
        other = [check(Context("other", {"n": n}), after=n) for n in range(150)]
        segment(tmp_path / "other", other)
        TrafficArchive(tmp_path / "other").export_parquet(snapshot_of(tmp_path / "other"), path)
    else:
        path.write_bytes(content.replace(b'user-1"', b'user-X"').replace(b"user-1,", b"user-X,"))
    with pytest.raises(Conflict) as raised:
        import_of(tmp_path / "home", path, mapping=mapping)
    assert raised.value.code == "FILE_CHANGED"
    assert "--restart" in raised.value.hint
    report = import_of(tmp_path / "home", path, mapping=mapping, restart=True)
    assert recording_of(tmp_path / "home", "reconstructed").facts.checks == report.checks
    assert report.checks == (150 if kind == "parquet" else ROWS)


@pytest.mark.usefixtures("small_steps")
def test_corrupt_rows_are_counted_once_over_all_runs(tmp_path: Path) -> None:
    lines = json_lines(500)
    lines[50], lines[450] = "nonsense", "more nonsense"
    with pytest.MonkeyPatch.context() as patch:
        stop_at(patch, 2)
        with pytest.raises(Unavailable):
            brought_in(tmp_path, lines)
    report = brought_in(tmp_path, lines)
    assert (report.rows, report.checks) == (500, 498)
    assert [each.row for each in report.corrupt] == [51, 451]


@pytest.mark.usefixtures("small_steps")
def test_a_strict_import_stops_at_the_first_corrupt_row_and_goes_on_when_it_is_mended(tmp_path: Path) -> None:
    lines = json_lines(500)
    broken = [*lines[:450], "nonsense", *lines[451:]]
    with pytest.raises(InvalidInput) as raised:
        brought_in(tmp_path, broken, strict=True)
    assert raised.value.place.endswith("traffic.jsonl:451")
    report = brought_in(tmp_path, lines, strict=True)
    assert report.resumed_after is not None
    assert (report.checks, report.corrupt_rows) == (500, 0)
    assert recording_of(tmp_path, "reconstructed").facts.checks == 500


@pytest.mark.usefixtures("small_steps")
def test_lines_that_were_added_to_a_file_are_brought_in_alone(tmp_path: Path) -> None:
    lines = json_lines(500)
    brought_in(tmp_path, lines[:250])
    report = brought_in(tmp_path, lines)
    assert (report.resumed_after, report.checks) == (250, 500)
    assert recording_of(tmp_path, "reconstructed").facts.checks == 500


def test_another_file_of_the_same_name_is_imported_as_what_it_is(tmp_path: Path) -> None:
    lines = json_lines(30)
    brought_in(tmp_path, lines[:10])
    report = brought_in(tmp_path, lines[10:])
    assert (report.resumed_after, report.checks) == (None, 20)
    assert recording_of(tmp_path, "reconstructed").facts.checks == 30


def test_what_was_pruned_can_be_imported_again(tmp_path: Path) -> None:
    brought_in(tmp_path, json_lines(10))
    TrafficArchive(tmp_path).prune(PRODUCTION, before=NOW, keep=(), now=NOW)
    report = brought_in(tmp_path, json_lines(10))
    assert len(report.segments) == 1
    assert recording_of(tmp_path, "reconstructed").facts.checks == 10


@pytest.mark.usefixtures("small_steps")
def test_an_import_goes_on_after_its_first_segments_were_merged(tmp_path: Path) -> None:
    lines = json_lines(500)
    with pytest.MonkeyPatch.context() as patch:
        stop_at(patch, 3)
        with pytest.raises(Unavailable):
            brought_in(tmp_path, lines)
    archive = TrafficArchive(tmp_path)
    assert archive.compact(PRODUCTION, NOW)
    archive.prune(PRODUCTION, before=START, keep=(), now=NOW)
    report = brought_in(tmp_path, lines)
    assert report.resumed_after is not None
    assert recording_of(tmp_path, "reconstructed").facts.checks == 500


def test_two_imports_of_one_file_at_once_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "t.jsonl"
    path.write_text("\n".join(json_lines(10)))
    with pytest.raises(Conflict) as raised:
        TrafficArchive(tmp_path / "home").bring_in(
            import_run.ImportRequest(environment=PRODUCTION, path=path, now=NOW),
            lambda done, total: import_of(tmp_path / "home", path),
        )
    assert raised.value.code == "IMPORT_RUNNING"
