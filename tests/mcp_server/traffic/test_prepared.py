"""The prepared recording: what is loaded from it is what the segments say, whatever becomes of it."""

from datetime import timedelta
from pathlib import Path

import pytest

from evaluator.context import REDACTED, Context
from mcp_server.traffic import archive as archive_module
from mcp_server.traffic import prepared
from mcp_server.traffic.archive import TrafficArchive
from mcp_server.traffic.layout import TrafficFolder
from mcp_server.traffic.prepared import ARRAYS, HEADER, KEPT
from policies.replay.recording import Recording
from tests.mcp_server.traffic.given import NOW, PRODUCTION, START, answered, check, expected, same, segment, snapshot_of

VALUES = ["pro", 'a \\ "b" é', 1, 1.0, True, None, [1, {"a": None}], "", REDACTED, 10**30]
CHECKS = [
    check(
        Context(
            f"user{number % 50}é",
            {"plan": VALUES[number % len(VALUES)], "n": number} if number % 7 else {},
            {"company": f"c{number % 3}"},
            {"company": {"size": number % 5}},
            device_id=f"d{number}" if number % 2 else None,
        ),
        {"checkout": [True, False, "blue", None][number % 4]},
        after=number,
        hashes={"checkout": (number % 50, None)} if number % 3 else None,
    )
    for number in range(200)
]


@pytest.fixture
def home(tmp_path: Path) -> Path:
    segment(tmp_path, CHECKS[:120])
    segment(tmp_path, CHECKS[120:])
    return tmp_path


def recordings(home: Path) -> list[Path]:
    return sorted(TrafficFolder.of(home, PRODUCTION).recordings.iterdir())


def test_it_holds_what_the_segments_hold(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    snapshot = snapshot_of(home)
    mapped = load_without_merging(home, monkeypatch)
    assert answered(mapped) == expected(CHECKS)
    (folder,) = recordings(home)
    (folder / HEADER).unlink()
    merged = TrafficArchive(home).load(snapshot)
    assert same(mapped, merged)
    assert mapped.facts == merged.facts == snapshot.facts


def test_two_processes_prepare_the_same_bytes(home: Path) -> None:
    first = snapshot_of(home)
    (folder,) = recordings(home)
    content = [(folder / name).read_bytes() for name in (HEADER, ARRAYS)]
    for name in (HEADER, ARRAYS):
        (folder / name).unlink()
    assert snapshot_of(home) == first
    assert [(folder / name).read_bytes() for name in (HEADER, ARRAYS)] == content


@pytest.mark.parametrize("name", [HEADER, ARRAYS])
@pytest.mark.parametrize("damage", ["flip", "cut", "gone"])
def test_a_damaged_one_is_not_believed(home: Path, name: str, damage: str) -> None:
    snapshot = snapshot_of(home)
    (folder,) = recordings(home)
    path = folder / name
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.unlink()
    if damage != "gone":
        path.write_bytes(content if damage == "flip" else content[:-100])
    assert answered(TrafficArchive(home).load(snapshot)) == expected(CHECKS)
    assert snapshot_of(home).digest == snapshot.digest, "it is made again"
    assert answered(load_without_merging(home, pytest.MonkeyPatch())) == expected(CHECKS)


def test_one_of_another_format_is_made_again(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(prepared, "FORMAT", 99)
    snapshot = snapshot_of(home)
    monkeypatch.undo()
    assert answered(TrafficArchive(home).load(snapshot)) == expected(CHECKS)


def test_only_the_newest_are_kept(tmp_path: Path) -> None:
    snapshots = []
    for number in range(4):
        segment(tmp_path, [check(f"user{number}", after=number)])
        snapshots.append(snapshot_of(tmp_path))
    assert len(recordings(tmp_path)) == KEPT
    archive = TrafficArchive(tmp_path)
    assert [archive.load(snapshot).facts for snapshot in snapshots] == [snapshot.facts for snapshot in snapshots]


def test_it_goes_with_its_segments(home: Path) -> None:
    snapshot_of(home)
    archive = TrafficArchive(home)
    archive.prune(PRODUCTION, before=START, keep=(), now=NOW)
    assert len(recordings(home)) == 1
    archive.prune(PRODUCTION, before=START + timedelta(days=1), keep=(), now=NOW)
    assert recordings(home) == []


def load_without_merging(home: Path, monkeypatch: pytest.MonkeyPatch) -> Recording:
    snapshot = snapshot_of(home)

    def forbidden(*_: object) -> Recording:
        raise AssertionError("the segments were merged")

    with monkeypatch.context() as patch:
        patch.setattr(archive_module, "_merge", forbidden)
        return TrafficArchive(home).load(snapshot)
