"""Writing a segment so that it is there as a whole or not at all, and finding out when it is damaged."""

import os
import shutil
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from hashlib import file_digest
from pathlib import Path
from secrets import token_hex
from typing import Any

import numpy as np

from mcp_server.services.errors import Unavailable
from mcp_server.traffic.draft import Content
from mcp_server.traffic.layout import BUCKETS, CONTEXTS, DICTIONARIES, LOG, MANIFEST, TrafficFolder, sync_folder
from mcp_server.traffic.manifest import (
    FORMAT,
    FileSeal,
    SegmentManifest,
    moment_of,
    parse_manifest,
    redaction_digest,
    segment_id,
)
from mcp_server.traffic.profile import busy_periods, sdk_mix, volumes
from mcp_server.traffic.tables import Table, engine, write_table


def write_segment(folder: TrafficFolder, content: Content) -> SegmentManifest:
    """Writes a segment that holds at least one check. A segment of the same name has the same content and stays.

    The tables are written and synced first, then the manifest, and then one rename makes the segment visible: a
    process that dies on the way leaves at most a folder under ``writing``. Raises OSError or ``duckdb.Error``.
    """
    folder.writing.mkdir(mode=0o700, parents=True, exist_ok=True)
    folder.segments.mkdir(mode=0o700, parents=True, exist_ok=True)
    building = folder.writing / token_hex(8)
    building.mkdir(mode=0o700)
    try:
        manifest = _describe(content, _write_tables(building, content))
        _write_synced(building / MANIFEST, manifest.as_text().encode())
        sync_folder(building)
        _move_into_place(building, folder.segment(manifest.id))
        sync_folder(folder.segments)
    finally:
        shutil.rmtree(building, ignore_errors=True)
    return manifest


def read_manifest(folder: TrafficFolder, segment: str) -> SegmentManifest:
    """A segment's manifest. Raises Unavailable: gone, damaged or of a newer format."""
    path = folder.segment(segment) / MANIFEST
    try:
        return parse_manifest(path.read_bytes(), path)
    except OSError as error:
        raise segment_gone(path, error) from error


def check_files(folder: TrafficFolder, manifests: Sequence[SegmentManifest]) -> None:
    """Compares every file of these segments with its checksum. Raises Unavailable, naming the first bad file."""
    files = [(manifest.id, name, seal) for manifest in manifests for name, seal in manifest.files.items()]
    with ThreadPoolExecutor() as threads:
        list(threads.map(lambda file: _check_file(folder, *file), files))


def _check_file(folder: TrafficFolder, segment: str, name: str, seal: FileSeal) -> None:
    path = folder.segment(segment) / name
    try:
        found = _seal(path)
    except OSError as error:
        raise segment_gone(path, error) from error
    if found != seal:
        raise Unavailable(
            f"The file's checksum is wrong: it was written with {seal.bytes} bytes, SHA-256 {seal.sha256[:12]}…, "
            f"and now has {found.bytes} bytes, SHA-256 {found.sha256[:12]}….",
            hint=f"Restore it from a backup, or run `drysail traffic quarantine {segment}`, then snapshot.",
            code="SNAPSHOT_CORRUPT",
            place=str(path),
        )


def segment_gone(path: Path, error: OSError) -> Unavailable:
    """The error for a file of a segment that cannot be read."""
    return Unavailable(
        f"A file of the recorded traffic cannot be read: {error.strerror or error}.",
        hint="Restore it from a backup, or register a new snapshot and rebase what was judged on this one.",
        code="SNAPSHOT_GONE",
        place=str(path),
    )


def _write_tables(building: Path, content: Content) -> dict[str, FileSeal]:
    seals = {}
    with engine(threads=1) as connection:
        for name, table in _tables(content).items():
            path = building / name
            write_table(connection, path, table)
            path.chmod(0o600)
            with path.open("rb") as file:
                os.fsync(file.fileno())
            seals[name] = _seal(path)
    return seals


def _tables(content: Content) -> dict[str, Table]:
    """The tables by file name; most recorders know no hashes, and then there is no table of them."""
    lengths = [len(texts) for texts in content.texts]
    dictionaries: dict[str, Any] = {
        "column": np.repeat(np.arange(len(lengths), dtype=np.int32), lengths),
        "code": np.concatenate([np.arange(length, dtype=np.int32) for length in lengths]),
        "text": np.array([text for texts in content.texts for text in texts], dtype=object),
    }
    contexts = {f"c{number}": codes for number, codes in enumerate(content.codes)}
    tables = {CONTEXTS: contexts, DICTIONARIES: dictionaries, LOG: content.log}
    return {**tables, BUCKETS: content.buckets} if len(content.buckets["flag"]) else tables


def _describe(content: Content, files: dict[str, FileSeal]) -> SegmentManifest:
    origin, log = content.origin, content.log
    kept = None if origin.kept is None else tuple(sorted(origin.kept))
    manifest = SegmentManifest(
        format=FORMAT,
        id="",
        environment=origin.environment,
        provenance=origin.provenance,
        source=origin.source,
        first_at=moment_of(int(log["at"].min())),
        last_at=moment_of(int(log["at"].max())),
        checks=len(log["at"]),
        contexts=content.codes.shape[1],
        subjects=content.subjects,
        dropped=content.dropped,
        sampled_ppm=origin.sampled_ppm,
        kept=kept,
        redaction_digest=redaction_digest(kept, origin.redaction, origin.sampled_ppm),
        sdks=sdk_mix(content),
        volume=volumes(content),
        busy=busy_periods(log["at"]),
        columns=content.columns,
        files=files,
        replaces=content.replaces,
        redaction=origin.redaction,
    )
    return manifest.model_copy(update={"id": segment_id(manifest.model_dump(mode="json"))})


def _move_into_place(building: Path, target: Path) -> None:
    try:
        building.rename(target)
    except OSError:
        if not (target / MANIFEST).exists():
            raise


def _write_synced(path: Path, content: bytes) -> None:
    with path.open("xb") as file:
        os.fchmod(file.fileno(), 0o600)
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _seal(path: Path) -> FileSeal:
    with path.open("rb") as file:
        return FileSeal(sha256=file_digest(file, "sha256").hexdigest(), bytes=os.fstat(file.fileno()).st_size)
