"""What is wrong with a call's arguments, in one sentence each, from the same schema that the caller was shown."""

from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from typing import Any

from pydantic import ValidationError

from evaluator import json_text
from mcp_server.services.foreign_text import clean

MOST_PROBLEMS = 4

_PLAIN = {
    "string": "text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "object": "an object",
}
_PLURAL = {"string": "texts", "object": "objects"}


def unknown_argument(tool: str, schema: Mapping[str, Any], arguments: Mapping[str, Any]) -> str | None:
    """The remark on the first argument that the tool does not have; None if there is none."""
    known = list(schema["properties"])
    for argument in arguments:
        if argument not in known:
            near = get_close_matches(argument, known, n=1)
            hint = f"Did you mean {near[0]!r}? " if near else ""
            given = clean(argument, 60)
            return f"[UNKNOWN_ARGUMENT] {tool} takes no argument {given!r}. {hint}It takes: {', '.join(known)}."
    return None


def wrong_arguments(tool: str, schema: Mapping[str, Any], error: ValidationError) -> str:
    """All that is missing or of a wrong kind."""
    problems = error.errors(include_url=False, include_context=False)
    missing = [str(problem["loc"][0]) for problem in problems if problem["type"] == "missing"]
    if missing:
        shown = "; ".join(_described(schema, name) for name in missing)
        return f"[MISSING_ARGUMENT] {tool} needs {shown}."
    wrong = dict.fromkeys(_wrong(schema, problem["loc"], problem["input"]) for problem in problems)
    return f"[WRONG_ARGUMENT] {tool}: {' '.join(list(wrong)[:MOST_PROBLEMS])}"


def _described(schema: Mapping[str, Any], name: str) -> str:
    description = schema["properties"][name].get("description", "")
    return f"{name} ({description})" if description else name


def _wrong(schema: Mapping[str, Any], path: Sequence[int | str], given: Any) -> str:
    place, part = "", schema
    for step in path:
        if isinstance(step, int):
            place, part = f"{place}[{step}]", part.get("items") or {}
        else:
            inner = (part.get("properties") or {}).get(step) or part.get("additionalProperties")
            place = f"{place}.{step}" if place else str(step)
            part = inner if isinstance(inner, dict) else {}
    choices = part.get("enum") or ()
    near = get_close_matches(str(given), list(map(str, choices)), n=1)
    hint = f" Did you mean {near[0]!r}?" if near else ""
    return f"{place} must be {_wanted(part)}, not {clean(json_text.dumps(given), 60)}.{hint}"


def _wanted(schema: Mapping[str, Any]) -> str:
    if "enum" in schema:
        return f"one of {', '.join(map(str, schema['enum']))}"
    kind = str(schema.get("type", ""))
    if kind == "array":
        inner = str((schema.get("items") or {}).get("type", ""))
        return f"a list of {_PLURAL.get(inner, 'values')}"
    if kind == "object" and isinstance(schema.get("additionalProperties"), dict):
        inner = str(schema["additionalProperties"].get("type", ""))
        return f"an object of {_PLURAL.get(inner, 'values')}"
    wanted = _PLAIN.get(kind, "another value")
    if "minimum" in schema and "maximum" in schema:
        wanted += f" from {schema['minimum']} to {schema['maximum']}"
    if "pattern" in schema:
        wanted += f" of the form {schema['pattern']}"
    if "maxLength" in schema:
        wanted += f" of at most {schema['maxLength']} characters"
    return wanted
