"""Which schema a database has, and whether this program can work with it.

Schemas are numbered; a migration leads from each to the next and none leads back. Opening never migrates: a running
server of the older version would go on with tables that it does not know. ``drysail migrate`` does, when its user has
stopped the servers and made a backup.
"""

from importlib.metadata import version

from sqlalchemy import Connection, inspect, text

from mcp_server.services.errors import Unavailable
from mcp_server.store.failures import unavailable
from mcp_server.store.rows import Row

SCHEMA = "0002"
"""The schema that this program works with."""

VERSION_TABLE = "drysail_schema"


def schema_of(connection: Connection) -> str | None:
    """The database's schema number; None if it is empty."""
    if not inspect(connection).has_table(VERSION_TABLE):
        return None
    found = connection.execute(text(f"SELECT version_num FROM {VERSION_TABLE}")).scalar_one_or_none()
    return None if found is None else str(found)


def check_schema(found: str | None, name: str) -> None:
    """Raises Unavailable if this program cannot work with a database of the schema ``found``."""
    if found is None:
        raise unavailable(name, "MISSING", "holds no Drysail home", "Check the path or URL.")
    if found < SCHEMA:
        raise unavailable(
            name,
            "OLDER",
            f"has schema {found}; Drysail {version('drysail')} needs schema {SCHEMA}",
            "Stop the servers that use it and run `drysail migrate`.",
        )
    if found > SCHEMA:
        raise newer(name, found)


def check_still_ours(connection: Connection, name: str) -> None:
    """Raises Unavailable if a newer program migrated the database after this one had opened it."""
    found = str(connection.execute(text(f"SELECT version_num FROM {VERSION_TABLE}")).scalar_one())
    check_schema(found, name)


def newer(name: str, found: str) -> Unavailable:
    """The database was written by a newer program."""
    return unavailable(
        name,
        "NEWER",
        f"has schema {found}, made by a newer Drysail; Drysail {version('drysail')} knows schemas up to {SCHEMA}",
        "Upgrade Drysail, or restore a backup from before the migration.",
    )


def check_unused(connection: Connection, name: str) -> None:
    """Raises Unavailable if another program's tables are in the way."""
    taken = sorted(set(inspect(connection).get_table_names()) & set(Row.metadata.tables))
    if taken:
        raise unavailable(
            name, "FOREIGN", f"has tables of another program ({', '.join(taken)})", "Use an empty database or schema."
        )
