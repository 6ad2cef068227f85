"""Which lints a difference between server and SDK calls for: those of its rows, as far as the definition shows them.

Many rows can be the doing of the definition (a filter's ``1.2.3.4``) or of the subject (a property's). Only the first
is a lint's business; here the two are told apart by looking at the filter alone, without the lints' own code.
"""

import math
import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from posthog import feature_flags as sdk

from evaluator.compiled import CompiledFlag
from evaluator.context import JsonValue, Mark
from evaluator.hashing import group_key_text
from evaluator.local.compiled import Properties, Scope
from evaluator.local.unknown import Truth
from evaluator.portability import DIFFERENCES, Lint
from tests.oracles.flag_differences import Investigation, Row
from tests.oracles.random_values import Filter
from tests.oracles.shapes import COMMON_DATE, SPAN, parts

_EMPTY: Final = -31
"""Row 31 where the empty group is an alternative, which is where the two part."""

_VERSION_SHAPES: Final = frozenset(
    {
        Lint.UNUSABLE_VALUE,
        Lint.LEADING_ZERO,
        Lint.FOUR_COMPONENTS,
        Lint.WILDCARD_STAR_ALONE,
        Lint.WILDCARD_STAR_INSIDE,
        Lint.WILDCARD_WITHOUT_STAR,
        Lint.VERSION_PREFIX,
        Lint.VERSION_SHAPE,
    }
)
INSTEAD: Final[Mapping[Lint, frozenset[Lint]]] = {
    **dict.fromkeys((*_VERSION_SHAPES, Lint.PRERELEASE), _VERSION_SHAPES),
    Lint.UNUSABLE_VALUE: _VERSION_SHAPES | {Lint.DATE_SHAPE},
    Lint.DATE_SHAPE: frozenset({Lint.UNUSABLE_VALUE}),
    Lint.COHORT_IN_GROUP: frozenset({Lint.COHORT_OPERATOR}),
}
"""Lints that say more about the same filter: where its value is at fault, properties do not matter any more."""


class Blame(Investigation):
    """Rows that a lint has to tell of, for one subject."""

    _negates = False
    """Whether what is looked at stands in a cohort's tree, where alone ``negation`` counts."""

    def called_for(self, key: str, *, sdk_says_off: bool, on: bool) -> set[Lint]:
        """The lints without which the difference would come as a surprise."""
        rows = {31 if row == _EMPTY else row for row in self.rows(key)}
        flag = self.project.ruleset.flags[key]
        unnamed = flag.aggregation is not None and flag.group_type not in self.context.groups
        if not (sdk_says_off and on and unnamed):
            rows.discard(51)
        return {what for row in rows if row is not None and isinstance(what := DIFFERENCES[row], Lint)}

    def _identity_rows(self, flag: CompiledFlag) -> Iterator[Row]:
        filters = flag.definition.get("filters") or {}
        for row in super()._identity_rows(flag):
            of_device = filters.get("bucketing_identifier") == "device_id"
            shadowed = row == 54 and not (of_device and not flag.definition.get("bucketing_identifier"))
            if not shadowed and not (row == 6 and flag.aggregation is not None):
                yield row

    def _filter_rows(self, entry: Filter, *rest: Any, **more: Any) -> Iterator[Row]:
        for row in super()._filter_rows(entry, *rest, **more):
            if not (row == 8 and entry.get("type") == "flag"):
                yield row

    def _property_rows(
        self, entry: Filter, found: JsonValue | Mark, server: bool, sdk: Truth, properties: Properties
    ) -> Iterator[Row]:
        for row in super()._property_rows(entry, found, server, sdk, properties):
            if row == 1 and server is (self._negates and bool(entry.get("negation"))):
                continue
            if row == 8 and (_is_beyond_json(properties.get(entry["key"])) or self._names_no_group(entry)):
                continue
            if row is not None and _shows_in_filter(row, entry, found):
                yield row

    def _names_no_group(self, entry: Filter) -> bool:
        """Whether the caller passed a key that names no group to the server: difference 10, the caller's doing."""
        name = self.project.reading.group_types.get(entry.get("group_type_index", -1))
        return name in self.context.groups and not group_key_text(self.context.groups[name])

    def _tree_rows(self, tree: Mapping[str, Any], scope: Scope) -> Iterator[Row]:
        yield from (row for row in super()._tree_rows(tree, scope) if row != 31)
        if not tree.get("values") and tree.get("type") in (None, "OR"):
            yield _EMPTY

    def _leaf_rows(self, entry: Filter, scope: Scope) -> Iterator[Row]:
        self._negates = True
        rows = list(super()._leaf_rows(entry, scope))
        self._negates = False
        no_number = entry.get("operator") in ("gt", "gte", "lt", "lte") and 14 in rows
        yield from (row for row in rows if row != 32 or no_number)


def _shows_in_filter(row: int, entry: Filter, found: JsonValue | Mark) -> bool:
    wanted = entry.get("value")
    match row:
        case 20:
            return _has_suffix(entry.get("operator"), str(wanted))
        case 21 | 22 | 26 | 48:
            return _version_row(str(wanted)) == row
        case 27:
            return _deferred(entry)
        case 45:
            return any(isinstance(part, int) and abs(part) >= 2**63 for part in parts(wanted))
        case 46:
            return isinstance(wanted, bool) or not isinstance(wanted, int)
        case 47:
            return _is_common(found) and not _is_common(wanted)
        case _:
            return True


def _has_suffix(operator: Any, text: str) -> bool:
    """Whether the filter itself names a pre-release, or a build where the operator compares builds."""
    core, build, _ = text.partition("+")
    compares_builds = operator not in ("semver_tilde", "semver_caret", "semver_wildcard")
    return "-" in core or (bool(build) and compares_builds)


def _version_row(text: str) -> int | None:
    if re.match(r"\s*(V|vv|vV|v\s)|\s+v", text):
        return 26
    parts = re.split(r"[-+]", text.strip().removeprefix("v"), maxsplit=1)[0].split(".")
    if len(parts) > 3:
        return 22
    if any(re.fullmatch(r"0\d+", part, re.ASCII) for part in parts):
        return 21
    return 48 if any(part == "" or not part.isascii() for part in parts) else None


def _deferred(entry: Filter) -> bool:
    """Whether the SDK itself does not decide with the pattern, on the plainest of texts."""
    try:
        sdk.match_property({"key": "p", "operator": "regex", "value": entry["value"]}, {"p": "a"})
    except sdk.InconclusiveMatchError:
        return True
    return False


def _is_common(value: Any) -> bool:
    return isinstance(value, str) and bool(COMMON_DATE.fullmatch(value) or SPAN.fullmatch(value))


def _is_beyond_json(value: Any) -> bool:
    return any(isinstance(part, float) and not math.isfinite(part) for part in parts(value))
