"""Every tool is tried in both eras of the protocol."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from mcp_server.services.home import Home
from tests.conftest import FrozenClock, home_in
from tests.mcp_server.tools.given import ERAS, Era


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(params=ERAS)
def era(request: pytest.FixtureRequest) -> Era:
    """``auto`` speaks 2026-07-28, ``legacy`` the handshake of 2025."""
    chosen: Era = request.param
    return chosen


@pytest.fixture(scope="session")
def shop(shop_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Home]:
    """The shop, for tests that only look."""
    copy = tmp_path_factory.mktemp("looked-at") / "shop"
    shutil.copytree(shop_folder, copy)
    opened = home_in(copy, FrozenClock())
    yield opened
    opened.store.close()
