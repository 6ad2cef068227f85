"""Recorded traffic as columns: each distinct context once, each distinct value once."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evaluator.context import MISSING, REDACTED, Context, JsonValue, Mark
from policies.impact import FlagValue, TrafficFacts

NOT_RECORDED = np.uint64(2**64 - 1)
"""Stands in a bucket column where the evaluator had no need to hash."""


@dataclass(frozen=True, slots=True)
class Column:
    """A dictionary-encoded column: ``values[codes[i]]`` is the value of context ``i``.

    ``MISSING``, ``REDACTED`` and an explicit null (``None``) are three different values. Codes are of any width; the
    values of a recording from disk are ``texts.Texts``.
    """

    codes: NDArray[np.signedinteger[Any]]
    values: Sequence[JsonValue | Mark]


@dataclass(frozen=True, slots=True)
class Answers:
    """What was answered for one flag: one row per distinct (context, value, revision).

    ``contexts`` indexes the recording's contexts; ``codes`` indexes ``values``; ``revisions`` is the environment's
    revision that answered (0 = not recorded); ``checks`` says how often; times are UTC microseconds since 1970.
    """

    contexts: NDArray[np.signedinteger[Any]]
    values: Sequence[FlagValue]
    codes: NDArray[np.signedinteger[Any]]
    revisions: NDArray[np.signedinteger[Any]]
    checks: NDArray[np.signedinteger[Any]]
    first_us: NDArray[np.int64]
    last_us: NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Recording:
    """One snapshot in memory.

    All columns have one entry per distinct context. ``groups`` maps a group type name to the column of group
    keys; ``group_properties`` maps it to that group's property columns. ``buckets`` maps (flag key, ``"rollout"`` or
    ``"variant"``) to the 60-bit hashes that the evaluator computed when it answered, ``NOT_RECORDED`` elsewhere;
    they are hashes of the distinct id, never of a device or a group, and have one entry per value of ``subjects``.

    ``kept_properties`` are the names that every part of the recording kept, of persons and groups alike (None: all
    were). Ask ``column`` for a property that has no column: nobody sent it, or it was not kept.
    """

    facts: TrafficFacts
    subjects: Column
    device_ids: Column
    properties: Mapping[str, Column]
    groups: Mapping[str, Column]
    group_properties: Mapping[str, Mapping[str, Column]]
    answers: Mapping[str, Answers]
    buckets: Mapping[tuple[str, str], NDArray[np.uint64]] = field(default_factory=dict)
    kept_properties: frozenset[str] | None = None
    findings: dict[str, object] = field(init=False, default_factory=dict, repr=False, compare=False)
    """What replays keep for the next one (see ``ground``); a changed copy starts with none."""

    @property
    def size(self) -> int:
        """Number of distinct contexts."""
        return len(self.subjects.codes)

    def column(self, name: str, group_type: str | None = None) -> Column:
        """The column of a person's property, or of a group's.

        Where there is none, all values are ``MISSING`` (nobody sent it), or ``REDACTED`` if it may have been sent
        but was not kept.
        """
        columns = self.properties if group_type is None else self.group_properties.get(group_type, {})
        if (column := columns.get(name)) is not None:
            return column
        kept = self.kept_properties is None or name in self.kept_properties
        return Column(np.zeros(self.size, dtype=np.int32), (MISSING if kept else REDACTED,))

    def covering(self, asked: Iterable[tuple[str | None, str]]) -> "Recording":
        """The same recording with a column for each (group type or None, property name).

        After that, ``context`` shows unkept properties as ``REDACTED`` to whoever asks for no others.
        """
        properties = dict(self.properties)
        group_properties = {group: dict(columns) for group, columns in self.group_properties.items()}
        for group_type, name in asked:
            columns = properties if group_type is None else group_properties.setdefault(group_type, {})
            columns[name] = self.column(name, group_type)
        return replace(self, properties=properties, group_properties=group_properties)

    def context(self, index: int) -> Context:
        """Context ``index`` as the scalar evaluator takes it."""

        def row(columns: Mapping[str, Column]) -> dict[str, Any]:
            values = ((name, column.values[column.codes[index]]) for name, column in columns.items())
            return {name: value for name, value in values if value is not MISSING}

        device_id = self.device_ids.values[self.device_ids.codes[index]]
        return Context(
            distinct_id=str(self.subjects.values[self.subjects.codes[index]]),
            properties=row(self.properties),
            groups=row(self.groups),
            group_properties={name: row(columns) for name, columns in self.group_properties.items()},
            device_id=None if device_id is MISSING else device_id,
        )
