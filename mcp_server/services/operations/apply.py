"""Applying operations to a definition. Nothing outside the named fields changes."""

from collections.abc import Callable, Mapping, Sequence
from copy import deepcopy
from typing import Any

from mcp_server.services.errors import DrysailError, InvalidInput
from mcp_server.services.operations import conditions, variants, whole
from mcp_server.services.operations.grammar import Operation

Definition = dict[str, Any]

_APPLY: Mapping[str, Callable[[Definition, Operation], None]] = {
    "set_active": whole.set_active,
    "set_metadata": whole.set_metadata,
    "archive": whole.archive,
    "restore": whole.restore,
    "set_rollout": conditions.set_rollout,
    "add_condition": conditions.add_condition,
    "update_condition": conditions.update_condition,
    "remove_condition": conditions.remove_condition,
    "move_condition": conditions.move_condition,
    "add_value": conditions.add_value,
    "remove_value": conditions.remove_value,
    "set_dependency": conditions.set_dependency,
    "set_variants": variants.set_variants,
    "set_payload": variants.set_payload,
}


WHILE_ARCHIVED = ("restore", "archive", "set_metadata")
"""What an archived flag takes: its meaning stays as it was retired, or its key would be used for something else."""


def apply_operations(definition: Mapping[str, Any], operations: Sequence[Operation]) -> Definition:
    """The definition after the operations, in order; the given one stays as it is.

    The definition must carry condition ids. Raises InvalidInput with the operation's place.
    """
    changed: Definition = deepcopy(dict(definition))
    for index, operation in enumerate(operations):
        try:
            if changed.get("deleted") and operation.op not in WHILE_ARCHIVED:
                raise InvalidInput("The flag is archived.", hint="Use restore first.", code="ARCHIVED")
            _APPLY[operation.op](changed, operation)
        except DrysailError as error:
            error.place = f"operations[{index}]" + (f".{error.place}" if error.place else "")
            raise
    return changed
