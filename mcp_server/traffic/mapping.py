"""Which column of somebody's table is what: ``distinct_id=user_id``, ``property.age:integer=age``."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, get_args

from mcp_server.services.errors import InvalidInput
from mcp_server.services.traffic_files import NO_FLAG
from mcp_server.traffic.columnar import ContextColumn, Type
from mcp_server.traffic.manifest import ColumnName

ZONED: Final = r":[0-9]{2}.*([zZ]|[+-][0-9]{2}(:?[0-9]{2})?)$"

TIME_TYPES: Final[Mapping[str, str]] = {
    "iso": f"CASE WHEN regexp_matches({{at}}, '{ZONED}') THEN epoch_us(try_cast({{at}} AS TIMESTAMPTZ)) END",
    "utc": f"CASE WHEN NOT regexp_matches({{at}}, '{ZONED}') THEN epoch_us(try_cast({{at}} AS TIMESTAMP)) "
    "ELSE epoch_us(try_cast({at} AS TIMESTAMPTZ)) END",
    "seconds": "try_cast(round(try_cast({at} AS DECIMAL(30, 9)) * 1000000) AS BIGINT)",
    "milliseconds": "try_cast(round(try_cast({at} AS DECIMAL(30, 9)) * 1000) AS BIGINT)",
}
"""SQL for UTC microseconds. ``iso`` wants a time zone in the text; ``utc`` takes times without one to be UTC."""

CONSTANT: Final = "constant"
SQL_KINDS: Final[Mapping[str, Type]] = {
    "BOOLEAN": "boolean",
    **dict.fromkeys(("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT"), "integer"),
    **dict.fromkeys(("UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT", "UHUGEINT"), "integer"),
    **dict.fromkeys(("FLOAT", "DOUBLE"), "number"),
}
EXAMPLE: Final = "For example --map distinct_id=user_id --map at=time --map flag=flag --map value=answer."

Text = Callable[[str], str]
"""The SQL for a column's text, null where it is empty."""


@dataclass(frozen=True, slots=True)
class Source:
    """Where a value comes from: a column, or one word for all rows."""

    name: str
    is_constant: bool = False

    def sql(self, text: Text) -> str:
        """The SQL for it."""
        return "'" + self.name.replace("'", "''") + "'" if self.is_constant else text(self.name)


@dataclass(frozen=True, slots=True)
class MappedColumn:
    """A column of contexts: what it is, its column in the table, and its type (None: not stated)."""

    name: ColumnName
    label: str
    source: str
    type: Type


@dataclass(frozen=True, slots=True)
class Mapped:
    """A whole mapping, checked against the table's columns. Without ``flag`` and ``value`` only contexts are known."""

    at: str
    time_type: str
    contexts: Sequence[MappedColumn]
    flag: Source | None
    value: Source | None
    revision: Source | None
    sdk: Source | None

    def contexts_of_chunk(self) -> list[ContextColumn]:
        """The columns as ``take_chunk`` wants them."""
        return [ContextColumn(each.name, each.type, each.source) for each in self.contexts]

    def flag_sql(self, text: Text) -> str:
        """The flag's key."""
        return f"'{NO_FLAG}'" if self.flag is None else self.flag.sql(text)

    def answer_sql(self, text: Text) -> str:
        """The answer as JSON: true, false and null are these, everything else is a variant."""
        if self.value is None:
            return "'null'"
        answer = self.value.sql(text)
        word = f"lower({answer})"
        return f"CASE WHEN {word} IN ('true', 'false', 'null') THEN {word} ELSE to_json({answer})::VARCHAR END"

    def revision_sql(self, text: Text) -> str:
        """The environment's revision that answered; 0 where it is not known."""
        if self.revision is None:
            return "0::BIGINT"
        found = self.revision.sql(text)
        return f"CASE WHEN {found} IS NULL THEN 0 ELSE try_cast({found} AS BIGINT) END"

    def sdk_sql(self, text: Text) -> str:
        """Name and version of the client."""
        return "''" if self.sdk is None else f"coalesce({self.sdk.sql(text)}, '')"


