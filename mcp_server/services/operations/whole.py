"""Operations on a flag as a whole: on or off, its metadata, its end."""

from datetime import date
from difflib import get_close_matches
from typing import Any

from mcp_server.services.errors import InvalidInput
from mcp_server.services.operations.grammar import Operation

Definition = dict[str, Any]

LIFECYCLES = ("release", "experiment", "ops", "permanent")
METADATA = ("owner", "tags", "lifecycle", "expires", "safe_value", "payload_schema", "name")


def set_active(flag: Definition, operation: Operation) -> None:
    """Turn the flag on or off as a whole."""
    if not isinstance(operation.value, bool):
        raise InvalidInput(
            f"set_active takes true or false, not {operation.value!r}.", code="WRONG_TYPE", place="value"
        )
    if flag.get("deleted"):
        raise InvalidInput("The flag is archived.", hint="Use restore first.", code="ARCHIVED")
    flag["active"] = operation.value


def set_metadata(flag: Definition, operation: Operation) -> None:
    """Set or remove metadata. ``name`` is PostHog's own field; the rest lives in the ``drysail`` object."""
    own = flag.setdefault("drysail", {})
    for field, value in (operation.metadata or {}).items():
        if field not in METADATA:
            near = get_close_matches(field, METADATA, n=1)
            hint = f"Did you mean {near[0]!r}?" if near else f"Use one of: {', '.join(METADATA)}."
            raise InvalidInput(f"There is no metadata {field!r}.", hint=hint, code="UNKNOWN_METADATA", place="metadata")
        _check(field, value)
        target = flag if field == "name" else own
        if value is None:
            target.pop(field, None)
        else:
            target[field] = value


def archive(flag: Definition, operation: Operation) -> None:
    """Retire the flag."""
    flag["active"] = False
    flag["deleted"] = True


def restore(flag: Definition, operation: Operation) -> None:
    """Bring an archived flag back, off."""
    if not flag.get("deleted"):
        raise InvalidInput("The flag is not archived.", hint="Leave this operation out.", code="NO_CHANGE")
    flag["deleted"] = False
    flag["active"] = False


def _check(field: str, value: Any) -> None:
    """Raises InvalidInput unless the value fits the field (None always does: it removes)."""
    if value is None or field == "payload_schema":
        return
    if field in ("owner", "name") and isinstance(value, str):
        return
    if field == "lifecycle" and value in LIFECYCLES:
        return
    if field == "tags" and isinstance(value, list) and all(isinstance(tag, str) for tag in value):
        return
    if field == "safe_value" and isinstance(value, bool | str):
        return
    if field == "expires" and isinstance(value, str):
        try:
            date.fromisoformat(value)
        except ValueError:
            pass
        else:
            return
    wanted = {
        "owner": "text",
        "name": "text",
        "lifecycle": f"one of {', '.join(LIFECYCLES)}",
        "tags": "a list of texts",
        "safe_value": "true, false or a variant key",
        "expires": "a date such as 2027-03-31",
    }[field]
    raise InvalidInput(f"{field} is {wanted}, not {value!r}.", code="WRONG_TYPE", place=f"metadata.{field}")
