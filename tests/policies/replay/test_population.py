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
def test_subjects_are_counted_once_per_value(contexts: list[tuple[int, int, bool]]) -> None:
    subjects, values, mask = _columns(contexts)
    split = Population(subjects, 6).split(values, 4)
    everybody = {(subject, value) for subject, value, _ in contexts}
    inside = {(subject, value) for subject, value, within in contexts if within}
    assert split.everybody().tolist() == [sum(value == code for _, value in everybody) for code in range(4)]
    assert split.count(mask).tolist() == [sum(value == code for _, value in inside) for code in range(4)]


def _columns(contexts: list[tuple[int, int, bool]]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    subjects, values, mask = ([row[place] for row in contexts] for place in range(3))
    return np.array(subjects, dtype=np.int32), np.array(values, dtype=np.int32), np.array(mask, dtype=np.bool_)
