"""From a filter to its text test."""

from collections.abc import Mapping
from typing import Any, Final

from evaluator.context import JsonValue
from evaluator.matching import semver, text
from evaluator.text_test import Form, TextTest

PARTS: Final = {
    "icontains": Form.CONTAINS,
    "not_icontains": Form.LACKS,
    "starts_with": Form.STARTS,
    "not_starts_with": Form.STARTS_NOT,
    "ends_with": Form.ENDS,
    "not_ends_with": Form.ENDS_NOT,
}
_VERSIONS: Final = {
    "semver_eq": Form.VERSION_IS,
    "semver_neq": Form.VERSION_IS_NOT,
    "semver_gt": Form.VERSION_ABOVE,
    "semver_gte": Form.VERSION_FROM,
    "semver_lt": Form.VERSION_BELOW,
    "semver_lte": Form.VERSION_TO,
}

SURROUNDINGS: Final[Mapping[str, Any]] = {"known_version": semver.known_version}
"""What the expressions of the forms name beside ``value`` and ``{wanted}``; whoever runs one passes it."""


def text_test(operator: str, wanted: JsonValue) -> TextTest | None:
    """The text test of an operator (no alias, no equality); None where there is only the predicate."""
    if operator in PARTS:
        return TextTest(PARTS[operator], text.folded(wanted))
    version = semver.version_of(wanted) if operator in _VERSIONS else None
    return None if version is None else TextTest(_VERSIONS[operator], version)
