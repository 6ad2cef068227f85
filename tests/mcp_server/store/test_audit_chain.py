"""The audit chain as a function of its entries."""

from hashlib import sha256

import pytest

from evaluator.json_text import canonical
from mcp_server.services.audit import BEFORE_THE_FIRST, AuditEntry, next_entry, verify_chain
from tests.contracts import given


@pytest.fixture
def chain() -> list[AuditEntry]:
    """Five entries."""
    entries: list[AuditEntry] = []
    for number in range(5):
        entries.append(next_entry(entries[-1] if entries else None, given.event(details={"number": number})))
    return entries


def test_a_hash_covers_the_previous_hash_the_number_and_the_event(chain: list[AuditEntry]) -> None:
    """Written out once, because it must never change."""
    content = {
        "action": "proposal.created",
        "actor": {"client": "claude 2.1", "kind": "agent", "on_behalf_of": "user:ann", "principal": "agent:key_1"},
        "at": "2026-11-22T08:15:30.123456+00:00",
        "details": {"number": 0},
        "environment": "production",
        "reason": "Because.",
        "sequence": 1,
        "subject": "pr_1",
    }

    assert chain[0].hash == sha256(BEFORE_THE_FIRST.encode() + canonical(content)).hexdigest()
    assert chain[0].hash == "7d7b6c2298f1390b35369b313669eef14ae4eb992f38bab6b5320a66064ecf88"


def test_a_whole_chain_is_whole(chain: list[AuditEntry]) -> None:
    assert verify_chain(chain) is None
    assert verify_chain([]) is None


def test_a_chain_can_be_verified_piece_by_piece(chain: list[AuditEntry]) -> None:
    assert verify_chain(chain[2:], after=chain[1]) is None
    assert verify_chain(chain[3:], after=chain[1]) == 3
    assert verify_chain(chain[2:]) == 1


@pytest.mark.parametrize(
    "change",
    [
        {"event": given.event(details={"number": 9})},
        {"event": given.event(details={"number": 2}, reason="Other.")},
        {"event": given.event(details={"number": 2}, actor=given.PERSON)},
        {"event": given.event(details={"number": 2}, at=given.later(microseconds=1))},
        {"hash": "f" * 64},
        {"previous": "f" * 64},
        {"sequence": 7},
    ],
)
def test_the_first_altered_entry_is_named(chain: list[AuditEntry], change: dict[str, object]) -> None:
    chain[2] = chain[2].model_copy(update=change)

    assert verify_chain(chain) == 3


def test_a_missing_an_added_and_an_exchanged_entry_are_named(chain: list[AuditEntry]) -> None:
    assert verify_chain([*chain[:2], *chain[3:]]) == 3
    assert verify_chain([*chain[:3], *chain[2:]]) == 4
    assert verify_chain([chain[0], chain[2], chain[1], *chain[3:]]) == 2
    assert verify_chain(chain[1:]) == 1


def test_an_entry_that_was_made_anew_breaks_the_next(chain: list[AuditEntry]) -> None:
    chain[2] = next_entry(chain[1], given.event(reason="Never happened."))

    assert verify_chain(chain) == 4


def test_what_was_cut_off_at_the_end_is_found_by_a_kept_hash_only(chain: list[AuditEntry]) -> None:
    assert verify_chain(chain[:3]) is None
    assert chain[:3][-1].hash != chain[-1].hash
