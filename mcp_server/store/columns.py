"""Column types that mean the same on SQLite and PostgreSQL."""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import BigInteger, DateTime, Integer, String, Text
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator, TypeEngine

from evaluator import json_text
from mcp_server.services.errors import InvalidInput

BigNumber = BigInteger().with_variant(Integer, "sqlite")
"""64 bits on both; SQLite numbers rows by itself only where the type is called INTEGER."""


class PlainText(TypeDecorator[str]):
    """Text that every database can hold: no NUL and no lone surrogates.

    Binding anything else raises InvalidInput.
    """

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        """Checks the text."""
        return None if value is None else storable(value)


class JsonText(TypeDecorator[Any]):
    """JSON as text, so that numbers and the order of keys come back as they went in. None is SQL's NULL."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> str | None:
        """Writes JSON, and makes sure that it can be read again. Raises InvalidInput if it cannot."""
        return None if value is None else _readable(json_text.dumps(value))

    def process_result_value(self, value: Any, dialect: Dialect) -> Any:
        """Reads JSON."""
        return None if value is None else json_text.loads(value)


class UtcTime(TypeDecorator[datetime]):
    """A moment, to the microsecond. Goes in aware and comes back in UTC.

    PostgreSQL has a type for it; SQLite gets text of fixed width (``2026-11-22T08:15:00.000000Z``) that sorts by time.
    """

    impl = DateTime(timezone=True)
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """Text on SQLite."""
        return dialect.type_descriptor(String(27) if dialect.name == "sqlite" else DateTime(timezone=True))

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> Any:
        """Refuses naive times: nobody knows which moment they mean."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"{value!r} has no time zone.")
        return utc_text(value) if dialect.name == "sqlite" else value.astimezone(UTC)

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        """Aware UTC."""
        if value is None:
            return None
        return (datetime.fromisoformat(value) if isinstance(value, str) else value).astimezone(UTC)


def _readable(text: str) -> str:
    try:
        json_text.loads(storable(text))
    except json_text.InvalidJson as error:
        raise InvalidInput(f"The JSON {error}.", code="BAD_JSON") from error
    return text


def utc_text(moment: datetime) -> str:
    """ISO 8601 in UTC with six digits of fraction, whatever they are."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def storable(text: str) -> str:
    """The text itself. Raises InvalidInput if a database could not hold it."""
    if "\x00" in text:
        raise InvalidInput(f"{text[:40]!r} contains a NUL character.", hint="Remove it.", code="BAD_TEXT")
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise InvalidInput(
            f"{text[:40]!r} is not Unicode text: it has half of a surrogate pair at position {error.start}.",
            hint="Remove it.",
            code="BAD_TEXT",
        ) from error
    return text
