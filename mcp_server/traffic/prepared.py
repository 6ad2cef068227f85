"""A snapshot's recording as a replay reads it: one file of arrays, mapped into memory, beside the segments.

It holds nothing that the segments do not hold, and can be made of them again. What makes it worth having is that
merging the segments of ten million checks takes seconds, and mapping this file a twentieth of one.
"""

import json
import mmap
import os
import shutil
from collections.abc import Collection, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from secrets import token_hex
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from evaluator.context import MISSING, REDACTED
from mcp_server.traffic.assembly import NOBODYS_FACTS
from mcp_server.traffic.layout import TrafficFolder, sync_folder
from policies.replay.recording import NOT_RECORDED, Answers, Column, Recording
from policies.replay.texts import Texts

FORMAT: Final = 1
HEADER: Final = "recording.json"
ARRAYS: Final = "recording.bin"

KEPT: Final = 2
"""Prepared recordings per environment; those of older snapshots are made again when somebody asks for them."""

_ALIGNED: Final = 64
_PIECE: Final = 1 << 24
_MARKS: Final = {"redacted": REDACTED, "missing": MISSING}

Array = NDArray[Any]


@dataclass(frozen=True, slots=True)
class Prepared:
    """A prepared recording on disk. ``sha256`` is that of its header, which holds those of the arrays."""

    key: str
    sha256: str


def write_prepared(folder: TrafficFolder, key: str, recording: Recording, segments: Sequence[str]) -> Prepared:
    """Writes the recording of these segments under this key and forgets all but the newest ones. Raises OSError."""
    folder.writing.mkdir(mode=0o700, parents=True, exist_ok=True)
    folder.recordings.mkdir(mode=0o700, parents=True, exist_ok=True)
    building = folder.writing / token_hex(8)
    building.mkdir(mode=0o700)
    try:
        arrays = _Arrays()
        content = _described(recording, arrays)
        pieces = arrays.write(building / ARRAYS)
        header = {"format": FORMAT, "segments": list(segments), "pieces": pieces, "arrays": arrays.places, **content}
        text = json.dumps(header, indent=1).encode()
        checksum = sha256(text).hexdigest()
        _write(building / HEADER, [text, b"\n", checksum.encode()])
        sync_folder(building)
        _put(building, folder.recordings / key)
        sync_folder(folder.recordings)
    finally:
        shutil.rmtree(building, ignore_errors=True)
    _forget_old(folder, key)
    return Prepared(key, checksum)


def read_prepared(folder: TrafficFolder, prepared: Prepared) -> Recording | None:
    """The recording, every byte checked; None if it is not there as it was written. It has nobody's facts."""
    path = folder.recordings / prepared.key
    try:
        text, _, written = (path / HEADER).read_bytes().rpartition(b"\n")
        if not sha256(text).hexdigest() == written.decode("ascii", "replace") == prepared.sha256:
            return None
        header = json.loads(text)
        if header["format"] != FORMAT:
            return None
        block = _mapped(path / ARRAYS, header["pieces"])
    except OSError:
        return None
    return None if block is None else _recording(header, block)


def find_prepared(folder: TrafficFolder, key: str) -> tuple[Recording, Prepared] | None:
    """The recording that was prepared under this key, if it is there and whole."""
    try:
        written = (folder.recordings / key / HEADER).read_bytes().rpartition(b"\n")[2]
    except OSError:
        return None
    prepared = Prepared(key, written.decode("ascii", "replace"))
    recording = read_prepared(folder, prepared)
    return None if recording is None else (recording, prepared)


def forget_prepared(folder: TrafficFolder, segments: Collection[str]) -> None:
    """Deletes the recordings of segments that are gone."""
    if not folder.recordings.exists():
        return
    for path in folder.recordings.iterdir():
        try:
            made_of = json.loads((path / HEADER).read_bytes().rpartition(b"\n")[0])["segments"]
        except (OSError, ValueError, KeyError, TypeError):
            made_of = segments
        if not set(segments).isdisjoint(made_of):
            shutil.rmtree(path, ignore_errors=True)


class _Buckets(Mapping[tuple[str, str], NDArray[np.uint64]]):
    """Recorded hashes, spread over all subjects only when somebody asks for those of a flag."""

    def __init__(self, known: Mapping[tuple[str, str], tuple[int, Array, Array]]) -> None:
        self._known = known

    def __getitem__(self, key: tuple[str, str]) -> NDArray[np.uint64]:
        subjects, codes, hashes = self._known[key]
        column = np.full(subjects, NOT_RECORDED, dtype=np.uint64)
        column[codes] = hashes
        return column

    def __iter__(self) -> Iterator[tuple[str, str]]:
        return iter(self._known)

    def __len__(self) -> int:
        return len(self._known)


