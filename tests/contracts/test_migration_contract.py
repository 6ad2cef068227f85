"""Migrations: from every released schema to this one, on every database, and never back."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, inspect, text

from mcp_server.services.audit import verify_chain
from mcp_server.services.errors import Unavailable
from mcp_server.services.proposal import ProposalState
from mcp_server.store import migrate, migrating, open_store
from mcp_server.store.migrating import SCRIPTS, alembic_config
from mcp_server.store.rows import Row
from mcp_server.store.schema import SCHEMA, VERSION_TABLE
from tests.contracts import given
from tests.contracts.conftest import outsider_of
from tests.contracts.dump_schema import DUMPS, load
from tests.contracts.given import flag

RELEASED = sorted(path.name.split("_")[0] for path in (SCRIPTS / "versions").glob("[0-9]*.py"))


@pytest.fixture
def console(empty: str) -> Iterator[Engine]:
    """A connection to the empty database that knows nothing of the program."""
    engine = outsider_of(empty)
    yield engine
    engine.dispose()


def structure(connection: Connection) -> dict[str, Any]:
    """Everything that a database tells of its tables, but for the triggers."""
    inspector = inspect(connection)
    return {
        table: {
            "columns": [
                (column["name"], str(column["type"]), column["nullable"], column["default"])
                for column in inspector.get_columns(table)
            ],
            "primary key": inspector.get_pk_constraint(table),
            "foreign keys": sorted(map(str, inspector.get_foreign_keys(table))),
            "unique": sorted(map(str, inspector.get_unique_constraints(table))),
            "checks": sorted(map(str, inspector.get_check_constraints(table))),
            "indexes": sorted(map(str, inspector.get_indexes(table))),
        }
        for table in inspector.get_table_names()
        if table != VERSION_TABLE
    }


def triggers(connection: Connection) -> list[str]:
    """The definitions of all triggers."""
    if connection.dialect.name == "sqlite":
        found = connection.execute(text("SELECT sql FROM sqlite_master WHERE type = 'trigger' ORDER BY name"))
    else:
        found = connection.execute(
            text(
                "SELECT pg_get_triggerdef(t.oid) || pg_get_functiondef(t.tgfoid) FROM pg_trigger AS t"
                " WHERE NOT t.tgisinternal ORDER BY t.tgname"
            )
        )
    return [str(row[0]) for row in found]


def test_this_program_works_with_the_newest_schema() -> None:
    scripts = ScriptDirectory(str(SCRIPTS))

    assert scripts.get_heads() == [SCHEMA]
    assert [script.revision for script in scripts.walk_revisions()] == sorted(RELEASED, reverse=True)


def test_alembic_finds_no_difference_between_models_and_migrations(empty: str, console: Engine) -> None:
    open_store(empty, create=True).close()

    with console.connect() as connection:
        context = MigrationContext.configure(connection, opts={"version_table": VERSION_TABLE, "compare_type": True})
        assert compare_metadata(context, Row.metadata) == []


def test_models_and_migrations_make_the_same_tables(empty: str, console: Engine) -> None:
    """Alembic compares neither CHECK constraints nor the names of all others."""
    with console.connect() as connection:
        Row.metadata.create_all(connection)
        by_models = structure(connection)
        connection.rollback()
    with console.begin() as connection:
        Row.metadata.drop_all(connection)
    open_store(empty, create=True).close()

    with console.connect() as connection:
        assert structure(connection) == by_models
        assert len(triggers(connection)) > 50


def test_every_constraint_has_a_name(empty: str, console: Engine) -> None:
    open_store(empty, create=True).close()

    with console.connect() as connection:
        inspector = inspect(connection)
        for table in Row.metadata.tables:
            named = [
                inspector.get_pk_constraint(table),
                *inspector.get_foreign_keys(table),
                *inspector.get_unique_constraints(table),
                *inspector.get_check_constraints(table),
            ]
            prefixes = tuple(f"{kind}_{table}" for kind in ("pk", "fk", "uq", "ck"))
            assert all(str(constraint["name"]).startswith(prefixes) for constraint in named)


@pytest.mark.parametrize("schema", RELEASED)
def test_a_home_of_every_released_schema_is_upgraded_and_keeps_its_content(
    empty: str, console: Engine, schema: str, product: str
) -> None:
    load(empty, schema)

    assert migrate(empty) == (schema, SCHEMA)

    store = open_store(empty, create=False)
    with store.read() as reader:
        document = reader.document("production", flag("checkout"))
        assert document is not None
        assert (document.revision, document.body) == (2, {"active": False})
        assert [revision.reviewed for revision in reader.revisions("production", flag("checkout"))] == [False, True]
        assert [proposal.state for proposal in reader.proposals()] == [
            ProposalState.APPROVED,
            ProposalState.APPLIED,
            ProposalState.APPLIED,
        ]
        assert verify_chain(reader.audit()) is None
        assert len(reader.audit()) == 2
        assert reader.active_policy() == given.policy("strict")
        assert reader.snapshots("production") == [given.snapshot()]
        assert [key.id for key in reader.keys("production") if key.revoked_at] == ["key_1"]
    store.close()
    assert (DUMPS / f"{schema}.{product}.sql").is_file()


@pytest.mark.parametrize("schema", RELEASED)
def test_an_upgraded_home_is_like_a_new_one(
    empty: str, console: Engine, schema: str, product: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    load(empty, schema)
    migrate(empty)
    if product == "sqlite":
        new = f"sqlite:///{tmp_path / 'new.db'}"
        open_store(new, create=True).close()
    else:
        new = request.getfixturevalue("postgresql_home")

    other = outsider_of(new)
    with console.connect() as upgraded, other.connect() as created:
        assert structure(upgraded) == structure(created)
        assert triggers(upgraded) == triggers(created)
    other.dispose()


def test_an_older_home_is_not_opened_but_left_alone(empty: str, console: Engine) -> None:
    load(empty, "0001")

    for create in (False, True):
        with pytest.raises(
            Unavailable, match=rf"has schema 0001; .* needs schema {SCHEMA}\. .*`drysail migrate`"
        ) as caught:
            open_store(empty, create=create)
        assert caught.value.code == "DATABASE_OLDER"

    with console.connect() as connection:
        assert connection.execute(text(f"SELECT version_num FROM {VERSION_TABLE}")).scalar_one() == "0001"


def test_a_newer_home_is_neither_opened_nor_migrated(empty: str, console: Engine) -> None:
    open_store(empty, create=True).close()
    with console.begin() as connection:
        connection.execute(text(f"UPDATE {VERSION_TABLE} SET version_num = '0099'"))

    for attempt in (
        lambda: open_store(empty, create=False),
        lambda: open_store(empty, create=True),
        lambda: migrate(empty),
    ):
        with pytest.raises(Unavailable, match=rf"schema 0099, .* up to {SCHEMA}\. Upgrade Drysail") as caught:
            attempt()
        assert caught.value.code == "DATABASE_NEWER"


def test_an_open_store_stops_writing_when_a_newer_program_has_migrated(empty: str, console: Engine) -> None:
    store = open_store(empty, create=True)
    with console.begin() as connection:
        connection.execute(text(f"UPDATE {VERSION_TABLE} SET version_num = '0099'"))

    with pytest.raises(Unavailable, match="0099"), store.write() as writer:
        writer.add_environment(given.environment())

    with store.read() as reader:
        assert reader.environments() == []
    store.close()


def test_nothing_leads_back(empty: str, console: Engine) -> None:
    open_store(empty, create=True).close()

    for schema in ("base", *RELEASED[:-1]):
        with console.connect() as connection, pytest.raises(RuntimeError, match="no way back"):
            command.downgrade(alembic_config(connection), schema)

    open_store(empty, create=False).close()


def test_a_migration_that_fails_leaves_everything_as_it_was(
    empty: str, console: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    load(empty, "0001")
    with console.connect() as connection:
        before = structure(connection), triggers(connection)

    def fail(_: Connection) -> None:
        raise given.Interrupted

    monkeypatch.setattr(migrating, "_give_identity", fail)
    with pytest.raises(given.Interrupted):
        migrate(empty)

    with console.connect() as connection:
        assert (structure(connection), triggers(connection)) == before
    monkeypatch.undo()
    assert migrate(empty) == ("0001", SCHEMA)


def test_migrating_twice_does_nothing(empty: str) -> None:
    with closing(open_store(empty, create=True)) as store:
        assert migrate(empty) == (SCHEMA, SCHEMA)
        with closing(open_store(empty, create=False)) as again:
            assert again.lineage == store.lineage


def test_the_tables_of_another_program_are_left_alone(empty: str, console: Engine) -> None:
    with console.begin() as connection:
        connection.execute(text("CREATE TABLE keys (mine TEXT)"))

    with pytest.raises(Unavailable, match=r"tables of another program \(keys\)") as caught:
        open_store(empty, create=True)

    assert caught.value.code == "DATABASE_FOREIGN"
    with console.connect() as connection:
        assert inspect(connection).get_table_names() == ["keys"]
