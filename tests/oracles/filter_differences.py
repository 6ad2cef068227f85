"""Which row of the table in docs/semantics.md explains that server and SDK answer one property filter differently."""

import math
import re
from collections.abc import Callable
from typing import Final

from evaluator.context import MISSING, JsonValue, Mark
from evaluator.local.numbers import number_of
from tests.oracles.random_values import LOCAL_OPERATORS, OPERATORS, Filter
from tests.oracles.shapes import COMMON_DATE, SPAN, YEAR, parts

Answer = bool | str
"""True, False or, from the SDK, the reason for which it does not decide."""

_NOT_LOCAL: Final = {
    "icontains_multi": 28,
    "not_icontains_multi": 28,
    "between": 28,
    "not_between": 28,
    "is_date_exact": 17,
}


def property_row(entry: Filter, found: JsonValue | Mark, sdk: Answer, server: bool) -> int | None:
    """The number of the row; None if there is none, in which case one of the two is wrong."""
    operator, wanted = entry.get("operator") or "exact", entry.get("value")
    if operator not in LOCAL_OPERATORS:
        return _NOT_LOCAL.get(operator, 44)
    if found is MISSING:
        return 1
    if wanted is None and operator not in ("is_set", "is_not_set"):
        return 12
    if any(isinstance(part, float) and not math.isfinite(part) for part in parts(wanted, found)):
        return 52
    for family, classify in _BY_FAMILY.items():
        if operator in OPERATORS[family]:
            return classify(operator, wanted, found, sdk, server)
    return None


def _text_row(operator: str, wanted: JsonValue, found: JsonValue | Mark, sdk: Answer, server: bool) -> int | None:
    beyond = [part for part in parts(wanted, found) if isinstance(part, int) and abs(part) >= 2**63]
    return 45 if beyond else None


def _pattern_row(operator: str, wanted: JsonValue, found: JsonValue | Mark, sdk: Answer, server: bool) -> int | None:
    if not isinstance(wanted, str):
        return 46
    return 27 if isinstance(sdk, str) else _text_row(operator, wanted, found, sdk, server)


def _number_row(operator: str, wanted: JsonValue, found: JsonValue | Mark, sdk: Answer, server: bool) -> int | None:
    return 14 if number_of(wanted) is None and sdk == "unsupported_definition" and not server else None


def _date_row(operator: str, wanted: JsonValue, found: JsonValue | Mark, sdk: Answer, server: bool) -> int | None:
    if sdk == "unsupported_definition" and isinstance(wanted, str) and SPAN.fullmatch(wanted):
        return 60
    if isinstance(found, str) and YEAR.fullmatch(found.strip()):
        return 19
    if number_of(found) is not None:
        return 16
    if (row := _unreadable_row(sdk, server)) is not None:
        return row
    if isinstance(found, str) and SPAN.fullmatch(found):
        return 49
    common = isinstance(wanted, str) and (COMMON_DATE.fullmatch(wanted) or SPAN.fullmatch(wanted))
    return None if common and isinstance(found, str) and COMMON_DATE.fullmatch(found) else 47


def _version_row(operator: str, wanted: JsonValue, found: JsonValue | Mark, sdk: Answer, server: bool) -> int | None:
    if operator == "semver_wildcard" and (row := _wildcard_row(str(wanted))) is not None:
        return row
    for text in (str(found), str(wanted)):
        if (row := _version_text_row(text)) is not None:
            return row
    return _unreadable_row(sdk, server)


def _unreadable_row(sdk: Answer, server: bool) -> int | None:
    """Neither side reads the text: no match here, unknown there."""
    if server or isinstance(sdk, bool):
        return None
    return 18 if sdk == "missing_context" else 14


def _wildcard_row(text: str) -> int | None:
    if "*" not in text:
        return 23
    if text == "*":
        return 24
    return 25 if re.search(r"\*\.\d", text) else None


def _version_text_row(text: str) -> int | None:
    core = text.strip()
    if re.match(r"v\s|V|vv|\s+v", core) or (text[:1].isspace() and core[:1] == "v"):
        return 26
    core = re.split(r"[-+]", core.removeprefix("v"), maxsplit=1)[0]
    if core != text.strip().removeprefix("v"):
        return 20
    parts = core.split(".")
    if len(parts) > 3:
        return 22
    if any(len(part) > 1 and part[0] == "0" and part.isdigit() for part in parts):
        return 21
    return 48 if any(_is_odd(part) for part in parts) else None


def _is_odd(part: str) -> bool:
    return not part.isascii() or part in ("", "x", "X", "*") or (part.isdigit() and int(part) >= 2**64)


_BY_FAMILY: Final[dict[str, Callable[..., int | None]]] = {
    "text": _text_row,
    "pattern": _pattern_row,
    "number": _number_row,
    "date": _date_row,
    "version": _version_row,
}
