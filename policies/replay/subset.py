"""A recording with fewer contexts: those of a time of day, or of a sample of the subjects."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from policies.replay.population import Mask
from policies.replay.recording import Answers, Column, Recording


def with_contexts(recording: Recording, kept: Mask) -> Recording:
    """The same recording with only the contexts that are ``kept``, and their answers. The facts are not touched."""

    def cut(columns: Mapping[str, Column]) -> dict[str, Column]:
        return {name: _cut(column, kept) for name, column in columns.items()}

    places = np.cumsum(kept, dtype=np.int32) - 1
    answers = {flag: _cut_answers(rows, kept, places) for flag, rows in recording.answers.items()}
    return replace(
        recording,
        subjects=_cut(recording.subjects, kept),
        device_ids=_cut(recording.device_ids, kept),
        properties=cut(recording.properties),
        groups=cut(recording.groups),
        group_properties={group: cut(columns) for group, columns in recording.group_properties.items()},
        answers={flag: rows for flag, rows in answers.items() if len(rows.contexts)},
    )


def asked_contexts(recording: Recording) -> Mask:
    """The contexts with at least one answer."""
    asked = np.zeros(recording.size, dtype=np.bool_)
    for answers in recording.answers.values():
        asked[answers.contexts] = True
    return asked


def contexts_of_subjects(recording: Recording, subjects: Mask) -> Mask:
    """The contexts of some subjects, who are named by their codes."""
    contexts: Mask = subjects[recording.subjects.codes]
    return contexts


def _cut(column: Column, kept: Mask) -> Column:
    return Column(column.codes[kept], column.values)


def _cut_answers(answers: Answers, kept: Mask, places: NDArray[np.int32]) -> Answers:
    rows = kept[answers.contexts]
    return Answers(
        contexts=places[answers.contexts[rows]],
        values=answers.values,
        codes=answers.codes[rows],
        revisions=answers.revisions[rows],
        checks=answers.checks[rows],
        first_us=answers.first_us[rows],
        last_us=answers.last_us[rows],
    )
