"""YAML with places: plain data and where each piece of it was written. Nothing is ever constructed or executed.

Scalars are read by the JSON-like rules of YAML 1.2: ``on``, ``off``, ``yes`` and ``no`` are text, as are dates,
``12:30``, ``0x1F`` and ``1_000``. Numbers that older YAML reads in another base (``010``) are refused.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from math import isfinite
from typing import Any

import yaml

from policies.policy_error import Problem

MAX_DEPTH = 32
"""How deep a policy file may nest. The deepest meaningful value lies at six."""

Path = tuple[str | int, ...]

_INTEGER = re.compile(r"[-+]?(0|[1-9][0-9]*)")
_FLOAT = re.compile(r"[-+]?((0|[1-9][0-9]*)(\.[0-9]*)?|\.[0-9]+)([eE][-+]?[0-9]+)?")
_LEADING_ZERO = re.compile(r"[-+]?0[0-9]+(\.[0-9]*)?")
_MOST_DIGITS = 40


@dataclass(frozen=True, slots=True)
class Place:
    """A position in the file; both count from 1."""

    line: int
    column: int

    def problem(self, message: str, fix: str) -> Problem:
        """A problem here."""
        return Problem(self.line, self.column, message, fix)


@dataclass(slots=True)
class Document:
    """A read file. ``values`` and ``keys`` hold the places of values and of mapping keys, by path."""

    value: Any = None
    values: dict[Path, Place] = field(default_factory=dict)
    keys: dict[Path, Place] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)

    def place(self, path: Path) -> Place:
        """Where a value was written."""
        return self.values[path]


def read_yaml(text: str) -> Document:
    """Reads one YAML document. What is wrong with it is in ``problems``; the rest is read as far as it goes."""
    document = Document()
    try:
        loader = _Loader(text)
        node = loader.get_single_node()
    except _Refused as refusal:
        document.problems.append(refusal.problem)
    except yaml.MarkedYAMLError as error:
        document.problems.append(_syntax_problem(error))
    except yaml.reader.ReaderError as error:
        document.problems.append(_character_problem(text, error))
    except (ValueError, OverflowError):
        escape = _place(loader.get_mark())
        document.problems.append(escape.problem("This escape names no character.", "Write the character itself."))
    else:
        if node is not None:
            document.value = _value(node, (), document)
    return document


class _Refused(Exception):
    """A construct that a policy file may not use."""

    def __init__(self, mark: Any, message: str, fix: str) -> None:
        self.problem = _place(mark).problem(message, fix)


class _Loader(yaml.SafeLoader):
    """Composes nodes, but no aliases (they can blow up), no tags (they construct things), nothing too deep."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self._depth = 0

    def compose_node(self, parent: yaml.Node | None, index: Any) -> yaml.Node | None:
        event: Any = self.peek_event()  # type: ignore[no-untyped-call]
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None) is not None:
            raise _Refused(event.start_mark, "Anchors and aliases are not read.", "Write the value out.")
        if getattr(event, "tag", None) is not None:
            raise _Refused(event.start_mark, f"The tag '{event.tag}' is not read.", "Remove it.")
        if self._depth >= MAX_DEPTH:
            raise _Refused(event.start_mark, f"Nests deeper than {MAX_DEPTH} levels.", "Flatten it.")
        self._depth += 1
        try:
            return super().compose_node(parent, index)
        finally:
            self._depth -= 1


def _value(node: yaml.Node, path: Path, document: Document) -> Any:
    document.values[path] = _place(node.start_mark)
    if isinstance(node, yaml.MappingNode):
        return {key: _value(value, (*path, key), document) for key, value in _entries(node, path, document)}
    if isinstance(node, yaml.SequenceNode):
        return [_value(item, (*path, index), document) for index, item in enumerate(node.value)]
    return _scalar(node, document)


def _entries(node: yaml.MappingNode, path: Path, document: Document) -> Iterator[tuple[str, yaml.Node]]:
    """Key and value nodes; a key that is written twice, or is no text, is a problem and left out."""
    first: dict[str, Place] = {}
    for key_node, value_node in node.value:
        place = _place(key_node.start_mark)
        if not isinstance(key_node, yaml.ScalarNode):
            document.problems.append(place.problem("A key must be text.", "Write 'name: value'."))
            continue
        key = str(key_node.value)
        if key in first:
            message = f"'{key}' is written twice; the first time on line {first[key].line}."
            document.problems.append(place.problem(message, "Keep one of them."))
            continue
        first[key] = document.keys[(*path, key)] = place
        yield key, value_node


def _scalar(node: yaml.Node, document: Document) -> Any:
    text = str(node.value)
    if getattr(node, "style", None) is not None:
        return text
    if text in ("", "~", "null", "Null", "NULL"):
        return None
    if text in ("true", "True", "TRUE", "false", "False", "FALSE"):
        return text.lower() == "true"
    if _LEADING_ZERO.fullmatch(text):
        message = f"The number '{text}' is read differently by different programs."
        document.problems.append(_place(node.start_mark).problem(message, "Remove the leading zero, or quote it."))
        return text
    if len(text) <= _MOST_DIGITS and _INTEGER.fullmatch(text):
        return int(text)
    if len(text) <= _MOST_DIGITS and _FLOAT.fullmatch(text) and isfinite(float(text)):
        return float(text)
    return text


def _place(mark: Any) -> Place:
    return Place(mark.line + 1, mark.column + 1)


def _syntax_problem(error: yaml.MarkedYAMLError) -> Problem:
    mark = error.problem_mark or error.context_mark
    place = _place(mark) if mark is not None else Place(1, 1)
    what = " ".join(part for part in (error.context, error.problem) if part)
    return place.problem(f"This is not YAML: {what}.", "Check indentation, colons and quotes around this place.")


def _character_problem(text: str, error: yaml.reader.ReaderError) -> Problem:
    before = text[: error.position]
    place = Place(before.count("\n") + 1, error.position - (before.rfind("\n") + 1) + 1)
    return place.problem(f"The character U+{ord(text[error.position]):04X} is not allowed here.", "Remove it.")
