"""The audit log: a chain without gaps."""

from contextlib import suppress

import pytest

from mcp_server.services.audit import BEFORE_THE_FIRST, verify_chain
from mcp_server.services.errors import InvalidInput
from mcp_server.store import SqlStore
from policies.verdict import Decision
from tests.contracts import given


def test_entries_are_chained_and_come_back_in_order(store: SqlStore) -> None:
    with store.write() as writer:
        first = writer.append_audit(given.event())
        second = writer.append_audit(given.event("proposal.applied", environment=None, subject=None, reason="Grüße"))
    with store.write() as writer:
        third = writer.append_audit(given.event("key.created", actor=given.PERSON, details={}))

    with store.read() as reader:
        entries = reader.audit()
        assert reader.audit(after=1) == [second, third]
        assert reader.audit(after=1, limit=1) == [second]
        assert reader.audit(after=3) == []
    assert entries == [first, second, third]
    assert [entry.sequence for entry in entries] == [1, 2, 3]
    assert [entry.previous for entry in entries] == [BEFORE_THE_FIRST, first.hash, second.hash]
    assert verify_chain(entries) is None


def test_the_chain_verifies_whatever_was_in_the_event(store: SqlStore) -> None:
    details = {"decision": Decision.DENY, "count": 2**70, "nested": {"ä": [True, None, "\u2028"]}, "pair": (1, 2)}
    with store.write() as writer:
        writer.append_audit(given.event(details=details, at=given.NOW.astimezone(given.PLUS_FIVE)))

    with store.read() as reader:
        (entry,) = reader.audit()
    assert verify_chain([entry]) is None
    assert entry.event.at == given.NOW


def test_an_event_that_was_rolled_back_leaves_no_gap(store: SqlStore) -> None:
    with store.write() as writer:
        writer.append_audit(given.event())
    with suppress(given.Interrupted), store.write() as writer:
        writer.append_audit(given.event())
        raise given.Interrupted
    with store.write() as writer:
        assert writer.append_audit(given.event()).sequence == 2

    with store.read() as reader:
        assert verify_chain(reader.audit()) is None


def test_an_event_that_has_no_canonical_form_is_refused(store: SqlStore) -> None:
    with store.write() as writer, pytest.raises(InvalidInput, match=r"key\.created"):
        writer.append_audit(given.event("key.created", details={"x": float("inf")}))
