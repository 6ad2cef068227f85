"""What is particular to SQLite: a file that others can delete, damage, and fill the disk around."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from mcp_server.services.errors import Unavailable
from mcp_server.store import SqlStore, open_store
from mcp_server.store.sqlite import SqliteDatabase
from tests.contracts import given, process


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where the file is."""
    return tmp_path / "drysail.db"


@pytest.fixture
def store(path: Path) -> Iterator[SqlStore]:
    """A new store with the environment ``production``."""
    with closing(open_store(f"sqlite:///{path}", create=True)) as opened:
        with opened.write() as writer:
            writer.add_environment(given.environment())
        yield opened


@pytest.fixture
def database(store: SqlStore, path: Path) -> Iterator[SqliteDatabase]:
    """The connections themselves."""
    with closing(SqliteDatabase(path)) as opened:
        yield opened


def test_what_was_reported_as_written_is_on_the_disk(database: SqliteDatabase) -> None:
    with database.writer.begin() as connection:
        pragmas = {
            name: connection.exec_driver_sql(f"PRAGMA {name}").scalar_one()
            for name in ("journal_mode", "synchronous", "foreign_keys", "journal_size_limit", "busy_timeout")
        }

    full = 2
    assert pragmas == {
        "journal_mode": "wal",
        "synchronous": full,
        "foreign_keys": 1,
        "journal_size_limit": 64 * 1024 * 1024,
        "busy_timeout": 10_000,
    }


def test_a_reader_cannot_write(database: SqliteDatabase) -> None:
    with database.reader.begin() as connection, pytest.raises(OperationalError, match="readonly"):
        connection.execute(text("UPDATE home SET serving_version = 99"))


def test_a_writer_holds_the_lock_before_it_reads(database: SqliteDatabase, path: Path) -> None:
    with (
        database.writer.begin(),
        closing(sqlite3.connect(path, timeout=0)) as other,
        pytest.raises(sqlite3.OperationalError, match="locked"),
    ):
        other.execute("BEGIN IMMEDIATE")


def test_a_file_that_was_deleted_does_not_come_back_empty(store: SqlStore, path: Path) -> None:
    store.close()
    path.unlink()

    with pytest.raises(Unavailable, match="cannot be opened") as caught, store.read() as reader:
        reader.environments()

    assert caught.value.code == "DATABASE_MISSING"
    assert not path.exists()


def test_a_file_that_is_no_database_is_said_to_be_damaged(tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("Dear diary, " * 100)

    for create in (False, True):
        with pytest.raises(Unavailable, match=r"notes\.txt is not a database") as caught:
            open_store(f"sqlite:///{path}", create=create)
        assert caught.value.code == "DATABASE_CORRUPT"
    assert path.read_text().startswith("Dear diary")


def test_an_empty_file_is_as_good_as_none(tmp_path: Path) -> None:
    """A process may die between making the file and making the tables."""
    path = tmp_path / "drysail.db"
    path.touch()

    with pytest.raises(Unavailable) as caught:
        open_store(f"sqlite:///{path}", create=False)
    assert caught.value.code == "DATABASE_MISSING"
    open_store(f"sqlite:///{path}", create=True).close()


def test_a_damaged_file_is_said_to_be_damaged(store: SqlStore, path: Path) -> None:
    with store.write() as writer:
        for number in range(200):
            writer.append_audit(given.event(reason="x" * 1000, details={"number": number}))
    store.close()
    content = bytearray(path.read_bytes())
    content[20_000:] = b"\xff" * (len(content) - 20_000)
    path.write_bytes(content)

    with pytest.raises(Unavailable) as caught, store.read() as reader:
        reader.audit()

    assert caught.value.code == "DATABASE_CORRUPT"


@pytest.mark.parametrize("name", ["a b?c#d%20.db", "ä&x=1.db", "deep/er/drysail.db"])
def test_any_path_will_do(tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    url = f"sqlite:///{name.replace('%', '%25').replace('?', '%3F')}"
    with closing(open_store(url, create=True)) as store:
        monkeypatch.chdir("/")
        with store.write() as writer:
            writer.add_environment(given.environment())

    assert (tmp_path / name).stat().st_size > 0


def test_a_full_disk_loses_nothing_that_was_written(store: SqlStore, path: Path) -> None:
    """In another process, which may not make any file larger."""
    with process.started("fill_the_disk", f"sqlite:///{path}") as other:
        process.go(other)
        written, code = process.read_line(other).split()

    assert code in ("DATABASE_FULL", "DATABASE_IO_ERROR")
    with store.write() as writer:
        assert len(writer.audit(limit=10_000)) == int(written)
        assert writer.append_audit(given.event()).sequence == int(written) + 1
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
