"""Opening a store, and what becomes of it when its database goes away."""

import socket
from collections.abc import Iterator
from contextlib import closing, contextmanager

import pytest
from sqlalchemy import Engine, make_url, text

from mcp_server.services.errors import InvalidInput, Unavailable
from mcp_server.store import SqlStore, migrate, open_store, postgresql, sqlite
from tests.contracts import given

ONLY_POSTGRESQL = pytest.mark.parametrize("product", ["postgresql"], indirect=True)


def test_a_home_is_made_once_and_found_again(empty: str) -> None:
    with closing(open_store(empty, create=True)) as store:
        with closing(open_store(empty, create=True)) as again, closing(open_store(empty, create=False)) as third:
            assert store.lineage == again.lineage == third.lineage
        assert len(store.lineage) == 32
        with store.read() as reader:
            assert reader.environments() == []
            assert reader.active_policy() is None
            assert reader.audit() == []


def test_two_homes_are_two_lineages(empty: str, store: SqlStore) -> None:
    with closing(open_store(empty, create=True)) as other:
        assert other.lineage != store.lineage


def test_nothing_is_made_unasked(empty: str) -> None:
    for attempt in (lambda: open_store(empty, create=False), lambda: open_store(empty, create=False)):
        with pytest.raises(Unavailable) as caught:
            attempt()
        assert caught.value.code == "DATABASE_MISSING"


@pytest.mark.parametrize(
    "url", ["mysql://localhost/x", "drysail.db", "", "sqlite://", "sqlite:///:memory:", "sqlite+aiosqlite:///x", "://"]
)
def test_a_url_of_something_else_is_refused(url: str) -> None:
    for attempt in (lambda: open_store(url, create=True), lambda: migrate(url)):
        with pytest.raises(InvalidInput, match=r"sqlite:///") as caught:
            attempt()
        assert caught.value.code == "BAD_DATABASE_URL"


def test_a_server_that_does_not_answer_is_named_without_its_password() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
        with pytest.raises(Unavailable, match="cannot be reached") as caught:
            open_store(f"postgresql://ann:hunter2@127.0.0.1:{port}/flags", create=False)

    assert caught.value.code == "DATABASE_UNREACHABLE"
    assert f"ann:***@127.0.0.1:{port}/flags" in str(caught.value)
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize("scheme", ["postgresql", "postgres", "postgresql+psycopg"])
@ONLY_POSTGRESQL
def test_every_way_to_write_the_scheme_is_understood(home: str, scheme: str) -> None:
    url = make_url(home).set(drivername=scheme).render_as_string(hide_password=False)
    with closing(open_store(url, create=False)) as store, store.read() as reader:
        assert reader.environment("production").name == "production"


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch, home: str) -> Iterator[SqlStore]:
    """A store that does not wait long for a lock."""
    monkeypatch.setattr(sqlite, "BUSY_SECONDS", 0.05)
    monkeypatch.setattr(postgresql, "BUSY_SECONDS", 0.05)
    with closing(open_store(home, create=False)) as store:
        yield store


@contextmanager
def nothing_written(store: SqlStore) -> Iterator[None]:
    """The block fails as a whole."""
    yield
    with store.read() as reader:
        assert [found.name for found in reader.environments()] == ["production"]


def try_to_write(store: SqlStore) -> None:
    with store.write() as writer:
        writer.add_environment(given.environment("staging"))


def test_a_writer_that_waits_too_long_is_told_so(store: SqlStore, impatient: SqlStore) -> None:
    with nothing_written(store), store.write(), pytest.raises(Unavailable, match="in use") as caught:
        try_to_write(impatient)

    assert caught.value.code == "DATABASE_BUSY"


def test_a_writer_of_the_same_store_waits_as_well(impatient: SqlStore) -> None:
    with nothing_written(impatient), impatient.write(), pytest.raises(Unavailable, match="in use") as caught:
        try_to_write(impatient)

    assert caught.value.code == "DATABASE_BUSY"


def test_readers_do_not_wait_for_a_writer(impatient: SqlStore) -> None:
    with impatient.write() as writer:
        writer.bump_environment("production")
        with impatient.read() as reader:
            assert reader.environment("production").revision == 0
        before = impatient.serving_version()

    assert impatient.serving_version() == before + 1


def disconnect_everybody(outsider: Engine) -> None:
    """As a restart of the server does."""
    others = "pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
    with outsider.begin() as console:
        console.execute(text(f"SELECT pg_terminate_backend(pid) FROM {others}"))


@ONLY_POSTGRESQL
def test_a_connection_that_broke_is_replaced(store: SqlStore, outsider: Engine) -> None:
    before = store.serving_version()
    disconnect_everybody(outsider)

    assert store.serving_version() == before
    disconnect_everybody(outsider)
    with store.read() as reader:
        assert reader.environment("production").revision == 0
    disconnect_everybody(outsider)
    with store.write() as writer:
        assert writer.bump_environment("production") == 1


@ONLY_POSTGRESQL
def test_a_connection_that_breaks_in_the_middle_is_reported(store: SqlStore, outsider: Engine) -> None:
    def write_and_lose_the_connection() -> None:
        with store.write() as writer:
            writer.add_environment(given.environment("staging"))
            disconnect_everybody(outsider)

    with nothing_written(store), pytest.raises(Unavailable, match="cannot be reached"):
        write_and_lose_the_connection()
