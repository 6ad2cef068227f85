"""SQLite: one file in WAL mode, one writer at a time, readers that never wait for it."""

import sqlite3
from pathlib import Path
from threading import Lock
from typing import Any, Literal

from sqlalchemy import Connection, Engine, QueuePool, create_engine, event

BUSY_SECONDS = 10
"""How long a connection waits for another one's lock."""

JOURNAL_BYTES = 64 * 1024 * 1024
"""What the write-ahead log is cut back to after a burst."""

Purpose = Literal["read", "write", "migrate"]

PRAGMAS = {
    "read": ("PRAGMA query_only = ON",),
    # FULL: what was reported as written survives a power failure.
    "write": ("PRAGMA journal_mode = WAL", "PRAGMA synchronous = FULL", "PRAGMA foreign_keys = ON"),
    # Batch migrations copy a table and drop the old one, which with foreign keys on would delete what refers to it.
    "migrate": ("PRAGMA journal_mode = WAL", "PRAGMA synchronous = FULL", "PRAGMA foreign_keys = OFF"),
}

# Left to itself the driver begins a transaction with the first write, after the reads that decided about it.
BEGIN = {"read": "BEGIN", "write": "BEGIN IMMEDIATE", "migrate": "BEGIN IMMEDIATE"}


class SqliteDatabase:
    """Implements ``Database`` on a file."""

    def __init__(self, path: Path) -> None:
        self._path = path.absolute()
        self.reader = self._engine("read", connections=8, overflow=-1)
        # One connection: the writers of this process queue up in the pool, those of others at the file's lock.
        self.writer = self._engine("write", connections=1, overflow=0)
        self.migrator = self._engine("migrate", connections=1, overflow=0)
        self._poller: sqlite3.Connection | None = None
        self._poller_lock = Lock()

    @property
    def name(self) -> str:
        """The path."""
        return str(self._path)

    def exists(self) -> bool:
        """Whether there is a file that something was written to."""
        return self._path.exists() and self._path.stat().st_size > 0

    def create(self) -> None:
        """An empty file, and the folders above it."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        self._path.touch()

    def queue_up(self, connection: Connection) -> None:
        """BEGIN IMMEDIATE has waited already."""

    def lock_schema(self, connection: Connection) -> None:
        """BEGIN IMMEDIATE has waited already."""

    def serving_version(self) -> int:
        """A few microseconds: its own connection, no pool, no transaction."""
        with self._poller_lock:
            if self._poller is None:
                self._poller = self._connect()
                self._poller.execute("PRAGMA query_only = ON")
            (version,) = self._poller.execute("SELECT serving_version FROM home").fetchone()
            return int(version)

    def close(self) -> None:
        """Closes every connection that is not in use."""
        for engine in (self.reader, self.writer, self.migrator):
            engine.dispose()
        with self._poller_lock:
            if self._poller is not None:
                self._poller.close()
                self._poller = None

    def _connect(self) -> sqlite3.Connection:
        # mode=rw: a file that was deleted meanwhile must not come back empty.
        return sqlite3.connect(
            f"{self._path.as_uri()}?mode=rw",
            uri=True,
            timeout=BUSY_SECONDS,
            isolation_level=None,
            check_same_thread=False,
        )

    def _engine(self, purpose: Purpose, *, connections: int, overflow: int) -> Engine:
        engine = create_engine(
            "sqlite://",
            creator=self._connect,
            poolclass=QueuePool,
            pool_size=connections,
            max_overflow=overflow,
            pool_timeout=BUSY_SECONDS,
        )

        @event.listens_for(engine, "connect")
        def prepare(connection: Any, _record: Any) -> None:
            for pragma in (f"PRAGMA journal_size_limit = {JOURNAL_BYTES}", *PRAGMAS[purpose]):
                connection.execute(pragma)

        @event.listens_for(engine, "begin")
        def begin(connection: Connection) -> None:
            connection.exec_driver_sql(BEGIN[purpose])

        return engine
