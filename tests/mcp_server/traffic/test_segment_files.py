"""A segment is there as a whole or not at all, and damage is found."""

import json
import os
import random
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
from pathlib import Path

import pytest

from evaluator.context import Context
from mcp_server.services.errors import DrysailError, InvalidInput, NotFound, Unavailable
from mcp_server.traffic.archive import TrafficArchive
from mcp_server.traffic.layout import BUCKETS, CONTEXTS, DICTIONARIES, LOG, MANIFEST, TrafficFolder
from mcp_server.traffic.manifest import FORMAT, SegmentManifest
from mcp_server.traffic.merging import merged
from tests.mcp_server.traffic.given import NOW, PRODUCTION, check, recording_of, segment, snapshot_of

FILES = (MANIFEST, CONTEXTS, DICTIONARIES, LOG, BUCKETS)


def write(home: Path) -> SegmentManifest:
    checks = [
        check(Context(f"user{number}", {"n": number}), hashes={"checkout": (number, None)}) for number in range(50)
    ]
    return segment(home, checks)


def file_of(home: Path, manifest: SegmentManifest, name: str) -> Path:
    return TrafficFolder.of(home, PRODUCTION).segment(manifest.id) / name


def truncate(path: Path) -> None:
    os.truncate(path, path.stat().st_size - 7)


def empty(path: Path) -> None:
    os.truncate(path, 0)


def lengthen(path: Path) -> None:
    with path.open("ab") as file:
        file.write(b"\0")


