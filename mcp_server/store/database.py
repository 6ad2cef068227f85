"""What the store needs of a database product."""

from typing import Protocol

from sqlalchemy import Connection, Engine


class Database(Protocol):
    """Connections to one database.

    ``reader`` begins transactions that see one state and change nothing. ``writer`` begins transactions that read the
    newest state; after ``queue_up`` no other writer is inside one.
    """

    @property
    def name(self) -> str:
        """For messages; without a password."""
        ...

    @property
    def reader(self) -> Engine: ...
    @property
    def writer(self) -> Engine: ...
    @property
    def migrator(self) -> Engine:
        """Begins transactions that hold everybody else off and may change the schema."""
        ...

    def exists(self) -> bool:
        """Whether there is something to connect to."""
        ...

    def create(self) -> None:
        """Makes it exist, empty."""
        ...

    def queue_up(self, connection: Connection) -> None:
        """Waits, as the first thing in a transaction of ``writer``, until this is the only writer."""
        ...

    def lock_schema(self, connection: Connection) -> None:
        """Waits, as the first thing in a transaction of ``migrator``, until this is the only migration."""
        ...

    def serving_version(self) -> int: ...
    def close(self) -> None:
        """Closes every connection that is not in use."""
        ...
