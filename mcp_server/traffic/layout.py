"""Where traffic lies in a home, and what its folders are called."""

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from mcp_server.services.errors import InvalidInput

MANIFEST = "manifest.json"
CONTEXTS = "contexts.parquet"
DICTIONARIES = "dictionaries.parquet"
LOG = "log.parquet"
BUCKETS = "buckets.parquet"

TABLE_COLUMNS: Mapping[str, Mapping[str, str]] = {
    LOG: {"at": "i8", "flag": "i4", "context": "i4", "value": "i4", "revision": "i8", "sdk": "i4"},
    BUCKETS: {"flag": "i4", "context": "i4", "rollout": "u8", "variant": "u8"},
}
"""Names and types of the columns that every segment's table has; contexts have columns of their own."""

LONGEST_FOLDER_NAME = 200


@dataclass(frozen=True, slots=True)
class TrafficFolder:
    """The traffic of one environment: ``<home>/traffic/<environment>/``.

    ``segments`` holds complete segments only; one is built in ``writing`` and moved there in one step.
    ``recordings`` holds what replays read, made of the segments (see ``prepared``).
    ``quarantine`` holds damaged segments that somebody moved aside.
    """

    root: Path

    @classmethod
    def of(cls, home: Path, environment: str) -> "TrafficFolder":
        """The folder of an environment, whatever characters its name has. Raises InvalidInput for an unusable name."""
        name = quote(environment, safe="", errors="surrogatepass")
        if name.startswith("."):
            name = "%2E" + name[1:]
        if not name or len(name) > LONGEST_FOLDER_NAME:
            raise InvalidInput(
                f"An environment called {environment[:40]!r} cannot keep traffic: its name is empty or too long.",
                hint=f"Use at most {LONGEST_FOLDER_NAME} letters, digits or dashes.",
            )
        return cls(home / "traffic" / name)

    @property
    def segments(self) -> Path:
        return self.root / "segments"

    @property
    def writing(self) -> Path:
        return self.root / "writing"

    @property
    def recordings(self) -> Path:
        return self.root / "recordings"

    @property
    def quarantine(self) -> Path:
        return self.root / "quarantine"

    def segment(self, segment_id: str) -> Path:
        return self.segments / segment_id

    def segment_ids(self) -> Iterator[str]:
        """The complete segments, in the order of their names, which start with the time of their first check."""
        try:
            names = os.listdir(self.segments)
        except FileNotFoundError:
            return
        yield from sorted(name for name in names if name.startswith("seg_"))


def sync_folder(path: Path) -> None:
    """Makes the names in a folder survive a power cut."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
