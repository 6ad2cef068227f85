"""How large a definition may be: far beyond what people write, and little enough that one cannot take all memory.

``MAX_DEPTH`` in ``evaluator.json_text`` limits how deep any document may nest.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from evaluator.definitions.problem import Problem
from evaluator.json_text import MAX_DEPTH

MOST_VALUES: Final = 1_000_000
"""Values, at any depth, in one flag, or in one cohort without its list of members."""

MOST_CONDITIONS: Final = 5_000
"""Conditions of one flag."""

MOST_FILTERS: Final = 10_000
"""Filters in all conditions of one flag, or in the tree of one cohort, its groups included."""

MOST_OUTCOMES: Final = 100_000
"""Conditions times variants of one flag: every condition keeps an answer for every variant."""

MOST_NEEDED_FLAGS: Final = 500
"""Flags that one flag needs, directly or through others: SDKs are sent them all with every filter."""

LONGEST_PATTERN: Final = 50_000
"""Characters of a regular expression."""

LONGEST_VERSION: Final = 10_000
"""Characters of a text that is read as a version."""

MOST_SEARCH_WORK: Final = 500_000_000
"""Instructions of a compiled regular expression times bytes of the text it is searched in: RE2 may need a step for each
of these pairs, and does some hundred million steps a second. A pattern that accepts e-mail addresses has a few
thousand instructions at most, so this allows texts beyond 100,000 characters."""

DEEPEST_TREE: Final = 64
"""Levels of one cohort's tree; PostHog's limit."""

DEEPEST_NESTING: Final = 128
"""Levels of cohorts within cohorts."""


def size_problem(document: Any) -> Problem | None:
    """What makes a flag or cohort larger or deeper than it may be; None for any other. Does not recurse itself.

    The members that a cohort lists itself do not count.
    """
    level: list[Any] = [_without_members(document)]
    left = MOST_VALUES
    for _ in range(MAX_DEPTH):
        inner: list[Any] = []
        for value in level:
            if isinstance(value, dict | list):
                left -= len(value)
                if left < 0:
                    message = f"It holds more than {MOST_VALUES:,} values."
                    return Problem(
                        "", "too_large", message, "Keep long lists of ids in a cohort that lists its members."
                    )
                inner.extend(value.values() if isinstance(value, dict) else value)
        if not inner:
            return None
        level = inner
    return Problem("", "too_deep", f"It nests deeper than {MAX_DEPTH} levels.", "Flatten its values.")


def count_problem(filters: Mapping[str, Any]) -> Problem | None:
    """What a flag's ``filters`` have too many of; None for any other. Takes them as they come, readable or not."""
    groups, variants = _list(filters.get("groups")), _list(_mapping(filters.get("multivariate")).get("variants"))
    if len(groups) > MOST_CONDITIONS:
        message = f"The flag has {len(groups):,} conditions; {MOST_CONDITIONS:,} are the most."
        return Problem(
            "filters.groups", "too_large", message, "Let one condition ask for a list of values or a cohort."
        )
    if len(groups) * len(variants) > MOST_OUTCOMES:
        message = f"{len(groups):,} conditions times {len(variants):,} variants are more than {MOST_OUTCOMES:,}."
        return Problem("filters.multivariate.variants", "too_large", message, "Use fewer variants or conditions.")
    if sum(len(_list(_mapping(group).get("properties"))) for group in groups) > MOST_FILTERS:
        message = f"The flag's conditions have more than {MOST_FILTERS:,} filters."
        return Problem("filters.groups", "too_large", message, "Put lists of values into one filter, or use cohorts.")
    return None


def _without_members(document: Any) -> Any:
    own = _mapping(_mapping(document).get("drysail"))
    return {**document, "drysail": {**own, "members": []}} if "members" in own else document


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _list(value: Any) -> Sequence[Any]:
    return value if isinstance(value, list) else ()
