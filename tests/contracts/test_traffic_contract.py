"""Snapshots and servers."""

import pytest

from mcp_server.services.errors import Conflict, NotFound
from mcp_server.store import SqlStore
from tests.contracts import given


def test_snapshots_come_back_newest_first(store: SqlStore) -> None:
    old, new = given.snapshot("sn_1"), given.snapshot("sn_2", registered_at=given.later(hours=1))
    same = given.snapshot("sn_0", registered_at=given.later(hours=1))
    with store.write() as writer:
        writer.add_environment(given.environment("staging"))
        for snapshot in (new, old, same, given.snapshot("sn_3", "staging")):
            writer.register_snapshot(snapshot)

    with store.read() as reader:
        assert reader.snapshots("production") == [same, new, old]
        assert reader.snapshot("sn_1") == old
        assert reader.snapshot("sn_4") is None


def test_a_snapshot_is_registered_once_in_an_environment_that_exists(store: SqlStore) -> None:
    with store.write() as writer:
        writer.register_snapshot(given.snapshot())
        with pytest.raises(Conflict, match="'sn_1'"):
            writer.register_snapshot(given.snapshot())
        with pytest.raises(NotFound, match="'staging'"):
            writer.register_snapshot(given.snapshot("sn_2", "staging"))


def test_a_server_reports_again_and_again(store: SqlStore) -> None:
    fresh = given.server(revisions={"production": 4, "staging": 1}, seen_at=given.later(minutes=1))
    with store.write() as writer:
        writer.report_server(given.server())
        writer.report_server(given.server("sv_2"))
    with store.write() as writer:
        writer.report_server(fresh)

    with store.read() as reader:
        assert reader.servers(given.NOW) == [fresh, given.server("sv_2")]
        assert reader.servers(given.later(minutes=1)) == [fresh]


def test_a_server_is_forgotten(store: SqlStore) -> None:
    with store.write() as writer:
        writer.report_server(given.server())
        writer.forget_server("sv_1")
        writer.forget_server("sv_1")
        assert writer.servers(given.NOW) == []
