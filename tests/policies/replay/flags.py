"""Flag definitions in few words."""

from typing import Any

from evaluator import Definitions, Ruleset, compile_definitions

Json = dict[str, Any]


def flag(key: str, *conditions: Json, active: bool = True, own: Json | None = None, **filters: Any) -> Json:
    """A flag with these conditions; ``own`` are fields of the flag itself, other keywords go into its filters."""
    return {"key": key, "active": active, "filters": {"groups": list(conditions), **filters}, **(own or {})}


def condition(*filters: Json, rollout: float = 100, **fields: Any) -> Json:
    """One condition."""
    return {"properties": list(filters), "rollout_percentage": rollout, **fields}


def has(name: str, value: Any, operator: str = "exact", **fields: Any) -> Json:
    """A filter on a property of the person."""
    return {"key": name, "type": "person", "operator": operator, "value": value, **fields}


def group_has(name: str, value: Any, index: int = 0) -> Json:
    """A filter on a property of a group."""
    return {"key": name, "type": "group", "group_type_index": index, "operator": "exact", "value": value}


def in_cohort(cohort_id: int) -> Json:
    """A filter on a cohort."""
    return {"key": "id", "type": "cohort", "operator": "in", "value": cohort_id}


def needs(key: str, value: bool | str = True) -> Json:
    """A filter on another flag."""
    return {"key": key, "type": "flag", "operator": "flag_evaluates_to", "value": value}


def variants(**weights: float) -> Json:
    """Variants with their shares in percent."""
    return {"variants": [{"key": key, "rollout_percentage": weight} for key, weight in weights.items()]}


def rules(*flags: Json, cohorts: Json | None = None, **settings: Any) -> Ruleset:
    """The flags as a ruleset of a project with companies for groups."""
    feed = {"flags": list(flags), "cohorts": cohorts or {}, "group_type_mapping": {"0": "company"}, **settings}
    return compile_definitions(Definitions.from_posthog(feed))
