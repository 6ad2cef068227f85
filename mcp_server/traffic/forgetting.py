"""Deleting one subject from an environment's traffic: every segment that holds it is written again without it.

A new segment is written before the old one goes, and says that it replaces it. So a process that is killed on the way
leaves no check counted twice and none lost, and the same call finishes the work.
"""

import fcntl
import shutil
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import duckdb
import numpy as np
from numpy.typing import NDArray

from mcp_server.services.errors import Unavailable
from mcp_server.services.traffic_files import Forgotten, Trace
from mcp_server.traffic.compaction import LOG_KINDS, common_origin
from mcp_server.traffic.draft import Content
from mcp_server.traffic.interning import MISSING_CODE, REDACTED_CODE, json_text
from mcp_server.traffic.layout import BUCKETS, DICTIONARIES, LOG, MANIFEST, TrafficFolder
from mcp_server.traffic.manifest import ColumnName, SegmentManifest, parse_manifest
from mcp_server.traffic.merging import DEVICE, SUBJECT, Merged, merged
from mcp_server.traffic.packing import sorted_runs
from mcp_server.traffic.retention import delete_segment
from mcp_server.traffic.secret import Tokens
from mcp_server.traffic.segment import check_files, read_manifest, write_segment
from mcp_server.traffic.tables import engine

DEAD_AFTER: Final = timedelta(minutes=10)
"""What nobody has touched for so long under ``writing`` belongs to no living process."""

MOST_ROUNDS: Final = 3
HOLDING: Final = frozenset({"subject", "device", "property", "group_property"})

FIND = 'SELECT DISTINCT "column" FROM read_parquet($path) WHERE list_contains($texts, text)'

Codes = NDArray[np.int32]


class Subject:
    """By which texts one subject is found on disk: its id, and the tokens that stand for it."""

    def __init__(self, environment: str, distinct_id: str, tokens: Tokens | None) -> None:
        ids = [distinct_id]
        if tokens is not None:
            ids += [tokens.of_subject(environment, distinct_id), tokens.of_device(environment, distinct_id)]
        self.texts = frozenset(map(json_text, ids))


def trace(folder: TrafficFolder, subject: Subject) -> Trace:
    """How many segments hold the subject, and how many checks of it count. Raises Unavailable for a damaged one."""
    manifests = _manifests(folder)
    replaced = {old for manifest in manifests for old in manifest.replaces}
    holding = [manifest for manifest in manifests if _holds(folder.segment(manifest.id), manifest, subject)]
    checks = 0
    for manifest in holding:
        if manifest.id not in replaced:
            check_files(folder, [manifest])
            with merged(folder, [manifest]) as segment:
                checks += int(_doomed(segment, subject)[segment.rows(0, LOG)["context"]].sum())
    return Trace(segments=len(holding), checks=checks)


def forget(folder: TrafficFolder, subject: Subject, now: datetime) -> Forgotten:
    """Deletes the subject from everything under the folder. Waits for a compaction that runs.

    Raises Unavailable for a segment that is damaged or cannot be written; what was done until then stays done.
    """
    if not folder.root.exists():
        return Forgotten()
    rewritten: list[str] = []
    deleted: list[str] = []
    with _alone(folder):
        for _ in range(MOST_ROUNDS):  # a server may have written another segment meanwhile
            done = _forget_once(folder, subject, rewritten)
            deleted += done
            if not done:
                break
        shutil.rmtree(folder.recordings, ignore_errors=True)
        quarantined = _clear_quarantine(folder, subject)
        unfinished = _clear_unfinished(folder, now)
    return Forgotten(rewritten=tuple(rewritten), deleted=tuple(deleted), quarantined=quarantined, unfinished=unfinished)


