"""Creating and upgrading the tables. Imports Alembic, so it is imported only when there is something to do."""

from pathlib import Path
from uuid import uuid4

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, text

from mcp_server.store.database import Database
from mcp_server.store.schema import SCHEMA, check_unused, newer, schema_of

SCRIPTS = Path(__file__).parent / "migrations"


def upgrade(database: Database, to: str = SCHEMA) -> tuple[str | None, str]:
    """Creates or upgrades the tables in one transaction. Returns the schema before and after.

    Does nothing where another process was faster. Raises Unavailable for a newer database, or one that is not ours.
    """
    with database.migrator.begin() as connection:
        database.lock_schema(connection)
        before = schema_of(connection)
        if before is None:
            check_unused(connection, database.name)
        elif before > SCHEMA:
            raise newer(database.name, before)
        if before is None or before < to:
            command.upgrade(alembic_config(connection), to)
            _give_identity(connection)
            _check_references(connection)
        return before, schema_of(connection) or to


def alembic_config(connection: Connection) -> Config:
    """Alembic's configuration without a file."""
    config = Config()
    config.set_main_option("script_location", str(SCRIPTS).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    return config


def _give_identity(connection: Connection) -> None:
    if connection.execute(text("SELECT id FROM home")).first() is None:
        connection.execute(
            text("INSERT INTO home (id, lineage, serving_version) VALUES (1, :lineage, 1)"), {"lineage": uuid4().hex}
        )


def _check_references(connection: Connection) -> None:
    """Migrations on SQLite run with foreign keys off; PostgreSQL checks as it goes."""
    if connection.dialect.name == "sqlite":
        broken = connection.exec_driver_sql("PRAGMA foreign_key_check").fetchall()
        if broken:
            raise RuntimeError(f"The migration would leave {len(broken)} broken references: {broken[:3]}")
