"""From a filter to a predicate."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, tzinfo
from difflib import get_close_matches
from functools import partial
from typing import Any, Final

from evaluator.compiled import ANY_MOMENT, Predicate
from evaluator.context import MISSING, JsonValue, Mark
from evaluator.definitions.normalise import OPERATOR_ALIASES
from evaluator.json_text import brief
from evaluator.matching import dates, equality, numbers, regex, semver, semver_ranges, text
from evaluator.matching.errors import BadFilter
from evaluator.matching.text_test import PARTS, text_test
from evaluator.text_test import Form, Memory, Remembered, TextTest


@dataclass(frozen=True, slots=True)
class CompiledPredicate:
    """A filter's test of a property value. ``uses_now``: its answer can depend on the moment of the check.

    ``text`` is the same test of a text in another form, where there is one. ``remembered`` answers texts out of memory;
    None where the moment counts, and for parts of texts, which are found as fast in properties that differ for all.
    """

    predicate: Predicate
    uses_now: bool
    text: TextTest | None = None
    remembered: Remembered | None = None


_Compile = Callable[[JsonValue], Predicate | None]


def _pair(positive: str, negative: str, compile_value: Callable[..., Predicate]) -> dict[str, _Compile]:
    return {
        positive: partial(compile_value, positive=True),
        negative: partial(compile_value, positive=False),
    }


_PRESENCE: Final[Mapping[str, Predicate]] = {
    "is_set": lambda value, now: value is not MISSING,
    "is_not_set": lambda value, now: value is MISSING,
}
_EQUALITY: Final = {"exact": True, "is_not": False}
_TIMELESS: Final[Mapping[str, _Compile]] = {
    **_pair("icontains", "not_icontains", text.contains),
    **_pair("icontains_multi", "not_icontains_multi", text.contains_any),
    **_pair("starts_with", "not_starts_with", text.starts_with),
    **_pair("ends_with", "not_ends_with", text.ends_with),
    **_pair("regex", "not_regex", regex.finds),
    **_pair("between", "not_between", numbers.within),
    **{name: partial(numbers.compares, comparison=test) for name, test in numbers.COMPARISONS.items()},
    **{name: partial(semver.compares, comparison=test) for name, test in semver.COMPARISONS.items()},
    **{
        name: partial(semver_ranges.in_range, operator=name)
        for name in ("semver_tilde", "semver_caret", "semver_wildcard")
    },
}
_LONGEST_OPERATOR: Final = 100
"""Characters of a wrong operator for which a right one is suggested."""
_ELSEWHERE: Final = ("in", "not_in", "flag_evaluates_to")
"""Operators of cohort and flag filters. The server knows them, but on a property they never match."""

OPERATORS: Final[tuple[str, ...]] = (
    *_EQUALITY,
    *_PRESENCE,
    *_TIMELESS,
    *dates.COMPARISONS,
    *OPERATOR_ALIASES,
    *_ELSEWHERE,
)
"""Every operator that a filter may have."""


def compile_predicate(
    filter: Mapping[str, Any], *, matching_version: int, timezone: tzinfo, memory: Memory | None = None
) -> CompiledPredicate:
    """The test that PostHog's server would make for a filter on a property of a person or group.

    ``matching_version`` is the project's ``property_matching_version``, ``timezone`` its time zone. A filter without
    operator means ``exact``. A filter that is merely unusable (a text where a number belongs, a value of null) gives
    a predicate that never matches. ``memory`` bounds what it remembers of texts, together with others.

    Raises ``BadFilter`` for an operator that nobody knows and for a regular expression that RE2 cannot search.
    """
    operator = _operator_of(filter)
    presence = _PRESENCE.get(operator)
    if presence is not None:
        return CompiledPredicate(presence, uses_now=False)
    wanted = filter.get("value")
    if wanted is None or operator in _ELSEWHERE:
        return CompiledPredicate(_never, uses_now=False)
    if operator in _EQUALITY:
        return _remembering(_equality(wanted, _EQUALITY[operator], matching_version), memory)
    if operator in dates.COMPARISONS:
        dated = dates.compares(wanted, comparison=dates.COMPARISONS[operator], timezone=timezone)
        return CompiledPredicate(dated or _never, uses_now=dated is not None)
    made = CompiledPredicate(_TIMELESS[operator](wanted) or _never, uses_now=False, text=text_test(operator, wanted))
    return made if operator in PARTS else _remembering(made, memory)


def _remembering(made: CompiledPredicate, memory: Memory | None) -> CompiledPredicate:
    return replace(made, remembered=Remembered(lambda text: made.predicate(text, ANY_MOMENT), memory or Memory()))


def _equality(wanted: JsonValue, positive: bool, matching_version: int) -> CompiledPredicate:
    texts = equality.wanted_texts(wanted, matching_version)
    if texts is None:
        return CompiledPredicate(equality.same_truth(wanted, positive=positive), uses_now=False)
    predicate = equality.one_of(texts, positive=positive)
    form = Form.ONE_OF if positive else Form.NONE_OF
    return CompiledPredicate(predicate, uses_now=False, text=TextTest(form, texts))


def _operator_of(filter: Mapping[str, Any]) -> str:
    operator = filter.get("operator")
    if operator is None:
        return "exact"
    if not isinstance(operator, str) or operator not in OPERATORS:
        named = isinstance(operator, str) and len(operator) <= _LONGEST_OPERATOR
        close = get_close_matches(operator, OPERATORS, n=1) if named else []
        raise BadFilter(
            "unknown_operator",
            f"{brief(operator)} is not an operator",
            path="operator",
            fix=f"did you mean {close[0]!r}?" if close else f"use one of {', '.join(OPERATORS)}",
        )
    return OPERATOR_ALIASES.get(operator, operator)


def _never(value: JsonValue | Mark, now: datetime) -> bool:
    return False
