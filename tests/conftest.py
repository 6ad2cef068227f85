"""A home to test in: the demo's shop in two sandboxes and a real environment, with traffic, at a fixed moment."""

import shutil
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from mcp_server.demo.stage import shop
from mcp_server.services.actor import Actor, ActorKind
from mcp_server.services.environments import create_environment
from mcp_server.services.home import Home
from mcp_server.services.importing import import_feed
from mcp_server.services.traffic import generate_traffic
from mcp_server.settings import Settings, read_settings
from mcp_server.store import open_store
from mcp_server.traffic.archive import TrafficArchive

# The same examples in every run, so that a red run is a change's own fault; `--hypothesis-profile=random` draws others.
# How long drawing takes says nothing about the code on a machine that does other things, too.
settings.register_profile("steady", derandomize=True, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("random", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("steady")

MOMENT = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
CHECKS = 40_000


class FrozenClock:
    """Stands still until it is told to move."""

    def __init__(self, now: datetime = MOMENT) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def advance(self, span: timedelta) -> None:
        """Lets time pass."""
        self.now += span


def settings_in(folder: Path) -> Settings:
    """Settings of a home in a folder, whatever the machine's environment says."""
    return read_settings({"home": folder / ".drysail"}, environment={}, folder=folder)


def home_in(folder: Path, clock: FrozenClock, *, create: bool = False) -> Home:
    """A real home: SQLite and segment files."""
    settings = settings_in(folder)
    settings.home.mkdir(parents=True, exist_ok=True)
    store = open_store(settings.database_url, create=create)
    return Home(store=store, traffic=TrafficArchive(settings.home), clock=clock)


@pytest.fixture(scope="session")
def shop_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The shop, made once: ``sandbox`` with synthetic traffic, ``staging`` without, and ``live``, which is real."""
    folder = tmp_path_factory.mktemp("shop")
    home = home_in(folder, FrozenClock(), create=True)
    ann = Actor(kind=ActorKind.PERSON, principal="user:ann")
    for name, sandbox in (("sandbox", True), ("staging", True), ("live", False)):
        create_environment(home, name, sandbox=sandbox, actor=ann)
        import_feed(home, name, shop(), reason="The shop opens", actor=ann)
    generate_traffic(home, "sandbox", ann, checks=CHECKS, seed=7, subjects=3000, hours=48)
    home.store.close()
    return folder


@pytest.fixture
def clock() -> FrozenClock:
    """A clock at the moment when the shop's traffic ends."""
    return FrozenClock()


@pytest.fixture
def folder(shop_folder: Path, tmp_path: Path) -> Path:
    """A copy of the shop that a test may change."""
    copy = tmp_path / "shop"
    shutil.copytree(shop_folder, copy)
    return copy


@pytest.fixture
def home(folder: Path, clock: FrozenClock) -> Iterator[Home]:
    """The shop, open."""
    opened = home_in(folder, clock)
    yield opened
    opened.store.close()


@pytest.fixture
def agent() -> Actor:
    """An agent that Ann runs."""
    return Actor(kind=ActorKind.AGENT, principal="agent:ann", on_behalf_of="user:ann", client="test/1")


@pytest.fixture
def ann() -> Actor:
    """A person."""
    return Actor(kind=ActorKind.PERSON, principal="user:ann")


@pytest.fixture
def bob() -> Actor:
    """Another person."""
    return Actor(kind=ActorKind.PERSON, principal="user:bob")
