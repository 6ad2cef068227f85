"""Drysail's Parquet form: one row per check, properties typed, everything that types cannot say beside them.

``docs/traffic.md`` describes the columns for people who read such files with other tools. The file's metadata entry
``drysail_traffic`` holds what ``Form`` says, as JSON.
"""

from typing import Literal

from mcp_server.services.record import Record
from mcp_server.traffic.draft import Origin
from mcp_server.traffic.manifest import NOTHING_WITHHELD, ColumnName, Redaction
from policies.impact import Provenance

FORMAT = 1
METADATA_KEY = "drysail_traffic"

ColumnType = Literal["text", "integer", "number", "boolean", "json"]

SQL_TYPE: dict[ColumnType, str] = {
    "text": "VARCHAR",
    "integer": "BIGINT",
    "number": "DOUBLE",
    "boolean": "BOOLEAN",
    "json": "VARCHAR",
}


class FormColumn(Record):
    """One column of contexts: where it belongs, what it is called in the file, and how its values are written."""

    name: ColumnName
    label: str
    type: ColumnType


class Part(Record):
    """How the checks with this number in the column ``part`` were recorded; like a header among JSON lines."""

    provenance: Provenance
    kept: tuple[str, ...] | None
    sampled_ppm: int
    dropped: int
    redaction: Redaction = NOTHING_WITHHELD

    def origin(self, environment: str) -> Origin:
        """For a segment made of an import. Only ``synthetic`` is believed: the rest was not recorded here."""
        return Origin(
            environment=environment,
            provenance="synthetic" if self.provenance == "synthetic" else "reconstructed",
            source="import",
            kept=None if self.kept is None else frozenset(self.kept),
            sampled_ppm=self.sampled_ppm,
            redaction=self.redaction,
        )


class Form(Record):
    """What the file's metadata says."""

    format: int
    environment: str
    parts: tuple[Part, ...]
    columns: tuple[FormColumn, ...]


def label_of(name: ColumnName) -> str:
    """What a column of contexts is called in a file, and in a mapping."""
    return {
        "subject": "distinct_id",
        "device": "device_id",
        "property": f"property.{name.name}",
        "group": f"group.{name.group}",
        "group_property": f"group_property.{name.group}.{name.name}",
    }[name.kind]
