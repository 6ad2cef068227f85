"""The grammar of operations: one flat object each, its fields checked per ``op``."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any, Literal

from pydantic import ConfigDict, Field, ValidationError

from mcp_server.services.errors import InvalidInput
from mcp_server.services.record import Record

OperationName = Literal[
    "set_active",
    "set_rollout",
    "add_condition",
    "update_condition",
    "remove_condition",
    "move_condition",
    "set_variants",
    "set_payload",
    "add_value",
    "remove_value",
    "set_dependency",
    "set_metadata",
    "archive",
    "restore",
]


class Operation(Record):
    """One intent. Which fields an ``op`` takes is in the grammar; all others stay out."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    op: OperationName
    condition: str | None = Field(default=None, description="permanent condition id, as get_flag shows it (c1)")
    filters: list[dict[str, Any]] | None = Field(default=None, description="[{key, operator, value, type?}]")
    rollout_percentage: float | int | None = Field(default=None, description="0 to 100")
    variant: str | None = Field(default=None, description="variant key; for set_payload also 'true'")
    variants: list[dict[str, Any]] | None = Field(default=None, description="[{key, rollout_percentage, name?}]")
    payload: Any = None
    property: str | None = None
    value: Any = None
    flag: str | None = None
    position: int | None = Field(default=None, description="0-based place among the conditions")
    metadata: dict[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Form:
    """What one operation takes, and an example of it."""

    required: tuple[str, ...]
    optional: tuple[str, ...]
    meaning: str
    example: Mapping[str, Any]


GRAMMAR: Mapping[str, Form] = {
    "set_active": Form(("value",), (), "Turn the flag on or off as a whole.", {"op": "set_active", "value": False}),
    "set_rollout": Form(
        ("condition", "rollout_percentage"),
        (),
        "Change one condition's rollout.",
        {"op": "set_rollout", "condition": "c1", "rollout_percentage": 20},
    ),
    "add_condition": Form(
        ("filters", "rollout_percentage"),
        ("variant", "position"),
        "Add a condition (last, unless position says otherwise). An empty filter list matches everyone.",
        {
            "op": "add_condition",
            "filters": [{"key": "plan", "operator": "exact", "value": ["pro"]}],
            "rollout_percentage": 10,
        },
    ),
    "update_condition": Form(
        ("condition",),
        ("filters", "rollout_percentage", "variant"),
        "Replace the named parts of one condition; variant '' removes its override.",
        {
            "op": "update_condition",
            "condition": "c2",
            "filters": [{"key": "country", "operator": "exact", "value": ["DE", "FR"]}],
        },
    ),
    "remove_condition": Form(
        ("condition",), (), "Remove one condition.", {"op": "remove_condition", "condition": "c2"}
    ),
    "move_condition": Form(
        ("condition", "position"),
        (),
        "Move one condition; the first that matches decides.",
        {"op": "move_condition", "condition": "c3", "position": 0},
    ),
    "set_variants": Form(
        ("variants",),
        (),
        "Replace the list of variants; their rollout_percentage must add up to 100. An empty list makes it boolean.",
        {
            "op": "set_variants",
            "variants": [{"key": "control", "rollout_percentage": 50}, {"key": "fast", "rollout_percentage": 50}],
        },
    ),
    "set_payload": Form(
        ("variant",),
        ("payload",),
        "Set the payload of a variant ('true' for a boolean flag); without payload it is removed.",
        {"op": "set_payload", "variant": "true", "payload": {"limit": 5}},
    ),
    "add_value": Form(
        ("condition", "property", "value"),
        (),
        "Add one value to the list of the condition's filter on that property.",
        {"op": "add_value", "condition": "c1", "property": "country", "value": "FR"},
    ),
    "remove_value": Form(
        ("condition", "property", "value"),
        (),
        "Remove one value from the list of the condition's filter on that property.",
        {"op": "remove_value", "condition": "c1", "property": "country", "value": "FR"},
    ),
    "set_dependency": Form(
        ("condition", "flag", "value"),
        (),
        "Make a condition need another flag: value true (any on), false (off) or a variant key; null removes it.",
        {"op": "set_dependency", "condition": "c1", "flag": "payments-v2", "value": True},
    ),
    "set_metadata": Form(
        ("metadata",),
        (),
        "Set owner, tags, lifecycle (release, experiment, ops, permanent), expires (date), safe_value, "
        "payload_schema, name; null removes one. No subject moves.",
        {"op": "set_metadata", "metadata": {"owner": "growth", "expires": "2027-03-31"}},
    ),
    "archive": Form((), (), "Retire the flag: off for everyone, hidden, its key never reused.", {"op": "archive"}),
    "restore": Form((), (), "Bring an archived flag back, off.", {"op": "restore"}),
}


def grammar_text() -> str:
    """The grammar as lines of plain text, for a resource and for error texts."""
    lines = []
    for name, form in GRAMMAR.items():
        fields = ", ".join([*form.required, *(f"{field}?" for field in form.optional)]) or "no fields"
        lines.append(f"{name}({fields}): {form.meaning}")
    return "\n".join(lines)


def parse_operations(operations: Sequence[Mapping[str, Any]]) -> tuple[Operation, ...]:
    """Checks each operation against the grammar. Raises InvalidInput naming the place, the fix and near misses."""
    if not operations:
        raise InvalidInput(
            "A change needs at least one operation.",
            hint=f"For example {dict(GRAMMAR['set_rollout'].example)}.",
            code="NO_OPERATIONS",
        )
    return tuple(_parse(operation, f"operations[{index}]") for index, operation in enumerate(operations))


def _parse(operation: Mapping[str, Any], place: str) -> Operation:
    name = operation.get("op")
    if not isinstance(name, str) or name not in GRAMMAR:
        near = get_close_matches(str(name), GRAMMAR, n=2)
        hint = f"Did you mean {' or '.join(near)}?" if near else f"Use one of: {', '.join(GRAMMAR)}."
        raise InvalidInput(f"There is no operation {name!r}.", hint=hint, code="UNKNOWN_OPERATION", place=f"{place}.op")
    form = GRAMMAR[name]
    allowed = {"op", *form.required, *form.optional}
    for field in operation:
        if field not in allowed:
            near = get_close_matches(field, allowed, n=1)
            hint = (
                f"Did you mean {near[0]!r}?"
                if near
                else f"It takes: {', '.join(sorted(allowed - {'op'})) or 'nothing'}."
            )
            raise InvalidInput(f"{name} takes no field {field!r}.", hint=hint, code="UNKNOWN_FIELD", place=place)
    missing = [field for field in form.required if field not in operation]
    if missing:
        raise InvalidInput(
            f"{name} needs {' and '.join(missing)}.",
            hint=f"For example {dict(form.example)}.",
            code="MISSING_FIELD",
            place=place,
        )
    try:
        return Operation.model_validate(dict(operation))
    except ValidationError as error:
        first = error.errors()[0]
        field = ".".join(str(part) for part in first["loc"])
        raise InvalidInput(
            f"{field}: {first['msg']}.",
            hint=f"For example {dict(form.example)}.",
            code="WRONG_TYPE",
            place=place,
        ) from None
