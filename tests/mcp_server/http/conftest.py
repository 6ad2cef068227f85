"""Homes and clients for the tests of the HTTP surface."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from tests.mcp_server.http.home import ServedHome, create_home, opened_home


@pytest.fixture(scope="session")
def empty_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home that is made once and copied for each test."""
    path = tmp_path_factory.mktemp("home") / "drysail.db"
    create_home(path)
    return path


@pytest.fixture
def home(empty_home: Path, tmp_path: Path) -> Iterator[ServedHome]:
    """A new home."""
    with opened_home(Path(shutil.copy(empty_home, tmp_path))) as opened:
        yield opened


@pytest.fixture
def serve(home: ServedHome) -> Iterator[Callable[[], TestClient]]:
    """Starts the application in this process; an exception in it is an exception in the test."""
    with ExitStack() as stack:
        yield lambda: stack.enter_context(TestClient(home.app()))
