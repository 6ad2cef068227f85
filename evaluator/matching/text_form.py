"""The text form of a value: what PostHog's server compares where it compares text.

Text stands for itself; anything else is its compact JSON text, with object keys in code point order.
"""

from json.encoder import encode_basestring
from math import isfinite
from typing import Any, Final

from evaluator.context import JsonValue
from evaluator.json_text import write

_SMALLEST_INTEGER: Final = -(1 << 63)
_LARGEST_INTEGER: Final = (1 << 64) - 1

WHITE_SPACE: Final = "\t\n\v\f\r \x85\xa0\u1680\u2028\u2029\u202f\u205f\u3000" + "".join(
    map(chr, range(0x2000, 0x200B))
)
"""Unicode's White_Space, which the server trims; ``str.strip`` alone would take U+001C to U+001F as well."""

_ASCII_LOWER: Final = {upper: upper + 32 for upper in range(ord("A"), ord("Z") + 1)}


def text_of(value: JsonValue) -> str:
    """The text form of any JSON value. Never raises."""
    if isinstance(value, str):
        return value
    if isinstance(value, list | tuple | dict):
        return write(value, scalar=_scalar_text, sort_keys=True)
    return _scalar_text(value)


def ascii_lower(text: str) -> str:
    """The text with A to Z, and nothing else, in lower case."""
    return text.lower() if text.isascii() else text.translate(_ASCII_LOWER)


def _scalar_text(value: Any) -> str:
    if value is None:
        return "null"
    if value is True:
        return "true"
    if value is False:
        return "false"
    if isinstance(value, str):
        return encode_basestring(value)
    if isinstance(value, int | float):
        return number_text(value)
    return str(value)


def number_text(number: float) -> str:
    """A number's text: integers in full, other numbers in the fewest digits that still mean the same binary64.

    Integers beyond 64 bits are binary64 numbers to the server, so they read like those. A number that binary64 cannot
    hold reads as ``null``, which is what the server makes of it.
    """
    if isinstance(number, int):
        if _SMALLEST_INTEGER <= number <= _LARGEST_INTEGER:
            return str(int(number))
        try:
            number = float(number)
        except OverflowError:
            return "null"
    return _float_text(number) if isfinite(number) else "null"


def _float_text(number: float) -> str:
    """Like ``repr``, except that the server writes 10^-5 in full and pads no exponent."""
    shortest = float.__repr__(number)
    mantissa, marker, exponent_text = shortest.partition("e")
    if not marker:
        return shortest
    exponent = int(exponent_text)
    if exponent == -5:
        sign = "-" if mantissa.startswith("-") else ""
        return f"{sign}0.0000{mantissa.lstrip('-').replace('.', '')}"
    return f"{mantissa}e{exponent:+d}" if exponent > 0 else f"{mantissa}e{exponent}"
