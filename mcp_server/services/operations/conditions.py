"""Operations on conditions, addressed by their permanent ids."""

from difflib import get_close_matches
from typing import Any

from evaluator.definitions.condition_ids import condition_ids
from mcp_server.services.errors import InvalidInput, NotFound
from mcp_server.services.operations.grammar import Operation

Definition = dict[str, Any]
Condition = dict[str, Any]


def set_rollout(flag: Definition, operation: Operation) -> None:
    """Change one condition's rollout."""
    _condition(flag, operation)["rollout_percentage"] = _percentage(operation)


def add_condition(flag: Definition, operation: Operation) -> None:
    """Add a condition, by default as the last one."""
    condition: Condition = {"properties": _filters(operation), "rollout_percentage": _percentage(operation)}
    if operation.variant:
        condition["variant"] = _known_variant(flag, operation.variant)
    conditions = _conditions(flag)
    ids = list(condition_ids(flag))
    own = flag.setdefault("drysail", {})
    number = int(own.get("next_condition", len(ids) + 1))
    position = len(conditions) if operation.position is None else _position(operation, len(conditions) + 1)
    conditions.insert(position, condition)
    ids.insert(position, f"c{number}")
    own["condition_ids"] = ids
    own["next_condition"] = number + 1


def update_condition(flag: Definition, operation: Operation) -> None:
    """Replace the named parts of one condition."""
    condition = _condition(flag, operation)
    if operation.filters is not None:
        condition["properties"] = _filters(operation)
    if operation.rollout_percentage is not None:
        condition["rollout_percentage"] = _percentage(operation)
    if operation.variant == "":
        condition.pop("variant", None)
    elif operation.variant is not None:
        condition["variant"] = _known_variant(flag, operation.variant)


def remove_condition(flag: Definition, operation: Operation) -> None:
    """Remove one condition; its id is never used again."""
    index, ids = _index(flag, operation), list(condition_ids(flag))
    _conditions(flag).pop(index)
    ids.pop(index)
    _store_ids(flag, ids)


def move_condition(flag: Definition, operation: Operation) -> None:
    """Move one condition to another place."""
    index = _index(flag, operation)
    conditions, ids = _conditions(flag), list(condition_ids(flag))
    position = _position(operation, len(conditions))
    conditions.insert(position, conditions.pop(index))
    ids.insert(position, ids.pop(index))
    _store_ids(flag, ids)


def add_value(flag: Definition, operation: Operation) -> None:
    """Add one value to a filter's list."""
    found = _filter(flag, operation)
    values = _values(found)
    if any(_same(value, operation.value) for value in values):
        raise InvalidInput(
            f"The filter on {operation.property!r} already lists {operation.value!r}.",
            hint="Leave this operation out.",
            code="NO_CHANGE",
        )
    found["value"] = [*values, operation.value]


def remove_value(flag: Definition, operation: Operation) -> None:
    """Remove one value from a filter's list; the last one cannot go."""
    found = _filter(flag, operation)
    values = _values(found)
    rest = [value for value in values if not _same(value, operation.value)]
    if len(rest) == len(values):
        raise InvalidInput(
            f"The filter on {operation.property!r} does not list {operation.value!r}; it lists {values!r}.",
            hint="Name one of its values.",
            code="NO_SUCH_VALUE",
        )
    if not rest:
        raise InvalidInput(
            f"{operation.value!r} is the only value of the filter on {operation.property!r}.",
            hint="Use remove_condition, or update_condition with other filters.",
            code="LAST_VALUE",
        )
    found["value"] = rest


def set_dependency(flag: Definition, operation: Operation) -> None:
    """Add, change or remove the condition's filter on another flag."""
    condition = _condition(flag, operation)
    others = [
        entry
        for entry in condition.get("properties") or []
        if not (entry.get("type") == "flag" and entry.get("key") == operation.flag)
    ]
    if operation.value is not None:
        if operation.flag == flag.get("key"):
            raise InvalidInput("A flag cannot need itself.", hint="Name another flag.", code="SELF_DEPENDENCY")
        others.append(
            {"key": operation.flag, "type": "flag", "operator": "flag_evaluates_to", "value": operation.value}
        )
    condition["properties"] = others


def _conditions(flag: Definition) -> list[Condition]:
    filters: dict[str, Any] = flag.setdefault("filters", {})
    conditions = filters.get("groups")
    if conditions is None:
        conditions = filters["groups"] = []
    result: list[Condition] = conditions
    return result


def _index(flag: Definition, operation: Operation) -> int:
    ids = condition_ids(flag)
    name = operation.condition or ""
    if name in ids:
        return ids.index(name)
    near = get_close_matches(name, ids, n=1)
    hint = f"Did you mean {near[0]!r}?" if near else f"Its conditions are: {', '.join(ids) or 'none'}."
    raise NotFound(
        f"Flag {flag.get('key')!r} has no condition {name!r}.", hint=hint, code="NO_SUCH_CONDITION", place="condition"
    )


def _condition(flag: Definition, operation: Operation) -> Condition:
    return _conditions(flag)[_index(flag, operation)]


def _store_ids(flag: Definition, ids: list[str]) -> None:
    flag.setdefault("drysail", {})["condition_ids"] = ids


def _percentage(operation: Operation) -> float | int:
    value = operation.rollout_percentage
    if value is None or not 0 <= value <= 100:
        raise InvalidInput(
            f"A rollout is 0 to 100 per cent, not {value}.", code="BAD_PERCENTAGE", place="rollout_percentage"
        )
    return value


def _position(operation: Operation, count: int) -> int:
    position = operation.position or 0
    if not 0 <= position < count:
        raise InvalidInput(f"Position {position} is not among 0 to {count - 1}.", code="BAD_POSITION", place="position")
    return position


def _filters(operation: Operation) -> list[dict[str, Any]]:
    return [{"type": "person", **entry} if "type" not in entry else dict(entry) for entry in operation.filters or []]


def _known_variant(flag: Definition, key: str) -> str:
    known = [
        variant.get("key") for variant in ((flag.get("filters") or {}).get("multivariate") or {}).get("variants", [])
    ]
    if key in known:
        return key
    raise InvalidInput(
        f"Flag {flag.get('key')!r} has no variant {key!r}.",
        hint=f"Its variants are: {', '.join(map(str, known)) or 'none; it is boolean'}.",
        code="NO_SUCH_VARIANT",
        place="variant",
    )


def _filter(flag: Definition, operation: Operation) -> dict[str, Any]:
    condition = _condition(flag, operation)
    matching = [entry for entry in condition.get("properties") or [] if entry.get("key") == operation.property]
    if len(matching) == 1:
        found: dict[str, Any] = matching[0]
        return found
    names = sorted({str(entry.get("key")) for entry in condition.get("properties") or []})
    count = "no filter" if not matching else f"{len(matching)} filters"
    raise InvalidInput(
        f"Condition {operation.condition!r} has {count} on {operation.property!r}.",
        hint=f"It filters on: {', '.join(names) or 'nothing'}. Use update_condition to replace its filters.",
        code="NO_SUCH_FILTER",
        place="property",
    )


def _values(found: dict[str, Any]) -> list[Any]:
    value = found.get("value")
    return list(value) if isinstance(value, list) else [value]


def _same(left: Any, right: Any) -> bool:
    return type(left) is type(right) and bool(left == right)
