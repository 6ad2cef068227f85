"""Environments."""

import pytest

from mcp_server.services.errors import Conflict, NotFound
from mcp_server.store import SqlStore
from tests.contracts import given


def test_environments_come_back_as_they_were_added_ordered_by_name(store: SqlStore) -> None:
    demo = given.environment("demo", sandbox=True)
    with store.write() as writer:
        writer.add_environment(demo)
        writer.add_environment(given.environment("Zeta"))

    with store.read() as reader:
        assert [found.name for found in reader.environments()] == ["Zeta", "demo", "production"]
        assert reader.environment("demo") == demo


def test_a_name_is_given_once(store: SqlStore) -> None:
    with pytest.raises(Conflict, match="'production'"), store.write() as writer:
        writer.add_environment(given.environment(sandbox=True))

    with store.read() as reader:
        assert reader.environment("production").sandbox is False


def test_a_missing_environment_is_named_with_those_that_exist(store: SqlStore) -> None:
    with store.write() as writer:
        writer.add_environment(given.environment("staging"))

    with store.read() as reader, pytest.raises(NotFound, match=r"'prod'\. There are: production, staging\."):
        reader.environment("prod")


def test_a_sandbox_can_become_real_and_stays_so(store: SqlStore) -> None:
    with store.write() as writer:
        writer.add_environment(given.environment("demo", sandbox=True))
        writer.make_real("demo")
        writer.make_real("demo")

    with store.read() as reader:
        assert reader.environment("demo").sandbox is False


def test_the_revision_counts_up_by_one(store: SqlStore) -> None:
    with store.write() as writer:
        assert writer.bump_environment("production") == 1
        assert writer.bump_environment("production") == 2

    with store.read() as reader:
        assert reader.environment("production").revision == 2


@pytest.mark.parametrize("method", ["make_real", "bump_environment"])
def test_a_missing_environment_can_not_be_changed(store: SqlStore, method: str) -> None:
    with store.write() as writer, pytest.raises(NotFound, match="'staging'"):
        getattr(writer, method)("staging")
