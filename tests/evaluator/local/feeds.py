"""Small feeds to ask the local profile about."""

from datetime import UTC, datetime
from typing import Any, Final

from evaluator import Context
from evaluator.local import compile_local, evaluate_local
from evaluator.result import Result

NOW: Final = datetime(2026, 11, 22, 12, tzinfo=UTC)


def person(key: str, operator: str, value: Any, **more: Any) -> dict[str, Any]:
    """A filter on a property of the person."""
    return {"key": key, "type": "person", "operator": operator, "value": value, **more}


def condition(*filters: dict[str, Any], rollout: Any = 100, **more: Any) -> dict[str, Any]:
    """One entry of ``filters.groups``."""
    return {"properties": list(filters), "rollout_percentage": rollout, **more}


def flag(*conditions: dict[str, Any], key: str = "flag", **more: Any) -> dict[str, Any]:
    """An active flag; ``more`` goes into ``filters``."""
    return {"key": key, "active": True, "filters": {"groups": list(conditions), **more}}


def ask(flags: list[dict[str, Any]], *, feed: dict[str, Any] | None = None, **context: Any) -> Result:
    """The answer of the flag ``flag`` to ``ada``, or to whom ``context`` says."""
    ruleset = compile_local({"flags": flags, **(feed or {})})
    return evaluate_local(ruleset, "flag", Context(**{"distinct_id": "ada", **context}), now=NOW)
