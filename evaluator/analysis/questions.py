"""What a filter asks of a property's value, in the terms in which values are told apart."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from typing import Final, Literal

from evaluator.compile_filter import is_unusable
from evaluator.compiled import Predicate, PropertyTest
from evaluator.context import JsonValue, Mark
from evaluator.definitions.normalise import OPERATOR_ALIASES
from evaluator.definitions.time_zone import zone_named
from evaluator.json_text import dumps
from evaluator.matching.text_form import ascii_lower, text_of
from evaluator.ruleset import Ruleset

REFERENCE_NOW: Final = datetime(2026, 1, 1, tzinfo=UTC)
"""The moment at which examples are tried. Proofs hold for every moment."""

Family = Literal["constant", "equality", "truth", "text", "pattern", "number", "version", "range", "date"]

NEGATIVES: Final = {
    "is_not": "exact",
    "is_not_set": "is_set",
    "not_icontains": "icontains",
    "not_icontains_multi": "icontains_multi",
    "not_starts_with": "starts_with",
    "not_ends_with": "ends_with",
    "not_regex": "regex",
}
"""Operators that say no exactly where another says yes, of every value and of none."""

_FAMILIES: Final[dict[str, Family]] = {
    "is_set": "constant",
    "exact": "equality",
    **dict.fromkeys(("icontains", "icontains_multi", "starts_with", "ends_with"), "text"),
    "regex": "pattern",
    **dict.fromkeys(("gt", "gte", "lt", "lte", "between", "not_between"), "number"),
    **dict.fromkeys((f"semver_{name}" for name in ("eq", "neq", "gt", "gte", "lt", "lte")), "version"),
    **dict.fromkeys(("semver_tilde", "semver_caret", "semver_wildcard"), "range"),
    **dict.fromkeys(("is_date_exact", "is_date_before", "is_date_after"), "date"),
}


@dataclass(frozen=True, slots=True)
class Manner:
    """How a project reads filters: what tells two readings of the same filter apart."""

    matching_version: int
    timezone: str
    zone: tzinfo

    @classmethod
    def of(cls, ruleset: Ruleset) -> "Manner":
        """The manner of a project."""
        name = ruleset.definitions.timezone
        zone = zone_named(name)
        known = ("UTC", UTC) if zone is None else (name, zone)
        return cls(ruleset.definitions.matching_version, *known)


@dataclass(frozen=True, slots=True, eq=False)
class FilterQuestion:
    """A filter's test, asked positively. ``predicate`` is the filter's own; ``inverted`` where that is a negative."""

    family: Family
    operator: str
    value: JsonValue
    manner: Manner
    predicate: Predicate
    inverted: bool

    def answer(self, value: JsonValue | Mark, now: datetime = REFERENCE_NOW) -> bool:
        """What the evaluator's predicate says of a value."""
        return self.predicate(value, now) is not self.inverted


def question_of(test: PropertyTest, manner: Manner) -> tuple[str, bool, FilterQuestion]:
    """A name that is equal for equal questions, whether the filter wants yes, and the question."""
    operator, value = test.filter.get("operator") or "exact", test.filter.get("value")
    operator = OPERATOR_ALIASES.get(operator, operator)
    wanted = not test.negated
    if is_unusable(test.filter, test.predicate):
        question = FilterQuestion("constant", operator, value, manner, test.predicate, False)
    else:
        inverted = operator in NEGATIVES
        operator = NEGATIVES.get(operator, operator)
        wanted = wanted is not inverted
        question = FilterQuestion(_family(operator, test, inverted), operator, value, manner, test.predicate, inverted)
    name = dumps([question.family, operator, value, manner.matching_version, manner.timezone])
    return name, wanted, question


def wanted_texts(question: FilterQuestion) -> frozenset[str]:
    """The texts that an equality lists, in lower case as it compares them."""
    return frozenset(text_of(item).lower() for item in items(question.value))


def text_parts(question: FilterQuestion) -> tuple[str, ...]:
    """The parts of which a text operator wants one, folded as it compares them."""
    listed = items(question.value) if question.operator == "icontains_multi" else [question.value]
    return tuple(dict.fromkeys(ascii_lower(text_of(item)) for item in listed))


def items(value: JsonValue) -> Iterable[JsonValue]:
    """A list's items; a single value as one."""
    return value if isinstance(value, list | tuple) else [value]


def _family(operator: str, test: PropertyTest, inverted: bool) -> Family:
    family = _FAMILIES[operator]
    if family != "equality":
        return family
    return "truth" if _compares_truth(test, inverted) else "equality"


def _compares_truth(test: PropertyTest, inverted: bool) -> bool:
    """Whether the filter looks at truthiness: then it matches a value whose text it cannot have listed."""
    longest = max((len(text_of(item)) for item in items(test.filter.get("value"))), default=0)
    beyond: tuple[JsonValue, ...] = ("-" * (2 * longest + 1), [True] * (longest + 1))
    return any(test.predicate(value, REFERENCE_NOW) is not inverted for value in beyond)
