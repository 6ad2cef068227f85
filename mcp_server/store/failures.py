"""What a database says when something goes wrong, in the words of the services."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy.exc import IntegrityError, SQLAlchemyError, StatementError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from mcp_server.services.errors import DrysailError, Refused, Unavailable

GUARD = "drysail: "
"""Begins every message of a trigger."""

EXISTS_ALREADY = "drysail: it exists already"
"""What the triggers say that stand in for a unique constraint (SQLite's REPLACE would get around that)."""

_SQLITE = {
    "SQLITE_BUSY": (
        "BUSY",
        "is in use by another process",
        "Try again; if it stays so, look for a process that hangs.",
    ),
    "SQLITE_LOCKED": ("BUSY", "is in use by another thread", "Try again."),
    "SQLITE_FULL": ("FULL", "cannot grow: the disk is full", "Free some space; nothing was lost."),
    "SQLITE_READONLY": ("READ_ONLY", "may not be written", "Check the permissions of the file and its folder."),
    "SQLITE_CANTOPEN": ("MISSING", "cannot be opened", "Check that the file exists and may be read."),
    "SQLITE_CORRUPT": ("CORRUPT", "is damaged", "Restore a backup of the file."),
    "SQLITE_NOTADB": ("CORRUPT", "is not a database", "Restore a backup of the file, or name another one."),
    "SQLITE_IOERR": ("IO_ERROR", "cannot be read or written: the disk reports an error", "Check the disk."),
}

_POSTGRESQL = {
    "55P03": (
        "BUSY",
        "is in use: another writer holds its lock",
        "Try again; if it stays so, look for a hanging process.",
    ),
    "57014": ("BUSY", "took too long to answer", "Try again."),
    "25P03": ("BUSY", "ended a transaction that was idle for too long", "Try again."),
    "25006": ("READ_ONLY", "may not be written", "Connect to the primary server, as a role that may write."),
    "42501": ("READ_ONLY", "does not grant the role what it needs", "Grant it the rights to the schema."),
    "42P01": ("MISSING", "lacks a table", "Run `drysail migrate`."),
    "53100": ("FULL", "cannot grow: the disk is full", "Free some space; nothing was lost."),
    "40001": ("BUSY", "could not order two transactions", "Try again."),
    "40P01": ("BUSY", "broke a deadlock", "Try again."),
}


@contextmanager
def translated(name: str) -> Iterator[None]:
    """Turns what the driver raises into Unavailable, or Refused where a trigger spoke. ``name`` is the database."""
    try:
        yield
    except PoolTimeout as error:
        raise unavailable(name, "BUSY", "is in use by other threads", "Try again.") from error
    except (sqlite3.Error, SQLAlchemyError) as error:
        cause = error.orig if isinstance(error, StatementError) else error
        translation = _translation(cause, name)
        if translation is None:
            raise
        raise translation from error


def unavailable(name: str, code: str, what: str, hint: str) -> Unavailable:
    """``The database NAME WHAT.``"""
    return Unavailable(f"The database {name} {what}.", hint=hint, code=f"DATABASE_{code}")


def guard_message(error: IntegrityError) -> str | None:
    """What a trigger said, if it was a trigger."""
    text = _first_line(error.orig)
    return text if text.startswith(GUARD) else None


def is_taken(error: IntegrityError) -> bool:
    """Whether something with the same key is there already."""
    name = getattr(error.orig, "sqlite_errorname", "")
    unique = name in ("SQLITE_CONSTRAINT_UNIQUE", "SQLITE_CONSTRAINT_PRIMARYKEY")
    return unique or getattr(error.orig, "sqlstate", "") == "23505" or guard_message(error) == EXISTS_ALREADY


def refusal(message: str) -> Refused:
    """What a trigger said, to the caller."""
    text = message.removeprefix(GUARD)
    return Refused(f"The database refuses: {text}.", hint="Changes go through proposals.", code="GUARDED")


def _translation(error: Any, name: str) -> DrysailError | None:
    if isinstance(error, DrysailError):
        return error
    text = _first_line(error)
    if text.startswith(GUARD):
        return refusal(text)
    state = getattr(error, "sqlstate", None)
    if state in _POSTGRESQL:
        return unavailable(name, *_POSTGRESQL[state])
    # Extended codes begin with the plain one: SQLITE_IOERR_FSYNC, SQLITE_BUSY_SNAPSHOT.
    plain = "_".join(getattr(error, "sqlite_errorname", "").split("_")[:2])
    if plain in _SQLITE:
        return unavailable(name, *_SQLITE[plain])
    if type(error).__module__.startswith("psycopg") and isinstance(error, _connection_errors()):
        return unavailable(name, "UNREACHABLE", f"cannot be reached ({text})", "Check the URL, and that it runs.")
    return None


def _connection_errors() -> tuple[type[Exception], ...]:
    import psycopg  # Only there with the extra ``postgres``, and then loaded already.

    return (psycopg.OperationalError, psycopg.InterfaceError)


def _first_line(error: object) -> str:
    return str(error).partition("\n")[0]
