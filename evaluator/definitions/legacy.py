"""Two condition lists that PostHog once evaluated before ``groups`` and no longer does."""

import re
from collections.abc import Mapping
from typing import Any

from evaluator.definitions.problem import Problem


def convert_super_groups(key: Any, filters: Mapping[str, Any], problems: list[Problem]) -> Mapping[str, Any]:
    """Turns the early-access form of ``super_groups`` into ``feature_enrollment``; leaves any other inert."""
    blocks = filters.get("super_groups")
    if not blocks:
        return filters
    if filters.get("feature_enrollment") is None and _is_enrollment(key, blocks):
        message = "“super_groups” asked for early access; that is now “feature_enrollment”."
        problems.append(_converted("filters.super_groups", message))
        kept = {name: value for name, value in filters.items() if name != "super_groups"}
        return {**kept, "feature_enrollment": True}
    if filters.get("feature_enrollment") is None:
        problems.append(_inert("filters.super_groups", "“super_groups” is no longer evaluated and has no effect."))
    return filters


def convert_holdout_groups(filters: Mapping[str, Any], problems: list[Problem]) -> Mapping[str, Any]:
    """Turns the first of ``holdout_groups`` into ``holdout``; leaves what is no plain holdout inert."""
    blocks = filters.get("holdout_groups")
    if not blocks or filters.get("holdout") is not None:
        return filters
    holdout = _holdout(blocks)
    if holdout is None:
        problems.append(_inert("filters.holdout_groups", "“holdout_groups” is no longer evaluated and has no effect."))
        return filters
    problems.append(_converted("filters.holdout_groups", "“holdout_groups” is the older form of “holdout”."))
    kept = {name: value for name, value in filters.items() if name != "holdout_groups"}
    return {**kept, "holdout": holdout}


def _is_enrollment(key: Any, blocks: Any) -> bool:
    match blocks:
        case [{"properties": [{"key": str(name), "value": ["true"] | "true", **rest}]}, *_]:
            return name == f"$feature_enrollment/{key}" and rest.get("operator") in (None, "exact")
        case _:
            return False


def _holdout(blocks: Any) -> dict[str, Any] | None:
    match blocks:
        case [{"variant": str(variant), "rollout_percentage": int() | float() as percentage, **rest}, *_]:
            found = re.fullmatch(r"holdout-([0-9]{1,18})", variant)
            if found and not rest.get("properties") and not isinstance(percentage, bool):
                return {"id": int(found[1]), "exclusion_percentage": percentage}
    return None


def _converted(path: str, message: str) -> Problem:
    return Problem(path, "older_spelling", message, "Nothing to do; the definition is stored in the current spelling.")


def _inert(path: str, message: str) -> Problem:
    return Problem(path, "inert_legacy", message, "Remove it, or express it as conditions in “groups”.")
