"""The server's predicates against the installed PostHog SDK, on seeded random filters and values.

Wherever the SDK determines an answer, the predicate gives the same one, except for the rows of ``DIFFERENCES``: the
numbered differences of docs/semantics.md. The SDK's ignorance ("inconclusive") is no answer and needs no row.
"""

import math
import re
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import Any, Final

import pytest
from posthog import feature_flags as sdk

from evaluator.json_text import walk
from evaluator.matching import BadFilter, compile_predicate
from tests.oracles.posthog_sdk import sdk_clock
from tests.oracles.random_values import PROPERTIES, random_property_filter, random_value

NOW: Final = datetime(2026, 3, 31, 12, 0, tzinfo=UTC)
PAIRS_PER_SEED: Final = 6_000
SEEDS: Final = range(4)
UNKNOWN: Final = "unknown"

Filter = dict[str, Any]


COMMON_DATE: Final = re.compile(
    r"\d{4}-\d\d-\d\d([T ]\d\d:\d\d(:\d\d(\.\d+)?)?)?"  # on the project's clocks
    r"|\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)"  # RFC 3339
    r"|-?\d+[hdwmy]",  # relative
    re.ASCII,
)
ONLY_THE_SDK_READS: Final = re.compile(r"\.\.|\.$|[^\x00-\x7f]|\d{20}")


def uncommon_date(value: Any) -> bool:
    return not (isinstance(value, str) and COMMON_DATE.fullmatch(value)) and not str(value).isdigit()


def long_integer(value: Any) -> bool:
    return any(isinstance(leaf, int) and not -(2**63) <= leaf < 2**64 for _, leaf in walk(value))


def in_versions(test: Callable[[str], object]) -> Callable[[str, Any, Any], bool]:
    """At work in a version operator if either side's text passes the test."""
    return lambda operator, *values: operator.startswith("semver_") and any(test(str(value)) for value in values)


def in_dates(test: Callable[[Any, Any], bool]) -> Callable[[str, Any, Any], bool]:
    return lambda operator, wanted, value: operator.startswith("is_date_") and test(wanted, value)


DIFFERENCES: Final[dict[int, Callable[[str, Any, Any], bool]]] = {
    12: lambda operator, wanted, value: wanted is None,
    19: in_dates(lambda wanted, value: str(value).isdigit()),
    20: in_versions(lambda text: "-" in text or "+" in text),
    22: in_versions(lambda text: text.count(".") > 2),
    23: lambda operator, wanted, value: operator == "semver_wildcard" and "*" not in str(wanted),
    25: lambda operator, wanted, value: operator == "semver_wildcard" and "*.3" in str(wanted),
    26: in_versions(re.compile(r" +v|V|vv").match),
    45: lambda operator, wanted, value: long_integer(wanted) or long_integer(value),
    46: lambda operator, wanted, value: operator in ("regex", "not_regex") and not isinstance(wanted, str),
    47: in_dates(lambda wanted, value: uncommon_date(wanted) or uncommon_date(value) or str(wanted).isdigit()),
    48: in_versions(ONLY_THE_SDK_READS.search),
}
"""Number of a documented difference to the test of whether it can be at work (operator, filter value, property)."""


def shaped_value(random: Random) -> Any:
    """Values made digit by digit, which the catalogues of the shared oracle lack."""
    digits = random.choice([0, 1, 2, 3, 9, 10, 11, 99, 100])
    match random.randrange(6):
        case 0:
            version = [str(random.choice([0, 1, 2, 3, 10])) for _ in range(random.randint(1, 3))]
            return random.choice(["", "", "v", " "]) + ".".join(version) + random.choice(["", "", "-rc.1", "+7", " "])
        case 1:
            return (
                f"{random.randint(2025, 2026)}-{random.randint(1, 12):02}-{random.randint(1, 30):02}"
                + random.choice(["", "T10:00:00Z", " 23:59", "T00:00:00.25+02:00", "T24:00"])
            )
        case 2:
            return f"{random.choice(['', '-'])}{digits}{random.choice('hdwmyx')}"
        case 3:
            return random.choice([1, -1]) * digits / 10 ** random.randrange(12)
        case 4:
            return (
                random.choice(["", "+", "-"])
                + str(digits)
                + random.choice(["", ".", ".5", "e1", "e-1", "e", " ", "_0"])
            )
        case _:
            return "".join(random.choice("aAbÉéßIİiıσςΣ1 .-@") for _ in range(random.randrange(5)))


