"""Writes a home of one schema as SQL: ``python -m tests.contracts.dump_schema 0002``.

Run it once for each migration, when it is released; the dumps are what later versions are tested to upgrade.
PostgreSQL's is best made with the oldest version that is supported (``DRYSAIL_TEST_POSTGRESQL_BIN``).
"""

import os
import re
import sqlite3
import subprocess
import sys
import tempfile
from contextlib import closing
from pathlib import Path

import psycopg
from sqlmodel import Session

from mcp_server.store.database import Database
from mcp_server.store.migrating import upgrade
from mcp_server.store.opening import database_at
from mcp_server.store.writer import SqlWriter
from tests.contracts import given
from tests.contracts.postgresql_server import new_database, running_server

DUMPS = Path(__file__).parent / "schemas"


def main(schema: str) -> None:
    """Writes one file per database."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "drysail.db"
        _fill(f"sqlite:///{path}", schema)
        with closing(sqlite3.connect(path)) as connection:
            (DUMPS / f"{schema}.sqlite.sql").write_text("\n".join(connection.iterdump()) + "\n")
    with running_server() as server, new_database(server) as url:
        _fill(url, schema)
        binary = Path(os.environ.get("DRYSAIL_TEST_POSTGRESQL_BIN", "")) / "pg_dump"
        command = [binary, "--inserts", "--no-owner", "--no-privileges", "--dbname", url]
        dump = subprocess.run(command, check=True, capture_output=True, text=True).stdout
        # Commands of psql, which is not there to load it.
        (DUMPS / f"{schema}.postgresql.sql").write_text(re.sub(r"(?m)^\\.*\n", "", dump))


def load(url: str, schema: str) -> None:
    """Makes a home of that schema in an empty database."""
    if url.startswith("sqlite"):
        dump = (DUMPS / f"{schema}.sqlite.sql").read_text()
        with closing(sqlite3.connect(url.removeprefix("sqlite:///"))) as connection:
            connection.executescript(dump)
        return
    dump = (DUMPS / f"{schema}.postgresql.sql").read_text()
    with psycopg.connect(url) as connection:
        connection.execute(dump.encode())


def _fill(url: str, schema: str) -> None:
    database: Database = database_at(url)
    database.create()
    upgrade(database, schema)
    with Session(database.writer) as session, session.begin():
        writer = SqlWriter(session)
        writer.add_environment(given.environment())
        given.fill(writer)
    database.close()


if __name__ == "__main__":
    main(sys.argv[1])