@contextmanager
def _alone(folder: TrafficFolder) -> Iterator[None]:
    """Keeps compaction out: it could merge what is just being deleted."""
    with (folder.root / "compaction.lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _manifests(folder: TrafficFolder) -> list[SegmentManifest]:
    found = []
    for segment in folder.segment_ids():
        try:
            found.append(read_manifest(folder, segment))
        except Unavailable:
            if folder.segment(segment).exists():
                raise
    return found


def _forget_once(folder: TrafficFolder, subject: Subject, rewritten: list[str]) -> list[str]:
    """Replaces and deletes the segments that hold the subject now; returns those deleted."""
    manifests = _manifests(folder)
    replaced = {old for manifest in manifests for old in manifest.replaces}
    holding = [manifest for manifest in manifests if _holds(folder.segment(manifest.id), manifest, subject)]
    for manifest in holding:
        if manifest.id not in replaced:
            check_files(folder, [manifest])
            with merged(folder, [manifest]) as segment:
                content = _without(segment, subject)
            if content is not None:
                rewritten.append(_write(folder, content))
    # Those that a bigger one replaces go first: if they outlived it, their checks would count again.
    for manifest in sorted(holding, key=lambda manifest: len(manifest.replaces)):
        try:
            delete_segment(folder, manifest.id)
        except FileNotFoundError:
            continue  # pruned meanwhile
    return [manifest.id for manifest in holding]


def _write(folder: TrafficFolder, content: Content) -> str:
    try:
        return write_segment(folder, content).id
    except (OSError, duckdb.Error) as error:
        raise Unavailable(
            f"A segment without the subject cannot be written: {str(error).splitlines()[0]}.",
            hint="Make room and run the same command again: it goes on where it stopped.",
            code="DISK_REFUSED",
            place=str(folder.root),
        ) from error


def _holds(path: Path, manifest: SegmentManifest, subject: Subject) -> bool:
    """Whether a dictionary that belongs to subjects has the id. Raises Unavailable if it cannot be read."""
    try:
        with engine() as connection:
            parameters = {"path": str(path / DICTIONARIES), "texts": sorted(subject.texts)}
            columns = [number for (number,) in connection.execute(FIND, parameters).fetchall()]
    except duckdb.Error as error:
        if not path.exists():
            return False
        raise Unavailable(
            "The segment's dictionaries cannot be read, so nobody can tell whether it holds the subject.",
            hint=f"Run `drysail traffic quarantine {manifest.id}`, then this command again.",
            code="SNAPSHOT_CORRUPT",
            place=str(path / DICTIONARIES),
        ) from error
    return any(manifest.columns[number].kind in HOLDING for number in columns)


def _doomed(segment: Merged, subject: Subject) -> NDArray[np.bool_]:
    """By context: whether it is the subject's, or was asked from a device of that id."""
    doomed = np.zeros(segment.contexts.size, dtype=bool)
    for name in (SUBJECT, DEVICE):
        doomed |= _is_id(segment.contexts.codes[name], segment.dictionaries.texts(name), subject)
    return doomed


def _is_id(codes: Codes, texts: Sequence[str], subject: Subject) -> NDArray[np.bool_]:
    return np.isin(codes, [code for code, text in enumerate(texts) if text in subject.texts])


def _without(segment: Merged, subject: Subject) -> Content | None:
    """The segment without the subject's checks, and without any value that only they had; None if nothing is left."""
    stays = ~_doomed(segment, subject)
    codes = {name: of_column[stays] for name, of_column in segment.contexts.codes.items()}
    for name in codes:
        if name.kind in ("property", "group_property"):
            is_id = _is_id(codes[name], segment.dictionaries.texts(name), subject)
            codes[name] = np.where(is_id, np.int32(REDACTED_CODE), codes[name])
    runs = sorted_runs(list(codes.values()))
    places = np.full(len(stays), -1, dtype=np.int32)
    places[stays] = runs.places()
    log, buckets = (_moved(segment.rows(0, table), places) for table in (LOG, BUCKETS))
    if not len(log["at"]):
        return None
    distinct = sorted_runs([buckets["flag"], buckets["context"]]).firsts
    buckets = {name: column[distinct] for name, column in buckets.items()}
    left = {name: of_column[runs.firsts] for name, of_column in codes.items()}
    return _content(segment, left, log, buckets)


def _moved(rows: Mapping[str, NDArray[Any]], places: Codes) -> dict[str, NDArray[Any]]:
    """The rows of contexts that stay, with their new numbers."""
    context = places[rows["context"]]
    stays = context >= 0
    return {name: (context if name == "context" else column)[stays] for name, column in rows.items()}


def _content(
    segment: Merged, codes: Mapping[ColumnName, Codes], log: dict[str, Any], buckets: dict[str, Any]
) -> Content:
    manifest = segment.parts[0].manifest
    columns: list[ColumnName] = []
    texts: list[list[str]] = []
    context_codes: list[Codes] = []
    for name, of_column in codes.items():
        if name in (SUBJECT, DEVICE) or (of_column != MISSING_CODE).any():
            used = np.unique(of_column[of_column >= 0])
            columns.append(name)
            texts.append(_texts(segment, name, used))
            context_codes.append(np.where(of_column < 0, of_column, np.searchsorted(used, of_column)).astype(np.int32))
    for kind in LOG_KINDS:
        tables = [table for table in (log, buckets) if kind in table]
        used = np.unique(np.concatenate([table[kind] for table in tables]))
        columns.append(ColumnName(kind=kind))
        texts.append(_texts(segment, ColumnName(kind=kind), used))
        for table in tables:
            table[kind] = np.searchsorted(used, table[kind]).astype(np.int32)
    return Content(
        origin=replace(common_origin(manifest), source="deletion"),
        columns=tuple(columns),
        texts=texts,
        codes=np.stack(context_codes),
        log=log,
        buckets=buckets,
        dropped=manifest.dropped,
        replaces=tuple(sorted({manifest.id, *manifest.replaces})),
    )


def _texts(segment: Merged, name: ColumnName, used: NDArray[Any]) -> list[str]:
    texts = segment.dictionaries.texts(name)
    return [texts[code] for code in used.tolist()]


def _clear_quarantine(folder: TrafficFolder, subject: Subject) -> int:
    """Deletes quarantined segments that hold the subject or cannot be read; the notes about them stay."""
    paths = [path for path in folder.quarantine.iterdir() if path.is_dir()] if folder.quarantine.exists() else []
    doomed = [path for path in paths if _may_hold(path, subject)]
    for path in doomed:
        shutil.rmtree(path)
    return len(doomed)


def _may_hold(path: Path, subject: Subject) -> bool:
    try:
        fields = (path / MANIFEST).read_bytes()
        # In quarantine, a segment may lie under another name than its own.
        manifest = parse_manifest(fields, path.with_name(path.name.partition(".")[0]) / MANIFEST)
        return _holds(path, manifest, subject)
    except (OSError, Unavailable):
        return True


def _clear_unfinished(folder: TrafficFolder, now: datetime) -> int:
    """Deletes what dead processes left half written; returns how many things may belong to living ones."""
    paths: Collection[Path] = list(folder.writing.iterdir()) if folder.writing.exists() else ()
    imports = folder.root / "imports"
    paths = [*paths, *imports.glob("*.work*")] if imports.exists() else paths
    alive = 0
    for path in paths:
        touched = max((each.stat().st_mtime for each in (path, *path.rglob("*"))), default=0.0)
        if datetime.fromtimestamp(touched, UTC) > now - DEAD_AFTER:
            alive += 1
        elif path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)
    return alive
