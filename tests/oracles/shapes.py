"""Shapes of texts that several classifications look at, and the parts of a value."""

import re
from collections.abc import Iterator
from typing import Any, Final

from evaluator.context import JsonValue, Mark

SPAN: Final = re.compile(r"-?[0-9]{1,4}[hdwmy]")
YEAR: Final = re.compile(r"\d{4}")
COMMON_DATE: Final = re.compile(r"\d{4}-\d\d-\d\d([T ]\d\d:\d\d:\d\d(\.\d{1,6})?(Z|[+-]\d\d:\d\d)?)?")
"""Dates that the server and the Python SDK read alike."""


def parts(*values: JsonValue | Mark) -> Iterator[Any]:
    """The values and all that is inside them, keys of objects included."""
    for value in values:
        yield value
        if isinstance(value, list):
            yield from parts(*value)
        elif isinstance(value, dict):
            yield from parts(*value.keys(), *value.values())
