"""Counting what a snapshot holds."""

import json
from collections import Counter
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from evaluator.context import MISSING, REDACTED, Mark
from mcp_server.services.statistics import DailyVolume, Gap, PropertyCoverage, TrafficStatistics, ValueCount
from mcp_server.traffic.manifest import SegmentManifest, moment_of
from mcp_server.traffic.packing import sorted_runs
from mcp_server.traffic.profile import gaps, merge_periods
from policies.replay.recording import Column, Recording

MOST_GAPS = 20


def summarise(recording: Recording, manifests: Sequence[SegmentManifest], top: int) -> TrafficStatistics:
    """The statistics of a recording and of the segments that it came from, with ``top`` values of each property."""
    columns: list[tuple[str | None, Mapping[str, Column]]] = [(None, recording.properties)]
    columns += recording.group_properties.items()
    kept = recording.kept_properties
    return TrafficStatistics(
        facts=recording.facts,
        volume=_volume(manifests),
        sdks=dict(sorted(sum((Counter(manifest.sdks) for manifest in manifests), Counter()).items())),
        properties=tuple(
            _coverage(recording.subjects, (group_type, name), column, top)
            for group_type, of_group in columns
            for name, column in of_group.items()
        ),
        gaps=_longest_gaps(manifests),
        kept=None if kept is None else tuple(sorted(kept)),
    )


def _volume(manifests: Sequence[SegmentManifest]) -> tuple[DailyVolume, ...]:
    checks: Counter[tuple[object, ...]] = Counter()
    rows = {}
    for row in (row for manifest in manifests for row in manifest.volume):
        key = (row.day, row.flag, json.dumps(row.value))
        checks[key] += row.checks
        rows[key] = row
    return tuple(rows[key].model_copy(update={"checks": checks[key]}) for key in sorted(rows))


def _longest_gaps(manifests: Sequence[SegmentManifest]) -> tuple[Gap, ...]:
    found = gaps(merge_periods(period for manifest in manifests for period in manifest.busy))
    longest = sorted(found, key=lambda gap: (gap[0] - gap[1], gap[0]))[:MOST_GAPS]
    return tuple(
        Gap(start=moment_of(start), end=moment_of(end), seconds=(end - start) // 1_000_000) for start, end in longest
    )


def _coverage(subjects: Column, source: tuple[str | None, str], column: Column, top: int) -> PropertyCoverage:
    counts = _subjects_by_code(subjects.codes, column)
    marks = {value: code for code, value in enumerate(column.values) if isinstance(value, Mark)}
    present = [code for code in range(len(column.values)) if code not in marks.values()]
    has_value = np.isin(column.codes, present)
    most = sorted(present, key=lambda code: -counts[code])[:top]
    return PropertyCoverage(
        group_type=source[0],
        name=source[1],
        present=len(np.unique(subjects.codes[has_value])),
        missing=counts[marks[MISSING]] if MISSING in marks else 0,
        redacted=counts[marks[REDACTED]] if REDACTED in marks else 0,
        distinct_values=len(present),
        top=tuple(ValueCount(value=json.dumps(column.values[code]), subjects=counts[code]) for code in most),
    )


def _subjects_by_code(subjects: NDArray[np.int32], column: Column) -> list[int]:
    distinct = sorted_runs([column.codes, subjects]).firsts
    counts: list[int] = np.bincount(column.codes[distinct], minlength=len(column.values)).tolist()
    return counts
