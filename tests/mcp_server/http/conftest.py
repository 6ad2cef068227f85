"""Homes and clients for the tests of the HTTP surface."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.mcp_server.http.home import ServedHome, served_home


@pytest.fixture
def home(tmp_path: Path) -> Iterator[ServedHome]:
    """A new home."""
    with served_home(tmp_path) as opened:
        yield opened
