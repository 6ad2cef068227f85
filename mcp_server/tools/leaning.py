"""Schemas without what costs bytes and says nothing: every list of tools carries all of them."""

from typing import Any

Schema = dict[str, Any]

_NESTED = ("properties", "$defs")


def lean_input(schema: Schema) -> Schema:
    """The schema of arguments, which refuses unknown ones. An optional argument is left out, never null."""
    return {**_lean(schema, drop=("title",)), "additionalProperties": False}


def lean_output(schema: Schema) -> Schema:
    """The schema of an answer. Absent values are left out of answers, so null is not among the types."""
    return {name: part for name, part in _lean(schema, drop=("title", "default")).items() if name != "description"}


def _lean(schema: Schema, drop: tuple[str, ...]) -> Schema:
    lean: Schema = {}
    for name, part in _without_null(schema).items():
        if name in _NESTED:
            lean[name] = {key: _lean(value, drop) for key, value in part.items()}
        elif isinstance(part, dict):
            lean[name] = _lean(part, drop)
        elif name not in drop and not (name == "additionalProperties" and part is True):
            lean[name] = part
    return lean


def _without_null(schema: Schema) -> Schema:
    """``anyOf: [X, null], default: null`` as ``X``; of several, all but null."""
    choices = [choice for choice in schema.get("anyOf", ()) if choice.get("type") != "null"]
    if not choices:
        return schema
    rest = {name: part for name, part in schema.items() if name not in ("anyOf", "default")}
    return {**choices[0], **rest} if len(choices) == 1 else {"anyOf": choices, **rest}
