"""From JSON Schema errors to problems that a person can act on."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError

from policies.policy_error import Problem, nearest
from policies.policy_schema import SCOPES, policy_schema
from policies.policy_yaml import Document, Path
from policies.rules.registry import RULES


def schema_problems(document: Document) -> list[Problem]:
    """Everything in which the document departs from the schema of policy files."""
    validator = Draft202012Validator(policy_schema())
    return [problem for error in validator.iter_errors(document.value) for problem in _explained(error, document)]


def _explained(error: ValidationError, document: Document) -> Iterator[Problem]:
    path: Path = tuple(error.absolute_path)
    if error.validator == "additionalProperties":
        yield from _unknown_keys(error, path, document)
        return
    explain = _EXPLANATIONS.get(str(error.validator), _otherwise)
    message, fix = explain(error, _name(path))
    yield document.place(path).problem(message, fix)


def _unknown_keys(error: ValidationError, path: Path, document: Document) -> Iterator[Problem]:
    instance: Any = error.instance
    if path == ("rules",):
        unknown = [key for key in instance if not _is_rule(key)]
        explain: Callable[[str], tuple[str, str]] = _unknown_rule
    else:
        schema: Any = error.schema
        known = schema.get("properties", {})
        unknown = [key for key in instance if key not in known]
        place = f" in '{_name(path)}'" if path else ""

        def explain(key: str) -> tuple[str, str]:
            return f"'{key}' is unknown{place}.", nearest(key, known)

    for key in unknown:
        message, fix = explain(key)
        yield document.keys[(*path, key)].problem(message, fix)


def _is_rule(key: str) -> bool:
    rule, at, scope = key.partition("@")
    kind, colon, value = scope.partition(":")
    return rule in RULES and (not at or (kind in SCOPES and bool(colon) and bool(value)))


def _unknown_rule(key: str) -> tuple[str, str]:
    rule, _, scope = key.partition("@")
    if rule not in RULES:
        return f"There is no rule '{rule}'.", nearest(rule, RULES, most=len(RULES))
    kinds = ", ".join(f"@{kind}:" for kind in SCOPES)
    return f"'@{scope}' is no scope.", f"Scopes begin with {kinds} and name one thing."


def _wrong_type(error: ValidationError, name: str) -> tuple[str, str]:
    wanted = str(error.validator_value)
    what, fix = _TYPES[wanted]
    if wanted == "array" and isinstance(error.instance, str):
        fix = f"Write [{error.instance}]."
    if error.instance is None:
        fix = f"{fix[:-1]}, or remove the line."
    subject = f"'{name}'" if name else "The policy"
    return f"{subject} must be {what}, not {_shown(error.instance)}.", fix


_TYPES = {
    "number": ("a number", "Write a number such as 5 or 0.5."),
    "integer": ("a whole number", "Write a whole number such as 1000."),
    "string": ("text", "Put it in quotes."),
    "array": ("a list", "Write a list such as [a, b]."),
    "object": ("a mapping", "Write indented 'name: value' lines."),
}


def _not_listed(error: ValidationError, name: str) -> tuple[str, str]:
    values: Any = error.validator_value
    allowed = [str(value) for value in values]
    if not isinstance(error.instance, str):
        return f"'{name}' cannot be {_shown(error.instance)}.", f"Choose from {', '.join(allowed)}."
    return f"'{name}' cannot be '{error.instance}'.", nearest(error.instance, allowed, most=len(allowed))


def _missing(error: ValidationError, name: str) -> tuple[str, str]:
    required: Any = error.validator_value
    present: Any = error.instance
    missing = [key for key in required if key not in present]
    where = f" in '{name}'" if name else ""
    return f"Missing{where}: {', '.join(missing)}.", "Add it." if len(missing) == 1 else "Add them."


def _out_of_range(error: ValidationError, name: str) -> tuple[str, str]:
    bound = _BOUNDS[str(error.validator)]
    message = f"'{name}' must be {bound} {error.validator_value}, not {error.instance}."
    return message, "Choose a value within the range."


_BOUNDS = {
    "minimum": "at least",
    "maximum": "at most",
    "exclusiveMinimum": "more than",
    "exclusiveMaximum": "less than",
}


def _empty(_: ValidationError, name: str) -> tuple[str, str]:
    return f"'{name}' is empty.", "Fill it in, or remove it."


def _wrong_version(error: ValidationError, name: str) -> tuple[str, str]:
    return f"'{name}' cannot be {_shown(error.instance)}.", f"Write {name}: {error.validator_value}."


def _no_date(error: ValidationError, _: str) -> tuple[str, str]:
    return f"'{error.instance}' is no date.", "Write year-month-day such as 2027-01-31."


def _otherwise(error: ValidationError, name: str) -> tuple[str, str]:
    return f"'{name}' is not valid ({error.validator}).", "See the schema of policy files."


_EXPLANATIONS: Mapping[str, Callable[[ValidationError, str], tuple[str, str]]] = {
    "type": _wrong_type,
    "enum": _not_listed,
    "required": _missing,
    "const": _wrong_version,
    "pattern": _no_date,
    "minLength": _empty,
    "minItems": _empty,
    "minProperties": _empty,
    **dict.fromkeys(_BOUNDS, _out_of_range),
}


def _name(path: Path) -> str:
    """How a message names a value: ``exceptions[0]``, ``max_pp``; the file itself has no name."""
    if not path:
        return ""
    last = path[-1]
    return f"{path[-2]}[{last}]" if isinstance(last, int) and len(path) > 1 else str(last)


def _shown(value: Any) -> str:
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return f"the text '{value}'"
    if isinstance(value, int | float):
        return f"the number {value}"
    return "a list" if isinstance(value, list) else "a mapping"
