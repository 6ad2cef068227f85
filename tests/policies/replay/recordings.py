"""Recordings made by hand: what a snapshot holds after a recorder saw these contexts and answers."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import numpy as np

from evaluator import Context
from evaluator.context import MISSING, Mark
from policies.impact import FlagValue, Provenance, TrafficFacts
from policies.replay.recording import Answers, Column, Recording
from policies.replay.texts import Texts

RecordedAnswer = tuple[int, FlagValue, int, int]
"""(context, value, revision, checks)"""

RECORDED_AT = datetime(2026, 6, 15, 12, 0, tzinfo=UTC)


def recording_of(
    contexts: Sequence[Context],
    answers: Mapping[str, Sequence[RecordedAnswer]] | None = None,
    *,
    kept: frozenset[str] | None = None,
    provenance: Provenance = "recorded",
    recorded_at: datetime = RECORDED_AT,
) -> Recording:
    """A recording of these contexts, in this order."""
    answers = answers or {}
    names = _names(context.properties for context in contexts)
    types = _names([*(context.groups for context in contexts), *(context.group_properties for context in contexts)])
    facts = TrafficFacts(
        snapshot="sn_test",
        digest="0" * 64,
        environment="production",
        provenance=provenance,
        first_at=recorded_at,
        newest_at=recorded_at,
        largest_gap_seconds=0,
        subjects=len({context.distinct_id for context in contexts}),
        contexts=len(contexts),
        checks=sum(row[3] for rows in answers.values() for row in rows),
        dropped=0,
        sampled_ppm=1_000_000,
    )
    return Recording(
        facts=facts,
        subjects=column_of([context.distinct_id for context in contexts]),
        device_ids=column_of([MISSING if context.device_id is None else context.device_id for context in contexts]),
        properties={name: column_of([context.properties.get(name, MISSING) for context in contexts]) for name in names},
        groups={name: column_of([context.groups.get(name, MISSING) for context in contexts]) for name in types},
        group_properties={name: _group_columns(contexts, name) for name in types},
        answers={flag: _answers(rows, recorded_at) for flag, rows in answers.items()},
        kept_properties=kept,
    )


def column_of(values: Sequence[Any]) -> Column:
    """The values as a dictionary and codes. 1, 1.0, True and "1" stay apart."""
    codes: dict[object, int] = {}
    distinct: list[Any] = []
    numbers = []
    for value in values:
        key = value if isinstance(value, Mark) else json.dumps(value, sort_keys=True)
        if key not in codes:
            codes[key] = len(distinct)
            distinct.append(value)
        numbers.append(codes[key])
    return Column(np.array(numbers, dtype=np.int32), tuple(distinct))


def as_stored(recording: Recording) -> Recording:
    """The same recording in the form in which one comes from disk: values as texts, marks first, narrow codes."""

    def stored(columns: Mapping[str, Column]) -> dict[str, Column]:
        return {name: _stored(column) for name, column in columns.items()}

    return replace(
        recording,
        subjects=_stored(recording.subjects),
        device_ids=_stored(recording.device_ids),
        properties=stored(recording.properties),
        groups=stored(recording.groups),
        group_properties={name: stored(columns) for name, columns in recording.group_properties.items()},
    )


def _stored(column: Column) -> Column:
    codes = sorted(range(len(column.values)), key=lambda code: not isinstance(column.values[code], Mark))
    marks = [value for value in column.values if isinstance(value, Mark)]
    texts = [json.dumps(column.values[code], separators=(",", ":")) for code in codes[len(marks) :]]
    block = np.frombuffer("".join(texts).encode("ascii"), dtype=np.uint8)
    places = np.argsort(np.array(codes, dtype=np.intp))
    narrow = np.int8 if len(codes) < 128 else np.int16
    return Column(places[column.codes].astype(narrow), Texts(marks, block, np.cumsum([0, *map(len, texts)])))


def part_of(recording: Recording, rows: Sequence[int]) -> Recording:
    """Some of the contexts of a recording, with their answers."""
    chosen = np.array(rows, dtype=np.intp)
    places = np.full(recording.size, -1, dtype=np.int32)
    places[chosen] = np.arange(len(chosen), dtype=np.int32)

    def cut(columns: Mapping[str, Column]) -> dict[str, Column]:
        return {name: Column(column.codes[chosen], column.values) for name, column in columns.items()}

    return Recording(
        facts=recording.facts,
        subjects=cut({"": recording.subjects})[""],
        device_ids=cut({"": recording.device_ids})[""],
        properties=cut(recording.properties),
        groups=cut(recording.groups),
        group_properties={name: cut(columns) for name, columns in recording.group_properties.items()},
        answers={flag: _cut_answers(answers, places) for flag, answers in recording.answers.items()},
        buckets=recording.buckets,
        kept_properties=recording.kept_properties,
    )


def _names(mappings: Iterable[Mapping[str, Any]]) -> list[str]:
    return sorted({name for mapping in mappings for name in mapping})


def _group_columns(contexts: Sequence[Context], group_type: str) -> dict[str, Column]:
    rows = [context.group_properties.get(group_type, {}) for context in contexts]
    return {name: column_of([row.get(name, MISSING) for row in rows]) for name in _names(rows)}


def _answers(rows: Sequence[RecordedAnswer], at: datetime) -> Answers:
    values: list[FlagValue] = []
    for _, value, _, _ in rows:
        if not any(value is known or (value == known and type(value) is type(known)) for known in values):
            values.append(value)
    microseconds = np.full(len(rows), round(at.timestamp() * 1_000_000), dtype=np.int64)
    return Answers(
        contexts=np.array([context for context, *_ in rows], dtype=np.int32),
        values=tuple(values),
        codes=np.array([values.index(value) for _, value, _, _ in rows], dtype=np.int32),
        revisions=np.array([revision for _, _, revision, _ in rows], dtype=np.int64),
        checks=np.array([checks for *_, checks in rows], dtype=np.int64),
        first_us=microseconds,
        last_us=microseconds,
    )


def _cut_answers(answers: Answers, places: Any) -> Answers:
    kept = places[answers.contexts] >= 0
    return Answers(
        contexts=places[answers.contexts[kept]],
        values=answers.values,
        codes=answers.codes[kept],
        revisions=answers.revisions[kept],
        checks=answers.checks[kept],
        first_us=answers.first_us[kept],
        last_us=answers.last_us[kept],
    )
