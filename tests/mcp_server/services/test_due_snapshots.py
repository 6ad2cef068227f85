"""Which traffic the hourly snapshot holds: what was answered here, or where that is nothing, what was reconstructed."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from mcp_server.composition.housekeeping import Housekeeping
from mcp_server.services.actor import Actor
from mcp_server.services.home import Home
from mcp_server.services.snapshots import REGISTER_EVERY, newest_snapshot, register_when_due
from mcp_server.traffic.archive import TrafficArchive
from policies.impact import Provenance
from tests.conftest import FrozenClock, settings_in
from tests.mcp_server.traffic.given import check, segment

LIVE = "live"

Write = Callable[[Provenance], object]


@pytest.fixture
def write(folder: Path) -> Write:
    """Writes a segment of one check into ``live``."""
    home = settings_in(folder).home
    return lambda kind: segment(home, [check(environment=LIVE)], provenance=kind, environment=LIVE)


def due(home: Home, ann: Actor) -> str | None:
    snapshot = register_when_due(home, LIVE, ann)
    return None if snapshot is None else snapshot.facts.provenance


def test_reconstructed_traffic_is_registered_where_nothing_was_recorded(home: Home, ann: Actor, write: Write) -> None:
    assert due(home, ann) is None
    write("reconstructed")
    assert due(home, ann) == "reconstructed"


def test_recorded_traffic_is_preferred_from_the_next_hour_on(
    home: Home, ann: Actor, clock: FrozenClock, write: Write
) -> None:
    write("reconstructed")
    assert due(home, ann) == "reconstructed"
    write("recorded")
    assert due(home, ann) == "reconstructed"
    clock.advance(REGISTER_EVERY)
    assert due(home, ann) == "recorded"


def test_synthetic_traffic_is_registered_by_nobody_but_its_maker(home: Home, ann: Actor, write: Write) -> None:
    write("synthetic")
    assert due(home, ann) is None


def test_housekeeping_gives_a_home_with_locally_evaluating_sdks_its_evidence(
    home: Home, folder: Path, ann: Actor, clock: FrozenClock, write: Write
) -> None:
    write("reconstructed")
    clock.advance(timedelta(hours=2))
    Housekeeping(home, TrafficArchive(settings_in(folder).home), ann).work()
    snapshot = newest_snapshot(home, LIVE)
    assert snapshot is not None
    assert (snapshot.facts.provenance, snapshot.facts.checks) == ("reconstructed", 1)
