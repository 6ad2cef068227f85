"""Transactions: all or nothing, one consistent view, and times that say when."""

from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime

import pytest
from sqlalchemy.exc import StatementError

from mcp_server.services.errors import InvalidInput
from mcp_server.services.ports import Reader, Writer
from mcp_server.store import SqlStore
from tests.contracts import given
from tests.contracts.given import History


def everything(reader: Reader) -> list[object]:
    """All that a reader can tell of production."""
    return [
        list(reader.environments()),
        list(reader.keys()),
        list(reader.documents("production")),
        reader.retired_keys("production"),
        list(reader.proposals()),
        reader.active_policy(),
        list(reader.audit()),
        list(reader.snapshots("production")),
        list(reader.servers(given.NOW)),
    ]


def test_an_exception_takes_everything_back(store: SqlStore) -> None:
    with store.read() as reader:
        before = everything(reader)
    version = store.serving_version()

    with suppress(given.Interrupted), store.write() as writer:
        given.fill(writer)
        assert everything(writer) != before
        raise given.Interrupted

    with store.read() as reader:
        assert everything(reader) == before
    assert store.serving_version() == version


def test_what_a_block_wrote_is_there_after_it(store: SqlStore) -> None:
    with store.write() as writer:
        given.fill(writer)
        inside = everything(writer)

    with store.read() as reader:
        assert everything(reader) == inside


def test_a_reader_keeps_its_view_while_others_write(history: History) -> None:
    history.write("checkout", {"n": 1})
    with history.store.read() as reader:
        before = everything(reader)
        history.write("checkout", {"n": 2})
        assert everything(reader) == before

    with history.store.read() as reader:
        assert everything(reader) != before


def test_nobody_reads_what_is_not_committed(store: SqlStore) -> None:
    with store.write() as writer:
        writer.add_environment(given.environment("staging"))
        with store.read() as reader:
            assert [found.name for found in reader.environments()] == ["production"]


def test_a_writer_reads_its_own_changes_again(store: SqlStore) -> None:
    """The session must not answer from what it read earlier."""
    with store.write() as writer:
        assert writer.environment("production").revision == 0
        writer.bump_environment("production")
        assert writer.environment("production").revision == 1
        first = given.edit("checkout", {"n": 1})
        given.apply_edits(writer, [first])
        base = given.newest_revision(writer, "production", first.ref)
        given.apply_edits(writer, [given.edit("checkout", {"n": 2}, base=base)])
        document = writer.document("production", first.ref)
        assert document is not None
        assert (document.revision, document.body) == (2, {"n": 2})


@pytest.mark.parametrize(
    ("change", "moves"),
    [
        (lambda writer: writer.bump_environment("production"), True),
        (lambda writer: writer.add_environment(given.environment("staging")), True),
        (lambda writer: writer.add_key(*given.key("key_2", "two")), True),
        (lambda writer: writer.revoke_key("key_1", given.NOW), True),
        (lambda writer: writer.make_real("demo"), True),
        (lambda writer: writer.append_audit(given.event()), False),
        (lambda writer: writer.add_proposal(given.proposal()), False),
        (lambda writer: writer.report_server(given.server()), False),
        (lambda writer: writer.register_snapshot(given.snapshot()), False),
    ],
)
def test_the_serving_version_moves_when_answers_may(
    store: SqlStore, change: Callable[[Writer], object], moves: bool
) -> None:
    with store.write() as writer:
        writer.add_environment(given.environment("demo", sandbox=True))
        writer.add_key(*given.key("key_1", "one"))
    before = store.serving_version()

    with store.write() as writer:
        change(writer)
        assert store.serving_version() == before

    assert (store.serving_version() > before) == moves


@pytest.mark.parametrize(
    "moment",
    [
        datetime(2026, 11, 22, 8, 15, 30, 123456, tzinfo=UTC),
        datetime(2026, 11, 22, 8, 15, 30, tzinfo=UTC),
        datetime(2026, 3, 29, 2, 30, tzinfo=given.PLUS_FIVE),
        datetime(1970, 1, 1, tzinfo=UTC),
        datetime(9999, 12, 31, 23, 59, 59, 999999, tzinfo=UTC),
    ],
)
def test_moments_come_back_in_utc_to_the_microsecond(store: SqlStore, moment: datetime) -> None:
    with store.write() as writer:
        writer.report_server(given.server(live_at=moment, seen_at=moment))

    with store.read() as reader:
        (found,) = reader.servers(moment)
    assert (found.live_at, found.seen_at) == (moment, moment)
    assert (found.live_at.tzinfo, found.seen_at.tzinfo) == (UTC, UTC)


def test_moments_are_compared_as_moments(store: SqlStore) -> None:
    east = datetime(2026, 1, 1, 4, 59, 59, tzinfo=given.PLUS_FIVE)
    with store.write() as writer:
        writer.report_server(given.server(seen_at=east))

    with store.read() as reader:
        assert reader.servers(datetime(2026, 1, 1, 0, 0, tzinfo=UTC)) == []
        assert len(reader.servers(datetime(2025, 12, 31, 23, 59, 59, tzinfo=UTC))) == 1


def test_a_time_without_a_zone_is_refused(store: SqlStore) -> None:
    naive = datetime(2026, 1, 1)  # noqa: DTZ001 - that is the point
    with pytest.raises(StatementError, match="has no time zone"), store.write() as writer:
        writer.report_server(given.server(seen_at=naive))


@pytest.mark.parametrize("text", ["a\x00b", "a\ud800b"])
def test_text_that_not_every_database_can_hold_is_refused(store: SqlStore, text: str) -> None:
    with pytest.raises(InvalidInput), store.write() as writer:
        writer.add_proposal(given.proposal(reason=text))


@pytest.mark.parametrize("text", ["'; DROP TABLE home; --", "Ünïcödé 👋", "\u202e\x1b[2J\\", "%s %(a)s :a ?", ""])
def test_all_other_text_comes_back_as_it_is(store: SqlStore, text: str) -> None:
    with store.write() as writer:
        made = given.proposal(given.edit(text, {text: text}), reason=text)
        writer.add_proposal(made, text)

    with store.read() as reader:
        assert reader.proposal_by_idempotency_key(text) == made
        assert reader.proposals(flag=text) == [made]
