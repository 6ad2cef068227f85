"""SHA-1 of thousands of short texts at once: the 80 rounds of FIPS 180-4 on columns of 32-bit words.

``hashlib`` spends most of its time around a hash of forty bytes, not in it. Every text here fits into one block.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

LONGEST: Final = 55
"""Bytes of the longest text that fits into one block with its padding."""

WORTHWHILE: Final = 2048
"""With fewer texts than this, ``hashlib`` is faster."""

_TEXTS_AT_ONCE: Final = 8192
"""Their words stay in the processor's cache."""

_START: Final = (0x67452301, 0xEFCDAB89, 0x98BADCFE, 0x10325476, 0xC3D2E1F0)
_KEYS: Final = (0x5A827999, 0x6ED9EBA1, 0x8F1BBCDC, 0xCA62C1D6)

Words = NDArray[np.uint32]


def first_64_bits(texts: NDArray[np.uint8]) -> NDArray[np.uint64]:
    """The first eight bytes of the SHA-1 of each row, as a number. Rows have at most ``LONGEST`` bytes."""
    found = np.empty(len(texts), dtype=np.uint64)
    for first in range(0, len(texts), _TEXTS_AT_ONCE):
        rows = slice(first, first + _TEXTS_AT_ONCE)
        high, low = _digest_heads(_padded(texts[rows]))
        found[rows] = (high.astype(np.uint64) << np.uint64(32)) | low
    return found


def _padded(texts: NDArray[np.uint8]) -> list[Words]:
    """The 16 words of each text's only block."""
    count, length = texts.shape
    blocks = np.zeros((count, 64), dtype=np.uint8)
    blocks[:, :length] = texts
    blocks[:, length] = 0x80
    blocks[:, 62], blocks[:, 63] = divmod(length * 8, 256)
    return list(np.array(blocks.view(">u4").T, dtype=np.uint32, order="C"))


def _digest_heads(words: list[Words]) -> tuple[Words, Words]:
    """The first two words of each digest. ``words`` are used up."""
    state = [np.full(len(words[0]), start, dtype=np.uint32) for start in _START]
    spare, mixed = np.empty_like(words[0]), np.empty_like(words[0])
    for number in range(80):
        word = words[number & 15]
        if number >= 16:
            _schedule(words, number, spare)
        a, b, c, d, e = state
        _choose(number // 20, (b, c, d), mixed, spare)
        e += mixed
        e += word
        e += np.uint32(_KEYS[number // 20])
        _rotated(a, 5, mixed, spare)
        e += mixed
        _rotated(b, 30, b, spare)
        state = [e, a, b, c, d]
    return state[0] + np.uint32(_START[0]), state[1] + np.uint32(_START[1])


def _schedule(words: list[Words], number: int, spare: Words) -> None:
    word = words[number & 15]
    for before in (3, 8, 14):
        word ^= words[(number - before) & 15]
    _rotated(word, 1, word, spare)


def _choose(quarter: int, three: tuple[Words, Words, Words], out: Words, spare: Words) -> None:
    """Ch, Parity, Maj and Parity again, of b, c and d."""
    b, c, d = three
    if quarter == 0:
        np.bitwise_xor(c, d, out=out)
        np.bitwise_and(out, b, out=out)
        np.bitwise_xor(out, d, out=out)
    elif quarter == 2:
        np.bitwise_xor(b, c, out=out)
        np.bitwise_and(out, d, out=out)
        np.bitwise_and(b, c, out=spare)
        np.bitwise_or(out, spare, out=out)
    else:
        np.bitwise_xor(b, c, out=out)
        np.bitwise_xor(out, d, out=out)


def _rotated(words: Words, bits: int, out: Words, spare: Words) -> None:
    np.right_shift(words, np.uint32(32 - bits), out=spare)
    np.left_shift(words, np.uint32(bits), out=out)
    np.bitwise_or(out, spare, out=out)
