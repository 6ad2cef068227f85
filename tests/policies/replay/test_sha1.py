"""SHA-1 in columns is SHA-1."""

from hashlib import sha1
from random import Random

import numpy as np
import pytest

from policies.replay import hashes
from policies.replay.hashes import hash60_each, hash60_of_strings
from policies.replay.sha1 import LONGEST, first_64_bits
from policies.replay.texts import Texts


@pytest.mark.parametrize("length", range(LONGEST + 1))
def test_every_length_that_fits_into_a_block(length: int) -> None:
    texts = [Random(f"{length} {number}").randbytes(length) for number in range(20)]
    rows = np.frombuffer(b"".join(texts), dtype=np.uint8).reshape(20, length)
    assert first_64_bits(rows).tolist() == [int.from_bytes(sha1(text).digest()[:8], "big") for text in texts]


def test_more_texts_than_are_hashed_at_once() -> None:
    texts = [f"flag.user-{number:06d}".encode() for number in range(20_000)]
    rows = np.frombuffer(b"".join(texts), dtype=np.uint8).reshape(len(texts), -1)
    assert first_64_bits(rows).tolist() == [int.from_bytes(sha1(text).digest()[:8], "big") for text in texts]


@pytest.mark.parametrize("worthwhile", [1, 5, 10_000])
@pytest.mark.parametrize("suffix", ["", "variant"])
def test_texts_of_all_lengths_are_hashed_as_one_by_one(
    worthwhile: int, suffix: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hashes, "WORTHWHILE", worthwhile)
    random = Random(1)
    names = ["".join(random.choices("abcxyz0189-@", k=random.randrange(70))) for _ in range(300)]
    found = Texts.of_strings(names).plain(np.arange(300))
    assert found is not None
    for prefix in ("", "flag.", "a" * 60):
        in_columns = hash60_of_strings(*found, prefix.encode(), suffix.encode())
        assert in_columns.tolist() == hash60_each(prefix, names, suffix).tolist()