def flip_a_bit(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 0b100
    path.write_bytes(content)


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("damage", [truncate, empty, lengthen, flip_a_bit])
def test_damage_to_any_file_is_found_and_named(tmp_path: Path, name: str, damage: object) -> None:
    path = file_of(tmp_path, write(tmp_path), name)
    snapshot = snapshot_of(tmp_path)
    assert callable(damage)
    damage(path)
    before = sorted(tmp_path.rglob("*"))
    archive = TrafficArchive(tmp_path)
    with pytest.raises(Unavailable) as loading:
        archive.load(snapshot)
    assert (loading.value.code, loading.value.place) == ("SNAPSHOT_CORRUPT", str(path))
    assert loading.value.hint
    with pytest.raises(Unavailable) as collecting:
        snapshot_of(tmp_path)
    assert (collecting.value.code, collecting.value.place) == ("SNAPSHOT_CORRUPT", str(path))
    assert sorted(tmp_path.rglob("*")) == before


def test_no_flipped_bit_of_a_manifest_goes_unnoticed(tmp_path: Path) -> None:
    path = file_of(tmp_path, segment(tmp_path, [check("ada")], kept=["plan"]), MANIFEST)
    whole = path.read_bytes()
    chance = random.Random(1)
    for _ in range(400):
        content = bytearray(whole)
        content[chance.randrange(len(whole) - 1)] ^= 1 << chance.randrange(8)
        path.write_bytes(content)
        if _same_json(content, whole):
            continue
        with pytest.raises(Unavailable) as raised:
            TrafficArchive(tmp_path).segments(PRODUCTION)
        assert raised.value.code in ("SNAPSHOT_CORRUPT", "FORMAT_TOO_NEW")


def _same_json(one: bytes, other: bytes) -> bool:
    try:
        return bool(json.loads(one) == json.loads(other))
    except ValueError:
        return False


def test_a_file_that_goes_away_while_it_is_read_is_said_to_be_gone(tmp_path: Path) -> None:
    manifest = write(tmp_path)
    folder = TrafficFolder.of(tmp_path, PRODUCTION)

    def read_what_is_deleted_meanwhile() -> None:
        with merged(folder, [manifest]) as found:
            file_of(tmp_path, manifest, LOG).unlink()
            found.rows(0, LOG)

    with pytest.raises(Unavailable) as raised:
        read_what_is_deleted_meanwhile()
    assert raised.value.code == "SNAPSHOT_GONE"


@pytest.mark.parametrize("name", FILES)
def test_a_lost_file_is_found_and_named(tmp_path: Path, name: str) -> None:
    path = file_of(tmp_path, write(tmp_path), name)
    snapshot = snapshot_of(tmp_path)
    path.unlink()
    with pytest.raises(Unavailable) as raised:
        TrafficArchive(tmp_path).load(snapshot)
    assert (raised.value.code, raised.value.place) == ("SNAPSHOT_GONE", str(path))


def test_a_forged_manifest_with_matching_checksums_is_not_what_the_snapshot_pinned(tmp_path: Path) -> None:
    manifest = write(tmp_path)
    snapshot = snapshot_of(tmp_path)
    path = file_of(tmp_path, manifest, MANIFEST)
    path.write_text(path.read_text().replace('"dropped": 0', '"dropped": 1'))
    with pytest.raises(Unavailable, match="not the one that"):
        TrafficArchive(tmp_path).load(snapshot)


def test_a_changed_registration_is_found(tmp_path: Path) -> None:
    write(tmp_path)
    snapshot = snapshot_of(tmp_path)
    forged = snapshot.model_copy(update={"manifest": {**snapshot.manifest, "segments": []}})
    with pytest.raises(Unavailable) as raised:
        TrafficArchive(tmp_path).load(forged)
    assert raised.value.code == "SNAPSHOT_CORRUPT"


def test_a_newer_format_asks_for_an_upgrade(tmp_path: Path) -> None:
    path = file_of(tmp_path, write(tmp_path), MANIFEST)
    path.write_text(json.dumps({**json.loads(path.read_text()), "format": FORMAT + 1, "invented_later": True}))
    with pytest.raises(Unavailable, match=rf"format {FORMAT + 1}.*Upgrade") as raised:
        snapshot_of(tmp_path)
    assert raised.value.code == "FORMAT_TOO_NEW"


def test_quarantine_moves_the_damaged_segment_aside_and_the_rest_goes_on(tmp_path: Path) -> None:
    damaged = write(tmp_path)
    segment(tmp_path, [check("ada")], source="another")
    truncate(file_of(tmp_path, damaged, LOG))
    archive = TrafficArchive(tmp_path)
    moved = archive.quarantine(PRODUCTION, damaged.id, NOW)
    assert (Path(moved.place) / LOG).exists()
    assert recording_of(tmp_path).size == 1
    with pytest.raises(NotFound):
        archive.quarantine(PRODUCTION, damaged.id, NOW)


def test_quarantine_takes_no_path_instead_of_a_segment(tmp_path: Path) -> None:
    write(tmp_path)
    with pytest.raises(NotFound):
        TrafficArchive(tmp_path).quarantine(PRODUCTION, "../segments", NOW)


def test_the_manifest_says_what_is_in_the_segment(tmp_path: Path) -> None:
    checks = [
        check("ada", {"checkout": True, "search": "blue"}, after=0),
        check("ada", {"checkout": False}, after=59),
        check("bob", {"checkout": False}, after=3 * 86400, sdk="posthog-js/1.2"),
    ]
    manifest = segment(tmp_path, checks, kept=["plan"], dropped=3, sampled_ppm=250_000)
    written = json.loads(file_of(tmp_path, manifest, MANIFEST).read_text())
    assert {name: written[name] for name in ("format", "environment", "provenance", "checks", "dropped", "kept")} == {
        "format": FORMAT,
        "environment": "production",
        "provenance": "recorded",
        "checks": 4,
        "dropped": 3,
        "kept": ["plan"],
    }
    assert (written["subjects"], written["contexts"], written["sampled_ppm"]) == (2, 2, 250_000)
    assert (written["first_at"], written["last_at"]) == ("2026-11-20T10:00:00Z", "2026-11-23T10:00:00Z")
    assert written["sdks"] == {"posthog-python/7.91.1": 3, "posthog-js/1.2": 1}
    assert [(row["day"], row["flag"], row["value"], row["checks"]) for row in written["volume"]] == [
        ("2026-11-20", "checkout", True, 1),
        ("2026-11-20", "checkout", False, 1),
        ("2026-11-20", "search", "blue", 1),
        ("2026-11-23", "checkout", False, 1),
    ]
    for name, seal in written["files"].items():
        content = file_of(tmp_path, manifest, name).read_bytes()
        assert (seal["sha256"], seal["bytes"]) == (sha256(content).hexdigest(), len(content))


def test_the_same_checks_make_the_same_files(tmp_path: Path) -> None:
    first, second = write(tmp_path / "one"), write(tmp_path / "two")
    assert first == second
    assert snapshot_of(tmp_path / "one").digest == snapshot_of(tmp_path / "two").digest


def test_segments_are_for_their_owner_only(tmp_path: Path) -> None:
    manifest = write(tmp_path)
    folder = TrafficFolder.of(tmp_path, PRODUCTION)
    assert folder.segment(manifest.id).stat().st_mode & 0o777 == 0o700
    assert {file_of(tmp_path, manifest, name).stat().st_mode & 0o777 for name in FILES} == {0o600}


@pytest.mark.parametrize(
    "environment", ["../../etc", ".", "..", "a/b", "Köln", "with space", "x" * 60, "nul\0", "\ud800"]
)
def test_any_environment_name_stays_inside_the_home(tmp_path: Path, environment: str) -> None:
    folder = TrafficFolder.of(tmp_path, environment)
    assert folder.root.resolve().parent == (tmp_path / "traffic").resolve()
    assert folder.root.resolve() != TrafficFolder.of(tmp_path, environment + "x").root.resolve()


@pytest.mark.parametrize("environment", ["", "x" * 300])
def test_an_unusable_environment_name_is_refused(tmp_path: Path, environment: str) -> None:
    with pytest.raises(InvalidInput):
        TrafficFolder.of(tmp_path, environment)


def test_a_failed_write_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", refuse)
    with pytest.raises(OSError, match="No space"):
        write(tmp_path)
    folder = TrafficFolder.of(tmp_path, PRODUCTION)
    assert list(folder.segments.iterdir()) == list(folder.writing.iterdir()) == []


def test_errors_of_traffic_are_expected_failures() -> None:
    assert issubclass(Unavailable, DrysailError)
    assert Unavailable.exit_status == 2


def test_threads_that_write_at_the_same_time_do_not_mix_their_segments(tmp_path: Path) -> None:
    def write_many(thread: int) -> None:
        for number in range(5):
            segment(tmp_path, [check(f"{thread}-{number}-{user}") for user in range(20)], source=f"{thread} {number}")

    with ThreadPoolExecutor(4) as threads:
        list(threads.map(write_many, range(4)))
    assert set(recording_of(tmp_path).subjects.values) == {
        f"{thread}-{number}-{user}" for thread in range(4) for number in range(5) for user in range(20)
    }
