"""Each distinct value once, each distinct context once, while a segment is filled."""

import json
import marshal
from array import array
from collections.abc import Collection, Iterable, Mapping, Sequence
from itertools import chain
from json.encoder import encode_basestring_ascii
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evaluator.context import MISSING, REDACTED, Context, JsonValue, Mark
from mcp_server.traffic.manifest import ColumnKind, ColumnName

MISSING_CODE = -1
REDACTED_CODE = -2

DEEPEST_VALUE = 64
MOST_COLUMNS = 1000

Properties = Mapping[str, JsonValue | Mark]

_encode = json.JSONEncoder(separators=(",", ":"), allow_nan=False).encode


class Unrecordable(ValueError):
    """The check cannot be written down; the recorder counts it as dropped."""


class Dictionary:
    """The distinct JSON values of one column, in order of arrival. 1, 1.0, true and "1" are four values."""

    __slots__ = ("_codes", "_strings", "texts")

    def __init__(self) -> None:
        self.texts: list[str] = []
        self._codes: dict[str, int] = {}
        self._strings: dict[str, int] = {}

    def code(self, value: JsonValue | Mark) -> int:
        """The value's code; marks have negative ones. Raises Unrecordable for what is no JSON value."""
        if type(value) is str:
            code = self._strings.get(value)
            if code is None:
                code = self._strings[value] = self._code_of_text(encode_basestring_ascii(value))
            return code
        if value is MISSING:
            return MISSING_CODE
        if value is REDACTED:
            return REDACTED_CODE
        return self._code_of_text(json_text(value))

    def _code_of_text(self, text: str) -> int:
        code = self._codes.get(text)
        if code is None:
            code = self._codes[text] = len(self.texts)
            self.texts.append(text)
        return code


class ContextTable:
    """The distinct contexts of one segment. ``kept`` are the property names that may be written (None: all)."""

    def __init__(self, kept: Collection[str] | None) -> None:
        self._kept = kept
        self._columns: dict[tuple[ColumnKind, str | None, str | None], int] = {}
        self._dictionaries: list[Dictionary] = []
        self._by_bytes: dict[bytes, int] = {}
        self._by_content: dict[tuple[int, ...], int] = {}
        self._subjects = self._column("subject", None, None)
        self._devices = self._column("device", None, None)

    def __len__(self) -> int:
        return len(self._by_content)

    def code(self, context: Context) -> int:
        """The context's number in this segment. Raises Unrecordable."""
        properties, group_properties = self._kept_part(context)
        try:
            # marshal tells the types of equal values apart, and is the quickest way to hash nested JSON values.
            identity: Any = (context.distinct_id, context.device_id, properties, context.groups, group_properties)
            key = marshal.dumps(identity, 2)
        except ValueError:
            return self._code_of_content(context, properties, group_properties)
        code = self._by_bytes.get(key)
        if code is None:
            code = self._by_bytes[key] = self._code_of_content(context, properties, group_properties)
        return code

    def columns(self) -> tuple[ColumnName, ...]:
        """The columns in the order of their numbers."""
        return tuple(ColumnName(kind=kind, group=group, name=name) for kind, group, name in self._columns)

    def texts(self) -> list[list[str]]:
        """Per column, the JSON texts of its values in the order of their codes."""
        return [dictionary.texts for dictionary in self._dictionaries]

    def codes(self) -> NDArray[np.int32]:
        """One row per column, one entry per context."""
        rows = list(self._by_content)
        lengths = np.fromiter((len(row) // 2 for row in rows), dtype=np.int64, count=len(rows))
        cells = np.frombuffer(array("i", chain.from_iterable(rows)), dtype=np.int32).reshape(-1, 2)
        matrix = np.full((len(self._columns), len(rows)), MISSING_CODE, dtype=np.int32)
        matrix[cells[:, 0], np.repeat(np.arange(len(rows)), lengths)] = cells[:, 1]
        return matrix

    def _kept_part(self, context: Context) -> tuple[Properties, Mapping[str, Properties]]:
        kept = self._kept
        if kept is None:
            return context.properties, context.group_properties
        properties = {name: value for name, value in context.properties.items() if name in kept}
        group_properties = {
            group: {name: value for name, value in values.items() if name in kept}
            for group, values in context.group_properties.items()
        }
        return properties, group_properties

    def _code_of_content(
        self, context: Context, properties: Properties, group_properties: Mapping[str, Properties]
    ) -> int:
        ids: tuple[Any, Any] = (context.distinct_id, context.device_id)
        if not isinstance(ids[0], str) or not isinstance(ids[1], str | None):
            raise Unrecordable("A distinct id or device id is no text.")
        cells = [self._cell("property", None, name, value) for name, value in properties.items()]
        cells += [self._cell("group", group, None, key) for group, key in context.groups.items()]
        for group, values in group_properties.items():
            cells += [self._cell("group_property", group, name, value) for name, value in values.items()]
        if context.device_id is not None:
            cells.append((self._devices, self._dictionaries[self._devices].code(context.device_id)))
        # Last, so that a context that cannot be written leaves no subject behind.
        cells.append((self._subjects, self._dictionaries[self._subjects].code(context.distinct_id)))
        row = tuple(chain.from_iterable(sorted(cell for cell in cells if cell[1] != MISSING_CODE)))
        return self._by_content.setdefault(row, len(self._by_content))

    def _cell(self, kind: ColumnKind, group: str | None, name: str | None, value: JsonValue | Mark) -> tuple[int, int]:
        column = self._column(kind, group, name)
        return column, self._dictionaries[column].code(value)

    def _column(self, kind: ColumnKind, group: str | None, name: str | None) -> int:
        key = (kind, group, name)
        number = self._columns.get(key)
        if number is None:
            if len(self._columns) >= MOST_COLUMNS:
                raise Unrecordable(f"The segment has {MOST_COLUMNS} columns already.")
            check_name(group)
            check_name(name)
            number = self._columns[key] = len(self._columns)
            self._dictionaries.append(Dictionary())
        return number


def json_text(value: JsonValue) -> str:
    """A value's JSON text, pure ASCII, numbers as Python writes them. Raises Unrecordable."""
    if type(value) in (dict, list, tuple) and not _is_shallow(value, DEEPEST_VALUE):
        raise Unrecordable(f"A value is nested deeper than {DEEPEST_VALUE} levels.")
    try:
        return _encode(value)
    except (TypeError, ValueError, RecursionError) as error:
        raise Unrecordable(f"A value of type {type(value).__name__} is no JSON value.") from error


def parse_texts(texts: Iterable[str]) -> list[JsonValue]:
    """The values of many JSON texts."""
    values: list[JsonValue] = json.loads(f"[{','.join(texts)}]")
    return values


def check_name(text: Any) -> None:
    """Raises Unrecordable for a name that no file can hold."""
    if text is None:
        return
    if not isinstance(text, str):
        raise Unrecordable(f"A name is a {type(text).__name__}, not text.")
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise Unrecordable("A name holds half a surrogate pair.") from error


def _is_shallow(value: JsonValue, levels: int) -> bool:
    if type(value) is dict:
        children: Sequence[JsonValue] = list(value.values())
    elif type(value) in (list, tuple):
        children = value
    else:
        return True
    return levels > 0 and all(_is_shallow(child, levels - 1) for child in children)
