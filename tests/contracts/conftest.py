"""Every test of the contract runs against each database."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import Engine, create_engine, make_url

from mcp_server.store import SqlStore, open_store
from mcp_server.store.rows import Row
from tests.contracts import given
from tests.contracts.given import History
from tests.contracts.postgresql_server import new_database, running_server


@pytest.fixture(scope="session")
def postgresql() -> Iterator[str]:
    """A running PostgreSQL."""
    with running_server() as server:
        yield server


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file of a new home."""
    path = tmp_path_factory.mktemp("template") / "drysail.db"
    _create_home(f"sqlite:///{path}")
    return path


@pytest.fixture(scope="session")
def postgresql_home(postgresql: str) -> Iterator[str]:
    """A database with a home that the tests take turns in: a new one takes PostgreSQL a third of a second."""
    with new_database(postgresql) as url:
        _create_home(url)
        yield url


def _create_home(url: str) -> None:
    store = open_store(url, create=True)
    with store.write() as writer:
        writer.add_environment(given.environment())
    store.close()


def _as_new(url: str) -> None:
    """Empties all tables but the home's. Only a superuser can silence the triggers."""
    tables = sorted(set(Row.metadata.tables) - {"home"})
    with psycopg.connect(url) as connection:
        connection.execute("SET session_replication_role = replica")
        connection.execute(f"TRUNCATE {', '.join(tables)} RESTART IDENTITY")
        connection.execute("INSERT INTO environments VALUES ('production', false, 0, %s)", [given.NOW])


@pytest.fixture(params=["sqlite", "postgresql"])
def product(request: pytest.FixtureRequest) -> str:
    """Which database the test runs against."""
    return str(request.param)


@pytest.fixture
def empty(product: str, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """Where a database can be made."""
    if product == "sqlite":
        yield f"sqlite:///{tmp_path / 'empty.db'}"
        return
    with new_database(request.getfixturevalue("postgresql")) as url:
        yield url


@pytest.fixture
def home(product: str, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A database with the environment ``production``."""
    if product == "sqlite":
        path = shutil.copy(request.getfixturevalue("sqlite_template"), tmp_path / "drysail.db")
        yield f"sqlite:///{path}"
        return
    url = request.getfixturevalue("postgresql_home")
    _as_new(url)
    yield url


@pytest.fixture
def store(home: str) -> Iterator[SqlStore]:
    """The store of that database."""
    opened = open_store(home, create=False)
    yield opened
    opened.close()


def outsider_of(url: str) -> Engine:
    """Somebody with the database's address and a console, who knows nothing of the program."""
    address = make_url(url)
    return create_engine(address if address.drivername == "sqlite" else address.set(drivername="postgresql+psycopg"))


@pytest.fixture
def outsider(home: str) -> Iterator[Engine]:
    """Such a person at the test's home."""
    engine = outsider_of(home)
    yield engine
    engine.dispose()


@pytest.fixture
def history(store: SqlStore) -> History:
    """Applies edits in ``production``."""
    return History(store)