def random_pair(random: Random) -> tuple[Filter, Any]:
    property_filter = random_property_filter(random, oddness=0.3)
    value = random_value(random, PROPERTIES[property_filter["key"]], oddness=0.3)
    shape = random.randrange(4)
    if shape == 0:
        value = shaped_value(random)
    elif shape == 1 and property_filter.get("operator") not in ("regex", "not_regex"):
        property_filter["value"], value = shaped_value(random), shaped_value(random)
    elif shape == 2 and property_filter.get("operator") in ("exact", "is_not", "icontains"):
        property_filter["value"] = random.choice([value, str(value).swapcase(), [value, "x"]])
    elif shape == 3 and property_filter.get("operator", "").startswith("semver_"):
        value = f"1.{random.randrange(4)}.{random.randrange(4)}"
    elif shape == 3 and not isinstance(property_filter["value"], str):
        value = random.choice(["true", "True", '"', "5"])
    return property_filter, value


def pairs(seed: int) -> Iterator[tuple[Filter, Any, int]]:
    random = Random(seed)
    for _ in range(PAIRS_PER_SEED):
        property_filter, value = random_pair(random)
        if not has_non_finite(property_filter["value"]) and not has_non_finite(value):
            yield property_filter, value, random.choice([1, 1, 2])


def has_non_finite(value: Any) -> bool:
    return any(isinstance(leaf, float) and not math.isfinite(leaf) for _, leaf in walk(value))


def sdk_answer(property_filter: Filter, value: Any, version: int) -> bool | str:
    try:
        return sdk.match_property(property_filter, {property_filter["key"]: value}, version)
    except sdk.InconclusiveMatchError:
        return UNKNOWN


def our_answer(property_filter: Filter, value: Any, version: int) -> bool | str:
    try:
        compiled = compile_predicate(property_filter, matching_version=version, timezone=UTC)
    except BadFilter:
        return UNKNOWN
    return compiled.predicate(value, NOW)


def rows_at_work(property_filter: Filter, value: Any) -> list[int]:
    operator = property_filter.get("operator", "exact")
    return [row for row, applies in DIFFERENCES.items() if applies(operator, property_filter["value"], value)]


@pytest.mark.parametrize("seed", SEEDS)
def test_the_predicate_agrees_with_the_sdk_wherever_the_sdk_answers_and_no_documented_difference_is_at_work(
    seed: int,
) -> None:
    compared = 0
    with sdk_clock(NOW):
        for property_filter, value, version in pairs(seed):
            theirs = sdk_answer(property_filter, value, version)
            if theirs is UNKNOWN or rows_at_work(property_filter, value):
                continue
            assert our_answer(property_filter, value, version) is theirs, (property_filter, value, version)
            compared += 1
    assert compared >= 2_500


def test_together_the_seeds_compare_enough_of_every_operator() -> None:
    compared: Counter[str] = Counter()
    with sdk_clock(NOW):
        for seed in SEEDS:
            for property_filter, value, version in pairs(seed):
                if sdk_answer(property_filter, value, version) is not UNKNOWN and not rows_at_work(
                    property_filter, value
                ):
                    compared[property_filter.get("operator", "exact")] += 1
    assert sum(compared.values()) >= 10_000
    assert {operator for operator in sdk.PROPERTY_OPERATORS if compared[operator] < 30} == set()


def test_every_documented_difference_is_seen() -> None:
    seen: Counter[int] = Counter()
    with sdk_clock(NOW):
        for seed in SEEDS:
            for property_filter, value, version in pairs(seed):
                theirs = sdk_answer(property_filter, value, version)
                rows = rows_at_work(property_filter, value)
                if (
                    theirs is not UNKNOWN
                    and our_answer(property_filter, value, version) is not theirs
                    and len(rows) == 1
                ):
                    seen[rows[0]] += 1
    assert set(DIFFERENCES) == set(seen)


def test_every_difference_is_documented() -> None:
    documented = (Path(__file__).parents[3] / "docs" / "semantics.md").read_text()
    assert [row for row in DIFFERENCES if f"\n| {row} |" not in documented] == []
