"""The text that stands for a value in equality, substring and regex tests: the server's, except for odd numbers."""

from json.encoder import encode_basestring
from math import isfinite

from evaluator.context import JsonValue
from evaluator.json_text import write
from evaluator.matching.text_form import text_of as server_text_of


class _NotJson(ValueError):
    """Something that JSON cannot hold, at any depth."""


def text_of(value: JsonValue) -> str | None:
    """Text as it is, anything else as compact JSON; None for what JSON cannot hold (infinities, dates).

    Integers are written in full, where the server rounds those beyond 64 bits.
    """
    if isinstance(value, str):
        return value
    try:
        return write(value, scalar=_scalar_text, sort_keys=True)
    except (ValueError, TypeError):
        return None


def _scalar_text(value: JsonValue) -> str:
    if isinstance(value, str):
        return encode_basestring(value)
    if isinstance(value, int) and not isinstance(value, bool):
        return str(int(value))
    if value is None or isinstance(value, bool) or (isinstance(value, float) and isfinite(value)):
        return server_text_of(value)
    raise _NotJson
