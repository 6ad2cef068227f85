"""Reading a policy file: YAML text to a policy with everything spelled out."""

from collections.abc import Iterator, Mapping
from datetime import date
from functools import cache
from typing import Any

from policies.policy import Approvals, Entry, Policy, PolicyException
from policies.policy_error import PolicyError, Problem, nearest
from policies.policy_preset import PRESETS, preset_text
from policies.policy_problem import schema_problems
from policies.policy_schema import ACTORS, OFF, SCOPES
from policies.policy_yaml import Document, Path, read_yaml
from policies.rules.registry import RULES
from policies.rules.scope import Scope
from policies.verdict import Level

__all__ = ["PolicyError", "Problem", "parse_policy", "preset"]

_UNNAMED = "custom"


def parse_policy(text: str, *, source: str) -> Policy:
    """Reads a policy file. ``source`` is its name in error messages; nothing in the file is executed.

    The file starts from the preset that it ``extends`` (``standard`` if it does not say). A rule without a scope
    replaces the preset's limits for it; a scoped one adds to them. Raises PolicyError with every problem found.
    """
    document = _checked(text, source)
    base = preset(document.value.get("extends", PRESETS[0]))
    return _built(document, base, source)


@cache
def preset(name: str) -> Policy:
    """A policy that comes with Drysail (``standard``, ``strict``, ``audit-only``). Raises KeyError for another name."""
    source = f"{name}.yaml"
    document = _checked(preset_text(name), source)
    return _built(document, Policy(version=1, name=name, entries=()), source)


def _checked(text: str, source: str) -> Document:
    document = read_yaml(text)
    problems = list(document.problems)
    if document.value is not None:
        told = {(problem.line, problem.column) for problem in problems}
        problems += [each for each in schema_problems(document) if (each.line, each.column) not in told]
    elif not problems:
        problems.append(Problem(1, 1, "The policy is empty.", "Begin with 'version: 1'."))
    if problems:
        raise PolicyError(source, problems)
    return document


def _built(document: Document, base: Policy, source: str) -> Policy:
    problems = [*_scope_problems(document), *_date_problems(document)]
    if problems:
        raise PolicyError(source, problems)
    content: Mapping[str, Any] = document.value
    return Policy(
        version=content["version"],
        name=content.get("name", _UNNAMED),
        entries=_entries(content.get("rules", {}), base),
        exceptions=tuple(PolicyException(**exception) for exception in content.get("exceptions", ())),
        approvals=_approvals(content.get("approvals", {}), base.approvals),
    )


def _entries(rules: Mapping[str, Any], base: Policy) -> tuple[Entry, ...]:
    """The preset's entries with the file's in their place or beside them, by rule, unscoped ones first."""
    unscoped = {entry.rule: entry for entry in base.entries if entry.where.is_empty}
    written = [(key.partition("@")[0], _scope(key, content), content) for key, content in rules.items()]
    for rule, scope, content in written:
        if not scope.is_empty:
            continue
        entry = _entry(rule, "", content, unscoped.get(rule), scope)
        unscoped.pop(rule, None)
        if entry is not None:
            unscoped[rule] = entry
    scoped = [entry for entry in base.entries if not entry.where.is_empty]
    for (rule, scope, content), key in zip(written, rules, strict=True):
        if not scope.is_empty:
            label = key.partition("@")[2] or "where"
            added = _entry(rule, label, content, unscoped.get(rule), scope)
            scoped += [added] if added is not None else []
    return tuple(sorted([*unscoped.values(), *scoped], key=lambda entry: (entry.rule, entry.scope)))


def _entry(rule: str, label: str, content: Mapping[str, Any], over: Entry | None, scope: Scope) -> Entry | None:
    """One entry; what it does not say is taken from the unscoped one, else from the rule's defaults. None if off."""
    known = RULES[rule]
    level = content.get("level", over.level if over is not None else known.level)
    if level == OFF:
        return None
    inherited = over.params.model_dump() if over is not None else {}
    params = known.params(**{**inherited, **content.get("params", {})})
    return Entry(rule=rule, scope=label, level=Level(level), params=params, where=scope)


def _scope(key: str, content: Mapping[str, Any]) -> Scope:
    """Where the entry applies: the scope in its key and its ``where`` taken together."""
    where = {name: tuple(values) for name, values in content.get("where", {}).items()}
    _, at, suffix = key.partition("@")
    if at:
        kind, _, value = suffix.partition(":")
        where[SCOPES[kind]] = (value,)
    return Scope(**where)


def _approvals(content: Mapping[str, Any], base: Approvals) -> Approvals:
    return Approvals(**{**base.model_dump(), **content, "tags": {**base.tags, **content.get("tags", {})}})


def _scope_problems(document: Document) -> Iterator[Problem]:
    for key, content in document.value.get("rules", {}).items():
        path: Path = ("rules", key)
        rule, at, suffix = key.partition("@")
        kind, _, value = suffix.partition(":")
        if kind == "actor" and value not in ACTORS:
            yield document.keys[path].problem(f"There is no actor '{value}'.", nearest(value, ACTORS))
        if at and SCOPES[kind] in content.get("where", {}):
            place = document.keys[(*path, "where", SCOPES[kind])]
            yield place.problem(f"The {kind} is scoped twice, by '@{suffix}' and by 'where'.", "Keep one of them.")
        if content.get("level") == OFF and (at or content.get("where")):
            place = document.place((*path, "level"))
            fix = f"To switch the rule off, write '{rule}' without a scope."
            yield place.problem("A scoped entry can only add limits.", fix)


def _date_problems(document: Document) -> Iterator[Problem]:
    for index, exception in enumerate(document.value.get("exceptions", ())):
        try:
            date.fromisoformat(exception["until"])
        except ValueError:
            yield document.place(("exceptions", index, "until")).problem(
                f"'{exception['until']}' is no date.", "Write year-month-day such as 2027-01-31."
            )
