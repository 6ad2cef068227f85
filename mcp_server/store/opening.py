"""From a URL to a store."""

from importlib.util import find_spec
from pathlib import Path

from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError

from mcp_server.services.errors import DrysailError, InvalidInput, Unavailable
from mcp_server.store.database import Database
from mcp_server.store.failures import translated, unavailable
from mcp_server.store.schema import schema_of
from mcp_server.store.sql_store import SqlStore

POSTGRESQL = ("postgresql", "postgres", "postgresql+psycopg")


def open_store(url: str, *, create: bool) -> SqlStore:
    """Opens the store at ``sqlite:///PATH`` or ``postgresql://USER:PASSWORD@HOST/DATABASE``.

    With ``create`` an empty or missing one gets its tables first; several processes may try at once. A database of an
    older or a newer schema is left alone: Unavailable, code ``DATABASE_OLDER`` (run ``drysail migrate``) or
    ``DATABASE_NEWER``. Raises InvalidInput for a URL that is neither, Unavailable for all else that is in the way.
    """
    database = database_at(url)
    try:
        with translated(database.name):
            if create:
                _create(database)
            elif not database.exists():
                raise unavailable(database.name, "MISSING", "does not exist", "Check the path, or create a home first.")
            return SqlStore(database)
    except DrysailError:
        database.close()
        raise


def migrate(url: str) -> tuple[str | None, str]:
    """Upgrades the database to this program's schema, in one transaction; there is no way back.

    Stop the servers that use it first. Returns the schema number before (None: it was empty) and after. Raises
    Unavailable, code ``DATABASE_NEWER`` if it was made by a newer program.
    """
    from mcp_server.store.migrating import upgrade  # Alembic takes a while to import.

    database = database_at(url)
    try:
        with translated(database.name):
            if not database.exists():
                raise unavailable(database.name, "MISSING", "does not exist", "Check the path.")
            return upgrade(database)
    finally:
        database.close()


def _create(database: Database) -> None:
    if database.exists():
        with database.reader.begin() as connection:
            if schema_of(connection) is not None:
                return
    from mcp_server.store.migrating import upgrade  # Alembic takes a while to import.

    database.create()
    upgrade(database)


def database_at(text: str) -> Database:
    """The database that a URL names, not yet connected to. Raises InvalidInput, or Unavailable without the driver."""
    try:
        url = make_url(text)
    except ArgumentError as error:
        raise _bad_url(text) from error
    if url.drivername in ("sqlite", "sqlite+pysqlite"):
        return _sqlite(url, text)
    if url.drivername in POSTGRESQL:
        return _postgresql(url)
    raise _bad_url(text)


def _sqlite(url: URL, text: str) -> Database:
    from mcp_server.store.sqlite import SqliteDatabase

    if not url.database or url.database == ":memory:":
        raise InvalidInput(
            f"{text} names no file.", hint="Write sqlite:///path/to/file: processes share it.", code="BAD_DATABASE_URL"
        )
    return SqliteDatabase(Path(url.database))


def _postgresql(url: URL) -> Database:
    if find_spec("psycopg") is None:
        raise Unavailable(
            "PostgreSQL needs the package psycopg.", hint="Install drysail[postgres].", code="DRIVER_MISSING"
        )
    from mcp_server.store.postgresql import PostgresqlDatabase

    return PostgresqlDatabase(url.set(drivername="postgresql+psycopg"))


def _bad_url(text: str) -> InvalidInput:
    scheme = text.partition(":")[0]
    return InvalidInput(
        f"A database URL cannot begin with {scheme!r}.",
        hint="Write sqlite:///PATH or postgresql://USER:PASSWORD@HOST/DATABASE.",
        code="BAD_DATABASE_URL",
    )
