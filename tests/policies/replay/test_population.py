"""Counting distinct subjects behind masks over contexts."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from policies.replay.population import Population

CONTEXTS = st.lists(st.tuples(st.integers(0, 5), st.integers(0, 3), st.booleans()), max_size=40)


@given(CONTEXTS)
def test_subjects_are_counted_once(contexts: list[tuple[int, int, bool]]) -> None:
    subjects, _, mask = _columns(contexts)
    population = Population(subjects, 6)
    assert population.subjects == len({subject for subject, _, _ in contexts})
    assert population.count(mask) == len({subject for subject, _, inside in contexts if inside})


@given(CONTEXTS)
def test_masks_are_counted_together_as_they_are_apart(contexts: list[tuple[int, int, bool]]) -> None:
    subjects, values, mask = _columns(contexts)
    population = Population(subjects, 6)
    masks = [mask, ~mask, values == 1, np.zeros(len(mask), dtype=np.bool_)]
    assert population.counts(masks) == [_people(subjects, mask) for mask in masks]


@given(CONTEXTS, st.lists(st.lists(st.booleans(), min_size=4, max_size=4), min_size=1, max_size=70))
def test_subjects_are_counted_once_per_verdict_on_kinds(
    contexts: list[tuple[int, int, bool]], verdicts: list[list[bool]]
) -> None:
    subjects, kinds, _ = _columns(contexts)
    counts = Population(subjects, 6).count_kinds(kinds.astype(np.uint8), np.array(verdicts))
    assert counts == [_people(subjects, np.array(verdict)[kinds]) for verdict in verdicts]


@given(CONTEXTS)
def test_subjects_are_counted_once_per_value_and_verdict(contexts: list[tuple[int, int, bool]]) -> None:
    subjects, values, mask = _columns(contexts)
    split = Population(subjects, 6).split(values, 4)
    counts = split.count_kinds(mask.astype(np.uint8), np.array([[True, True], [False, True]]))
    assert counts[0].tolist() == [_people(subjects, values == code) for code in range(4)]
    assert counts[1].tolist() == [_people(subjects, mask & (values == code)) for code in range(4)]


def _people(subjects: np.ndarray, mask: np.ndarray) -> int:
    return len(set(subjects[mask].tolist()))


def _columns(contexts: list[tuple[int, int, bool]]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    subjects, values, mask = ([row[place] for row in contexts] for place in range(3))
    return np.array(subjects, dtype=np.int32), np.array(values, dtype=np.int32), np.array(mask, dtype=np.bool_)
