"""The store of a home, on either database."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import text
from sqlmodel import Session

from mcp_server.services.ports import Reader, Writer
from mcp_server.store.database import Database
from mcp_server.store.failures import translated
from mcp_server.store.reader import SqlReader
from mcp_server.store.schema import check_schema, check_still_ours, schema_of
from mcp_server.store.writer import SqlWriter


class SqlStore:
    """Implements ``Store``. May be shared by threads; each transaction has a connection of its own."""

    def __init__(self, database: Database) -> None:
        """Raises Unavailable if the database cannot be reached or has another schema."""
        self._database = database
        with translated(database.name), database.reader.begin() as connection:
            check_schema(schema_of(connection), database.name)
            self._lineage = str(connection.execute(text("SELECT lineage FROM home")).scalar_one())

    @property
    def lineage(self) -> str:
        """Random identity given at creation."""
        return self._lineage

    @contextmanager
    def read(self) -> Iterator[Reader]:
        """One consistent view. Keep it short: on SQLite a long one keeps the write-ahead log growing."""
        with translated(self._database.name), Session(self._database.reader) as session:
            yield SqlReader(session)

    @contextmanager
    def write(self) -> Iterator[Writer]:
        """The only writer until the block ends; commits then, or rolls back on an exception.

        Raises Unavailable if another one keeps the lock for ten seconds, or if the database was migrated by a newer
        program since it was opened.
        """
        name = self._database.name
        with translated(name), Session(self._database.writer) as session, session.begin():
            connection = session.connection()
            self._database.queue_up(connection)
            check_still_ours(connection, name)
            yield SqlWriter(session)

    def serving_version(self) -> int:
        """A number that moves whenever anything that a server answers with may have changed."""
        with translated(self._database.name):
            return self._database.serving_version()

    def close(self) -> None:
        """Closes the connections. The store must not be used afterwards."""
        self._database.close()
