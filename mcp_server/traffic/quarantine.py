"""Damaged segments: found by their checksums, moved aside with a note, never forgotten while they are missing.

A note lies beside the segment that it is about. It is written before the segment moves, so that no segment is ever
gone without a word; a note whose segment is (again) among the complete ones says nothing.
"""

import errno
import json
import os
import shutil
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from mcp_server.services.damage import BY_HAND, QuarantinedSegment
from mcp_server.services.errors import Unavailable
from mcp_server.traffic.layout import MANIFEST, TrafficFolder, sync_folder
from mcp_server.traffic.manifest import SegmentManifest
from mcp_server.traffic.segment import check_files, read_manifest
from policies.impact import Provenance

DAMAGE_CODES: Final = frozenset({"SNAPSHOT_CORRUPT", "SNAPSHOT_GONE"})

NOTE: Final = ".json"
_LOST_OR_UNREADABLE: Final = (errno.ENOENT, errno.EIO, errno.ENOTDIR)


def quarantine_damaged(folder: TrafficFolder, now: datetime) -> tuple[QuarantinedSegment, ...]:
    """Moves every damaged segment aside; what is moved is returned.

    Raises Unavailable for a segment of a newer format or one that may not be read: those are not damaged.
    """
    whole, damaged = _inspect(folder)
    return _move(folder, whole, damaged, now)


def quarantine_by_hand(folder: TrafficFolder, segment: str, now: datetime) -> QuarantinedSegment:
    """Moves this complete segment aside, damaged or not."""
    manifests = {each: _readable(folder, each) for each in folder.segment_ids()}
    chosen = manifests.pop(segment, None)
    error = _damage(folder, segment, chosen) or Unavailable(BY_HAND, place=MANIFEST)
    whole = [manifest for manifest in manifests.values() if manifest is not None]
    (moved,) = _move(folder, whole, [(segment, chosen, error)], now)
    return moved


def quarantined(folder: TrafficFolder) -> list[QuarantinedSegment]:
    """What was moved aside and is not there in any other form, oldest note first."""
    there = set(folder.segment_ids())
    notes = sorted(_notes(folder), key=lambda note: (note.at, note.place))
    return list({note.segment: note for note in notes if note.segment not in there}.values())


def why_set_aside(folder: TrafficFolder, segment: str) -> Unavailable | None:
    """The error for a segment that lies in quarantine; None if it does not."""
    note = next((each for each in quarantined(folder) if each.segment == segment), None)
    if note is None:
        return None
    return Unavailable(
        f"The segment was moved to quarantine: {note.file}: {note.reason}",
        hint="Restore it from a backup, or rebase what was judged on this snapshot on a new one.",
        code="SNAPSHOT_CORRUPT",
        place=note.place,
    )


def losses(folder: TrafficFolder, provenance: Provenance) -> list[QuarantinedSegment]:
    """The segments that a snapshot of this provenance has to do without."""
    return [each for each in quarantined(folder) if each.is_loss and each.provenance in (None, provenance)]


def prune_quarantine(folder: TrafficFolder, before: datetime) -> tuple[str, ...]:
    """Deletes segments that were moved aside and ended before a moment, each with its note."""
    old = [note for note in _notes(folder) if (note.last_at or note.at) < before]
    for note in old:
        shutil.rmtree(note.place, ignore_errors=True)
        Path(note.place + NOTE).unlink(missing_ok=True)
    return tuple(note.segment for note in old)


Damaged = tuple[str, SegmentManifest | None, Unavailable]
"""A segment, its manifest if that can be read, and what is wrong."""


def _inspect(folder: TrafficFolder) -> tuple[list[SegmentManifest], list[Damaged]]:
    whole: list[SegmentManifest] = []
    damaged: list[Damaged] = []
    for segment in folder.segment_ids():
        manifest = _readable(folder, segment)
        error = _damage(folder, segment, manifest)
        if error is not None:
            damaged.append((segment, manifest, error))
        elif manifest is not None:
            whole.append(manifest)
    return whole, damaged


def _readable(folder: TrafficFolder, segment: str) -> SegmentManifest | None:
    try:
        return read_manifest(folder, segment)
    except Unavailable as error:
        if _is_damage(error):
            return None
        raise


