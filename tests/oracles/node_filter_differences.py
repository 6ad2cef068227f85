"""Which row (N1, N2, ...) of docs/semantics.md explains that posthog-node and the Python SDK part on one filter."""

import math
import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, Final

from evaluator.context import MISSING, JsonValue, Mark
from evaluator.local.dates import absolute_moment
from evaluator.local.numbers import number_of
from tests.oracles.random_values import LOCAL_OPERATORS, OPERATORS, Filter
from tests.oracles.shapes import SPAN, YEAR, parts

Answer = bool | str | None
"""True, False, or the reason for which the SDK does not decide; ``regex`` and None as in ``PosthogNode.matches``."""

_SURROGATE: Final = re.compile("[\ud800-\udfff]")
_FINE_FRACTION: Final = re.compile(r"[.,]\d{4,}")
_ANY_MOMENT: Final = datetime(2026, 1, 1, tzinfo=UTC)
_COMMON_DATE: Final = re.compile(r"\d{4}-\d\d-\d\d(T\d\d:\d\d:\d\d(\.\d{1,3})?(Z|[+-]\d\d:\d\d)?)?")


def node_filter_row(entry: Filter, found: JsonValue | Mark, python: Answer, node: Answer) -> str | None:
    """The number of the row; None if there is none, in which case the table lacks one."""
    operator = entry.get("operator") or "exact"
    if not isinstance(entry.get("key"), str):
        return "N30"
    if found is MISSING:
        return "N15" if isinstance(python, str) and isinstance(node, str) else None
    if operator not in LOCAL_OPERATORS:
        return "N16" if found is None and node is False else None
    for family, classify in _BY_FAMILY.items():
        if operator in OPERATORS[family]:
            return classify(operator, entry.get("value"), found, python, node)
    return None


def _text_row(operator: str, wanted: JsonValue, found: JsonValue | Mark, python: Answer, node: Answer) -> str | None:
    if operator not in ("exact", "is_not"):
        return None if isinstance(wanted, str) and isinstance(found, str) else "N3"
    if not isinstance(node, str):
        return None
    if any(isinstance(part, str) and _SURROGATE.search(part) for part in parts(wanted, found)):
        return "N2"
    return "N1" if any(_is_whole(part) for part in parts(wanted, found)) else None


def _is_whole(part: Any) -> bool:
    if isinstance(part, bool) or not isinstance(part, int | float):
        return False
    return math.isfinite(part) and part == int(part)


def _pattern_row(operator: str, wanted: JsonValue, found: JsonValue | Mark, python: Answer, node: Answer) -> str | None:
    if not (isinstance(wanted, str) and isinstance(found, str)):
        return "N3"
    if node == "regex":
        return "N4" if not (wanted + found).isascii() or "\r" in found else "N5"
    return "N5" if isinstance(python, str) and isinstance(node, bool) else None


def _number_row(operator: str, wanted: JsonValue, found: JsonValue | Mark, python: Answer, node: Answer) -> str | None:
    return "N6" if number_of(wanted) is None or number_of(found) is None else None


def _date_row(operator: str, wanted: JsonValue, found: JsonValue | Mark, python: Answer, node: Answer) -> str | None:
    if any(isinstance(value, int | float) and not isinstance(value, bool) for value in (wanted, found)):
        return "N7"
    texts = [value.strip() for value in (wanted, found) if isinstance(value, str)]
    if any(YEAR.fullmatch(text) for text in texts):
        return "N9"
    if any(_FINE_FRACTION.search(text) for text in texts):
        return "N11"
    if isinstance(wanted, str) and SPAN.fullmatch(wanted) and python == "unsupported_definition":
        return "N12"
    common = isinstance(wanted, str) and (_is_common(wanted) or SPAN.fullmatch(wanted))
    return None if common and isinstance(found, str) and _is_common(found) else "N8"


def _is_common(text: str) -> bool:
    return bool(_COMMON_DATE.fullmatch(text)) and absolute_moment(text, _ANY_MOMENT) is not None


def _version_row(operator: str, wanted: JsonValue, found: JsonValue | Mark, python: Answer, node: Answer) -> str | None:
    if not (isinstance(wanted, str) and isinstance(found, str)):
        return "N3"
    for text in (wanted, found):
        if not text.isascii() or re.match(r"\s*[vV]{2}", text) or re.search(r"\d{16}", text):
            return "N13"
    return "N14" if operator == "semver_wildcard" else None


_BY_FAMILY: Final[dict[str, Callable[..., str | None]]] = {
    "text": _text_row,
    "pattern": _pattern_row,
    "number": _number_row,
    "date": _date_row,
    "version": _version_row,
}
