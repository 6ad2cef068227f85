"""Values as they are stored, and what can be told from how they are spelt."""

import json
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluator.context import MISSING, REDACTED, Mark
from policies.replay import texts
from policies.replay.texts import Texts

STRINGS = st.text(alphabet=st.sampled_from('aA@."\\/ é😀\ud800b'), max_size=6)
VALUES = st.lists(STRINGS | st.integers() | st.booleans() | st.none() | st.lists(STRINGS, max_size=2), max_size=30)
MARKS = st.sampled_from([(), (REDACTED,), (MISSING,), (REDACTED, MISSING)])


@given(MARKS, VALUES, st.randoms(use_true_random=False))
def test_values_come_back_as_they_were_stored(marks: tuple[Mark, ...], values: list[Any], random: Any) -> None:
    stored, expected = texts_of(marks, values), [*marks, *values]
    assert len(stored) == len(expected)
    assert list(stored) == expected
    assert [stored[code] for code in range(len(stored))] == expected
    codes = random.sample(range(len(expected)), k=random.randint(0, len(expected)))
    assert stored.chosen(np.array(codes, dtype=np.intp)) == [expected[code] for code in codes]


@given(MARKS, VALUES, st.text(alphabet="aA@.b/ ", min_size=1, max_size=5))
def test_a_text_with_the_letters_is_never_screened_out(marks: tuple[Mark, ...], values: list[Any], wanted: str) -> None:
    stored = texts_of(marks, values)
    kept = stored.may_contain(wanted.lower().encode())
    for value, may in zip(stored, kept.tolist(), strict=True):
        simple = isinstance(value, str) and value.isascii() and not {'"', "\\"}.intersection(value)
        assert may or (simple and wanted.lower() not in str(value).lower())
        assert not may or not simple or _blind(wanted) in _blind(str(value))


@pytest.mark.parametrize("bytes_per_step", [1, 5, 16])
def test_letters_are_found_across_steps(bytes_per_step: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(texts, "_BYTES_PER_STEP", bytes_per_step)
    names = [f"u{number}@{host}" for number, host in enumerate(["corp.dev", "CORP.example", "mail.test"] * 9)]
    kept = Texts.of_strings(names).may_contain(b"@corp")
    assert kept.tolist() == ["corp" in name.lower() for name in names]


def test_strings_without_escapes_are_found_where_they_stand() -> None:
    names = Texts.of_strings(["ann", "", "bob"])
    found = names.plain(np.array([2, 0, 1]))
    assert found is not None
    block, starts, ends = found
    assert [block[start:end].tobytes() for start, end in zip(starts, ends, strict=True)] == [b"bob", b"ann", b""]
    assert Texts.of_strings(["ann", "é"]).plain(np.array([1])) is None
    assert Texts.of_strings(["ann", "é"]).plain(np.array([0])) is not None
    assert texts_of((MISSING,), ["ann"]).plain(np.array([0])) is None
    assert texts_of((), ["ann", 1]).plain(np.array([0, 1])) is None


def _blind(text: str) -> str:
    """The text without the bit that tells upper from lower case."""
    return "".join(chr(ord(letter) | 32) for letter in text)


def texts_of(marks: tuple[Mark, ...], values: list[Any]) -> Texts:
    """The values as a segment holds them."""
    written = [json.dumps(value, separators=(",", ":")) for value in values]
    bounds = np.cumsum([0, *map(len, written)])
    return Texts(marks, np.frombuffer("".join(written).encode("ascii"), dtype=np.uint8), bounds)