def _damage(folder: TrafficFolder, segment: str, manifest: SegmentManifest | None) -> Unavailable | None:
    """What is wrong with a segment; None also if it was pruned meanwhile."""
    try:
        check_files(folder, [manifest or read_manifest(folder, segment)])
    except Unavailable as error:
        if not folder.segment(segment).exists():
            return None
        if _is_damage(error):
            return error
        raise
    return None


def _is_damage(error: Unavailable) -> bool:
    cause = error.__cause__
    return error.code in DAMAGE_CODES and (not isinstance(cause, OSError) or cause.errno in _LOST_OR_UNREADABLE)


def _move(
    folder: TrafficFolder, whole: Sequence[SegmentManifest], damaged: Sequence[Damaged], now: datetime
) -> tuple[QuarantinedSegment, ...]:
    readable = [manifest for _, manifest, _ in damaged if manifest is not None]
    replaced = {old for manifest in (*whole, *readable) for old in manifest.replaces}
    by_whole = {old for manifest in whole for old in manifest.replaces}
    current = [manifest for manifest in whole if manifest.id not in by_whole]
    moved = []
    for segment, manifest, error in damaged:
        lost = 0 if segment in replaced else _lost(manifest, current)
        note = QuarantinedSegment(
            segment=segment,
            file=Path(error.place).name,
            reason=error.message,
            at=now,
            provenance=None if manifest is None else manifest.provenance,
            checks=lost,
            last_at=None if manifest is None else manifest.last_at,
        )
        try:
            place = _put_aside(folder, note)
        except FileNotFoundError:
            continue  # another process moved or pruned it
        except OSError as refused:
            raise Unavailable(
                f"A damaged segment cannot be moved aside: {refused.strerror or refused}.",
                hint=f"Make room, or let this user write to {folder.quarantine}; then run `drysail traffic snapshot`.",
                code="QUARANTINE_FAILED",
                place=str(folder.segment(segment)),
            ) from refused
        moved.append(note.model_copy(update={"place": str(place)}))
    return tuple(moved)


def _lost(manifest: SegmentManifest | None, current: Sequence[SegmentManifest]) -> int | None:
    """How many checks went with a segment: those that it was merged of may still be there."""
    if manifest is None:
        return None
    return max(0, manifest.checks - sum(each.checks for each in current if each.id in manifest.replaces))


def _put_aside(folder: TrafficFolder, note: QuarantinedSegment) -> Path:
    folder.quarantine.mkdir(mode=0o700, exist_ok=True)
    target = _free_place(folder, note.segment)
    text = json.dumps(note.model_dump(mode="json", exclude={"place"}), indent=1, sort_keys=True) + "\n"
    path = Path(f"{target}{NOTE}")
    building = path.with_suffix(".new")
    with building.open("w", encoding="utf-8") as file:
        os.fchmod(file.fileno(), 0o600)
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    building.rename(path)
    try:
        folder.segment(note.segment).rename(target)
    except OSError:
        path.unlink(missing_ok=True)
        raise
    sync_folder(folder.quarantine)
    sync_folder(folder.segments)
    return target


def _free_place(folder: TrafficFolder, segment: str) -> Path:
    """The same segment may have been here before: restored, or merged again, and damaged again."""
    place, number = folder.quarantine / segment, 1
    while place.exists() or Path(f"{place}{NOTE}").exists():
        number += 1
        place = folder.quarantine / f"{segment}.{number}"
    return place


def _notes(folder: TrafficFolder) -> Iterator[QuarantinedSegment]:
    """Every note that can be read. One that cannot is named after its segment, which is all that is known then."""
    for path in sorted(folder.quarantine.glob(f"*{NOTE}")):
        place = str(path).removesuffix(NOTE)
        try:
            yield QuarantinedSegment.model_validate_json(path.read_bytes()).model_copy(update={"place": place})
        except FileNotFoundError:
            continue
        except (OSError, ValueError):
            found_at = datetime.fromtimestamp(path.stat().st_mtime, UTC)
            segment = Path(place).name.split(".")[0]
            yield QuarantinedSegment(
                segment=segment, file=path.name, reason="Its note cannot be read.", at=found_at, place=place
            )
