"""Every test of the contract runs against each database."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from mcp_server.store import SqlStore, open_store
from tests.contracts import given
from tests.contracts.given import History


@pytest.fixture(params=["sqlite"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Where an empty database is, or can be made."""
    return f"sqlite:///{tmp_path / 'drysail.db'}"


@pytest.fixture
def store(url: str) -> Iterator[SqlStore]:
    """A new store with the environment ``production``."""
    opened = open_store(url, create=True)
    with opened.write() as writer:
        writer.add_environment(given.environment())
    yield opened
    opened.close()


@pytest.fixture
def history(store: SqlStore) -> History:
    """Applies edits in ``production``."""
    return History(store)
