"""A suggested change of a definition as the operation that modify_flag takes. Applied before it is told."""

from collections.abc import Iterator, Mapping
from typing import Any

from evaluator.definitions.condition_ids import condition_ids
from evaluator.diff.values import same
from evaluator.explaining.alternatives import DefinitionChange, SubjectChange
from mcp_server.services.definitions import Bodies
from mcp_server.services.document import Ref
from mcp_server.services.errors import DrysailError
from mcp_server.services.operations import apply_operations, parse_operations


def operation_of(change: SubjectChange | DefinitionChange, bodies: Bodies) -> dict[str, Any] | None:
    """``{"flag_key": …, "operations": […]}`` that makes exactly this change; None for anything about the subject."""
    if isinstance(change, SubjectChange):
        return None
    body = bodies.get(Ref(kind="flag", key=change.flag))
    if body is None:
        return None
    fitting = (operation for operation in _candidates(change, body) if _makes(operation, change, body))
    operation = next(fitting, None)
    return None if operation is None else {"flag_key": change.flag, "operations": [operation]}


def _candidates(change: DefinitionChange, body: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """The most telling operation first."""
    if change.condition_index is None:
        yield {"op": "set_active", "value": change.after}
        return
    on = {"condition": condition_ids(body)[change.condition_index]}
    entry = change.filter or {}
    match change.kind:
        case "rollout":
            yield {"op": "set_rollout", **on, "rollout_percentage": change.after}
        case "variant":
            yield {"op": "update_condition", **on, "variant": change.after}
        case "remove_condition":
            yield {"op": "remove_condition", **on}
        case "move_condition":
            yield {"op": "move_condition", **on, "position": change.after}
        case "add_value" | "remove_value":
            yield {"op": change.kind, **on, "property": entry.get("key"), "value": change.value}
        case _ if entry.get("type") == "flag":
            yield {"op": "set_dependency", **on, "flag": entry.get("key"), "value": None}
    if change.kind in ("add_value", "remove_value", "drop_filter"):
        condition = change.definition["filters"]["groups"][change.condition_index]
        yield {"op": "update_condition", **on, "filters": condition.get("properties") or []}


def _makes(operation: dict[str, Any], change: DefinitionChange, body: Mapping[str, Any]) -> bool:
    try:
        after = apply_operations(body, parse_operations([operation]))
    except DrysailError:
        return False
    parts = ("active", "deleted", "filters")
    return all(same(after.get(part), change.definition.get(part)) for part in parts)