def mapped_columns(pairs: Sequence[tuple[str, str]], kinds: Mapping[str, str], place: str) -> Mapped:
    """Reads a mapping for a table of which ``kinds`` tells each column's SQL type.

    Raises InvalidInput naming what is wrong with it.
    """
    targets: dict[str, tuple[str | None, str]] = {}
    for target, column in pairs:
        name, type_ = _split(target)
        if name in targets:
            raise _wrong(f"{name} is mapped twice.", place)
        if type_ != CONSTANT and column not in kinds:
            raise _wrong(f"There is no column {column!r}; there are {', '.join(list(kinds)[:30])}.", place)
        targets[name] = type_, column
    for needed in ("distinct_id", "at"):
        if needed not in targets:
            raise _wrong(f"The mapping does not say which column is {needed}.", place)
    if ("flag" in targets) != ("value" in targets):
        raise _wrong("A flag without its answer says nothing, nor does an answer without its flag: map both.", place)
    time_type, at = targets.pop("at")
    if time_type not in (None, *TIME_TYPES):
        raise _wrong(f"at cannot be of type {time_type}; it can be {', '.join(TIME_TYPES)}.", place)
    others = {name: _source(targets.pop(name, None)) for name in ("flag", "value", "revision", "sdk")}
    return Mapped(at=at, time_type=time_type or "iso", contexts=_contexts(targets, kinds, place), **others)


def _source(target: tuple[str | None, str] | None) -> Source | None:
    return None if target is None else Source(target[1], target[0] == CONSTANT)


def _contexts(
    targets: Mapping[str, tuple[str | None, str]], kinds: Mapping[str, str], place: str
) -> list[MappedColumn]:
    columns = []
    for target, (type_, column) in targets.items():
        name = _column_name(target, place)
        of_person = name.kind in ("property", "group_property")
        if type_ is not None and (type_ not in get_args(Type) or not of_person):
            raise _wrong(f"{target} cannot be of type {type_}.", place)
        inferred = _inferred(kinds[column]) if of_person else "text"
        columns.append(MappedColumn(name, target, column, type_ or inferred))  # type: ignore[arg-type]
    ids = [next((each for each in columns if each.name.kind == kind), None) for kind in ("subject", "device")]
    return [*(each for each in ids if each), *(each for each in columns if each not in ids)]


def _inferred(kind: str) -> Type:
    if kind.startswith("DECIMAL"):
        return "number"
    if kind.endswith("[]") or kind.startswith(("STRUCT", "MAP", "JSON")):
        return "json"
    return SQL_KINDS.get(kind, "text")


def _column_name(target: str, place: str) -> ColumnName:
    kind, _, rest = target.partition(".")
    if target == "distinct_id":
        return ColumnName(kind="subject")
    if target == "device_id":
        return ColumnName(kind="device")
    if kind == "property" and rest:
        return ColumnName(kind="property", name=rest)
    if kind == "group" and rest:
        return ColumnName(kind="group", group=rest)
    group, _, name = rest.partition(".")
    if kind == "group_property" and group and name:
        return ColumnName(kind="group_property", group=group, name=name)
    raise _wrong(
        f"{target!r} is nothing that a check has; it has at, distinct_id, device_id, flag, value, revision, sdk, "
        "property.NAME, group.TYPE and group_property.TYPE.NAME.",
        place,
    )


def _split(target: str) -> tuple[str, str | None]:
    name, colon, type_ = target.rpartition(":")
    known = (*get_args(Type), *TIME_TYPES, CONSTANT)
    return (name, type_) if colon and type_ in known else (target, None)


def _wrong(message: str, place: str) -> InvalidInput:
    return InvalidInput(message, hint=EXAMPLE, code="BAD_MAPPING", place=place)
