"""PostgreSQL: readers see one snapshot, writers queue up at the home's row."""

from sqlalchemy import URL, Connection, Engine, create_engine, text

BUSY_SECONDS = 10
"""How long a writer waits for another one."""

IDLE_SECONDS = 60
"""How long a writer may do nothing before the server ends its transaction, so that a hung process blocks nobody."""

CONNECT_SECONDS = 5

MIGRATION_LOCK = 0x6472_7973
"""First half of the advisory lock's key ("drys"); the second half names the schema."""


class PostgresqlDatabase:
    """Implements ``Database`` on a schema of a PostgreSQL database (the first one of the role's search path)."""

    def __init__(self, url: URL) -> None:
        self._url = url
        # pre_ping: connections die with a restarted server, and that must not fail the next request.
        engine = create_engine(url, pool_pre_ping=True, connect_args={"connect_timeout": CONNECT_SECONDS})
        self._engine = engine
        self.reader = engine.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
        # Writers take turns, so each statement may see the newest state; nothing can fail to serialize.
        self.writer = engine.execution_options(isolation_level="READ COMMITTED")
        self.migrator: Engine = self.writer
        self._poller = engine.execution_options(isolation_level="AUTOCOMMIT")

    @property
    def name(self) -> str:
        """The URL without its password."""
        return self._url.render_as_string(hide_password=True)

    def exists(self) -> bool:
        """Connecting says so."""
        return True

    def create(self) -> None:
        """A database is created by whoever administers the server."""

    def queue_up(self, connection: Connection) -> None:
        """Locks the home's row until the end of the transaction."""
        connection.exec_driver_sql(f"SET LOCAL lock_timeout = '{BUSY_SECONDS}s'")
        connection.exec_driver_sql(f"SET LOCAL idle_in_transaction_session_timeout = '{IDLE_SECONDS}s'")
        connection.execute(text("SELECT id FROM home WHERE id = 1 FOR UPDATE"))

    def lock_schema(self, connection: Connection) -> None:
        """An advisory lock until the end of the transaction: there may be no table to lock yet."""
        connection.execute(
            text("SELECT pg_advisory_xact_lock(:lock, hashtext(current_schema()))"), {"lock": MIGRATION_LOCK}
        )

    def serving_version(self) -> int:
        """One round trip."""
        with self._poller.connect() as connection:
            return int(connection.execute(text("SELECT serving_version FROM home")).scalar_one())

    def close(self) -> None:
        """Closes every connection that is not in use."""
        self._engine.dispose()
