"""Flags, conditions and cohorts to ask about, and the three questions."""

from datetime import UTC, datetime
from typing import Any

from evaluator import (
    Alternatives,
    Context,
    ContextComparison,
    Definitions,
    RevisionComparison,
    compare_contexts,
    compare_revisions,
    compile_definitions,
    what_would_change,
)

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


PRO = {"key": "plan", "type": "person", "operator": "exact", "value": ["pro"]}


GERMAN = {"key": "country", "type": "person", "operator": "exact", "value": ["DE", "AT"]}


VARIANTS = {"variants": [{"key": "a", "rollout_percentage": 50}, {"key": "b", "rollout_percentage": 50}]}


def flag(key: str, *conditions: Any, active: bool = True, **other: Any) -> dict[str, Any]:
    return {"key": key, "active": active, "filters": {"groups": list(conditions), **other}}


def condition(*filters: Any, rollout: float = 100, **other: Any) -> dict[str, Any]:
    return {"properties": list(filters), "rollout_percentage": rollout, **other}


def member_of(cohort_id: int) -> dict[str, Any]:
    return {"key": "id", "type": "cohort", "operator": "in", "value": cohort_id}


def needs_flag(key: str, value: bool | str = True) -> dict[str, Any]:
    return {"key": key, "type": "flag", "operator": "flag_evaluates_to", "value": value}


COHORTS = {
    "1": {"id": 1, "name": "Buyers", "filters": {"properties": {"type": "OR", "values": [GERMAN]}}},
    "2": {"id": 2, "name": "Staff", "is_static": True, "drysail": {"members": ["ada"]}},
}


def compared(feed: dict[str, Any], key: str, one: Context, other: Context) -> ContextComparison:
    definitions = Definitions.from_posthog(feed)
    ruleset = compile_definitions(definitions)
    return compare_contexts(ruleset, key, one, other, now=NOW, facts=definitions.facts())


def revised(before: dict[str, Any], after: dict[str, Any], key: str, context: Context) -> RevisionComparison:
    old, new = Definitions.from_posthog(before), Definitions.from_posthog(after)
    facts = (old.facts(), new.facts())
    return compare_revisions(compile_definitions(old), compile_definitions(new), key, context, now=NOW, facts=facts)


def wanted(feed: dict[str, Any], key: str, context: Context, value: bool | str) -> Alternatives:
    definitions = Definitions.from_posthog(feed)
    return what_would_change(compile_definitions(definitions), key, context, value, now=NOW, facts=definitions.facts())
