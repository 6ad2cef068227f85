"""Recorded traffic as columns: each distinct context once, each distinct value once."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evaluator.context import MISSING, Context, JsonValue, Mark
from policies.impact import FlagValue, TrafficFacts

NOT_RECORDED = np.uint64(2**64 - 1)
"""Stands in a bucket column where the evaluator had no need to hash."""


@dataclass(frozen=True, slots=True)
class Column:
    """A dictionary-encoded column: ``values[codes[i]]`` is the value of context ``i``.

    ``MISSING``, ``REDACTED`` and an explicit null (``None``) are three different values.
    """

    codes: NDArray[np.int32]
    values: Sequence[JsonValue | Mark]


@dataclass(frozen=True, slots=True)
class Answers:
    """What was answered for one flag: one row per distinct (context, value, revision).

    ``contexts`` indexes the recording's contexts; ``codes`` indexes ``values``; ``revisions`` is the environment's
    revision that answered (0 = not recorded); ``checks`` says how often; times are UTC microseconds since 1970.
    """

    contexts: NDArray[np.int32]
    values: Sequence[FlagValue]
    codes: NDArray[np.int32]
    revisions: NDArray[np.int64]
    checks: NDArray[np.int64]
    first_us: NDArray[np.int64]
    last_us: NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Recording:
    """One snapshot in memory.

    All columns have one entry per distinct context. ``groups`` maps a group type name to the column of group
    keys; ``group_properties`` maps it to that group's property columns. ``buckets`` maps (flag key, ``"rollout"`` or
    ``"variant"``) to the 60-bit hashes that the evaluator computed when it answered, ``NOT_RECORDED`` elsewhere.
    """

    facts: TrafficFacts
    subjects: Column
    device_ids: Column
    properties: Mapping[str, Column]
    groups: Mapping[str, Column]
    group_properties: Mapping[str, Mapping[str, Column]]
    answers: Mapping[str, Answers]
    buckets: Mapping[tuple[str, str], NDArray[np.uint64]] = field(default_factory=dict)

    @property
    def size(self) -> int:
        """Number of distinct contexts."""
        return len(self.subjects.codes)

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