class _Arrays:
    """Arrays side by side in one file."""

    def __init__(self) -> None:
        self.places: list[tuple[str, int, int]] = []
        self._arrays: list[Array] = []
        self._end = 0

    def add(self, array: Array) -> int:
        """Puts the array in line; returns its number."""
        array = np.ascontiguousarray(array, dtype=array.dtype.newbyteorder("<"))
        self.places.append((array.dtype.str, self._end, len(array)))
        self._arrays.append(array)
        self._end += -(-array.nbytes // _ALIGNED) * _ALIGNED
        return len(self.places) - 1

    def write(self, path: Path) -> list[str]:
        """Writes them; returns the checksum of each piece of the file."""
        return _write(path, self._bytes())

    def _bytes(self) -> Iterator[Any]:
        for array in self._arrays:
            yield array.data.cast("B") if len(array) else b""
            yield bytes(-array.nbytes % _ALIGNED)


def _write(path: Path, parts: Any) -> list[str]:
    checksums, current, room = [], sha256(), _PIECE
    with path.open("xb") as file:
        os.fchmod(file.fileno(), 0o600)
        for part in parts:
            file.write(part)
            rest = memoryview(part)
            while len(rest):
                current.update(rest[:room])
                taken = min(room, len(rest))
                rest, room = rest[taken:], room - taken
                if not room:
                    checksums.append(current.hexdigest())
                    current, room = sha256(), _PIECE
        file.flush()
        os.fsync(file.fileno())
    return [*checksums, current.hexdigest()] if room < _PIECE else checksums


def _put(building: Path, target: Path) -> None:
    """Takes the place of whatever is there: a damaged one, or an equal one of another process."""
    if target.exists():
        target.rename(building.with_name(f"{building.name}-old"))
        shutil.rmtree(building.with_name(f"{building.name}-old"), ignore_errors=True)
    building.rename(target)


def _forget_old(folder: TrafficFolder, key: str) -> None:
    others = [path for path in folder.recordings.iterdir() if path.name != key]
    others.sort(key=lambda path: (path.stat().st_mtime_ns, path.name), reverse=True)
    for path in others[KEPT - 1 :]:
        shutil.rmtree(path, ignore_errors=True)


def _mapped(path: Path, pieces: list[str]) -> Array | None:
    with path.open("rb") as file:
        size = os.fstat(file.fileno()).st_size
        if -(-size // _PIECE) != len(pieces):
            return None
        if not size:
            return np.empty(0, dtype=np.uint8)
        block = np.frombuffer(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ), dtype=np.uint8)
    with ThreadPoolExecutor() as threads:
        sums = threads.map(lambda place: sha256(block[place : place + _PIECE].data).hexdigest(), range(0, size, _PIECE))
        return block if list(sums) == pieces else None


def _described(recording: Recording, arrays: _Arrays) -> dict[str, Any]:
    def column(column: Column) -> dict[str, Any]:
        texts = column.values
        if not isinstance(texts, Texts):
            raise TypeError("a recording to prepare has its values as texts")
        marks = [name for name, mark in _MARKS.items() if mark in texts.marks]
        return {
            "codes": arrays.add(_narrow(column.codes)),
            "marks": marks,
            "block": arrays.add(texts.block),
            "bounds": arrays.add(_narrow(texts.bounds)),
        }

    def columns(of: Mapping[str, Column]) -> dict[str, Any]:
        return {name: column(each) for name, each in of.items()}

    def bucket(hashes: NDArray[np.uint64]) -> tuple[int, int, int]:
        """How many subjects there are, whose hash is known, and what it is."""
        known = np.flatnonzero(hashes != NOT_RECORDED)
        return len(hashes), arrays.add(_narrow(known)), arrays.add(hashes[known])

    names = ("contexts", "codes", "revisions", "checks", "first_us", "last_us")
    kept = recording.kept_properties
    return {
        "kept_properties": None if kept is None else sorted(kept),
        "subjects": column(recording.subjects),
        "device_ids": column(recording.device_ids),
        "properties": columns(recording.properties),
        "groups": columns(recording.groups),
        "group_properties": {group: columns(of) for group, of in recording.group_properties.items()},
        "answers": {
            flag: {
                "values": list(answers.values),
                **{name: arrays.add(_narrow(getattr(answers, name), name)) for name in names},
            }
            for flag, answers in recording.answers.items()
        },
        "buckets": [[*key, *bucket(hashes)] for key, hashes in recording.buckets.items()],
    }


def _narrow(numbers: Array, name: str = "") -> Array:
    """In the narrowest signed type that holds them; times stay as they are."""
    if name.endswith("_us") or not len(numbers):
        return numbers
    low, high = int(numbers.min()), int(numbers.max())
    fitting = (kind for kind in ("i1", "i2", "i4", "i8") if np.iinfo(kind).min <= low and high <= np.iinfo(kind).max)
    return numbers.astype(next(fitting))


def _recording(header: Mapping[str, Any], block: Array) -> Recording:
    def array(number: int) -> Array:
        kind, start, length = header["arrays"][number]
        return block[start : start + length * np.dtype(kind).itemsize].view(kind)

    def column(entry: Mapping[str, Any]) -> Column:
        marks = [_MARKS[name] for name in entry["marks"]]
        return Column(array(entry["codes"]), Texts(marks, array(entry["block"]), array(entry["bounds"])))

    def columns(entries: Mapping[str, Any]) -> dict[str, Column]:
        return {name: column(entry) for name, entry in entries.items()}

    def answers(entry: Mapping[str, Any]) -> Answers:
        arrays = {name: array(number) for name, number in entry.items() if name != "values"}
        return Answers(values=tuple(entry["values"]), **arrays)

    kept = header["kept_properties"]
    return Recording(
        facts=NOBODYS_FACTS,
        subjects=column(header["subjects"]),
        device_ids=column(header["device_ids"]),
        properties=columns(header["properties"]),
        groups=columns(header["groups"]),
        group_properties={group: columns(entries) for group, entries in header["group_properties"].items()},
        answers={flag: answers(entry) for flag, entry in header["answers"].items()},
        buckets=_Buckets(
            {
                (flag, kind): (subjects, array(known), array(hashes))
                for flag, kind, subjects, known, hashes in header["buckets"]
            }
        ),
        kept_properties=None if kept is None else frozenset(kept),
    )
