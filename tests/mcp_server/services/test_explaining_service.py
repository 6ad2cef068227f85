"""Past revisions, past moments and proposals explained, and suggestions as operations that make them."""

from datetime import timedelta
from typing import Any

import pytest

from evaluator import ContextComparison, RevisionComparison
from mcp_server.services.actor import Actor, ActorKind
from mcp_server.services.applying import apply
from mcp_server.services.changing import modify
from mcp_server.services.errors import DrysailError, InvalidInput, NotFound
from mcp_server.services.explaining import Explained, Question, Subject, explain_flag
from mcp_server.services.home import Home
from mcp_server.services.operations import apply_operations, parse_operations
from mcp_server.services.proposing import Judged, propose
from tests.conftest import MOMENT, FrozenClock

FLAG = "new-checkout"
PRO = Subject("user-1", properties={"plan": "pro"})
AGENT = Actor(kind=ActorKind.AGENT, principal="agent:test", client="test/1")


def proposed(home: Home, percentage: float) -> Judged:
    operations = [{"op": "set_rollout", "condition": "c2", "rollout_percentage": percentage}]
    return propose(home, modify(home, "sandbox", FLAG, operations, reason="because", actor=AGENT))


def asked(home: Home, **question: Any) -> Explained:
    return explain_flag(home, "sandbox", FLAG, Question(**{"subject": PRO, **question}))


@pytest.fixture
def revised(home: Home, clock: FrozenClock) -> Home:
    """Revision 2, an hour after revision 1, lets 15 % of the paying in."""
    clock.advance(timedelta(hours=1))
    apply(home, proposed(home, 15).proposal.id, AGENT)
    clock.advance(timedelta(hours=1))
    return home


def newly_in(home: Home) -> Subject:
    """Somebody between 10 and 15 %."""
    for number in range(1000):
        subject = Subject(f"person-{number}", properties={"plan": "pro"})
        if asked(home, subject=subject, against="1").explanation.result.value is True:
            told = asked(home, subject=subject, against="1").comparison
            if isinstance(told, RevisionComparison) and told.verdict == "alone":
                return subject
    raise AssertionError


def test_two_revisions_are_compared_in_their_order_and_the_edit_is_named(revised: Home) -> None:
    somebody = newly_in(revised)
    for at, against in ((None, "1"), ("1", "current"), ("1", "2"), ("2", "1")):
        told = asked(revised, subject=somebody, at=at, against=against)
        assert isinstance(told.comparison, RevisionComparison)
        assert "from off to on because of one edit: condition 2 (c2): rollout 10 % → 15 %" in told.comparison.sentence
        assert told.source == "as given; revision 1 → revision 2, in force"


def test_a_past_moment_is_asked_of_the_definitions_in_force_then(revised: Home) -> None:
    somebody = newly_in(revised)
    then = (MOMENT + timedelta(minutes=30)).isoformat()
    told = asked(revised, subject=somebody, at=then)
    assert told.explanation.result.value is False
    assert told.source == "as given; revision 1, in force at 2026-11-20T12:30:00+00:00"
    assert asked(revised, subject=somebody).explanation.result.value is True
    compared = asked(revised, subject=somebody, at=then, against="current").comparison
    assert isinstance(compared, RevisionComparison)
    assert compared.verdict == "alone"


def test_an_open_and_an_applied_proposal_are_compared_with_what_they_change(home: Home) -> None:
    judged = proposed(home, 15)
    before = asked(home, subject=PRO, against=judged.proposal.id)
    assert before.source.endswith(f"before {judged.proposal.id} → with {judged.proposal.id} (allowed)")
    apply(home, judged.proposal.id, AGENT)
    after = asked(home, subject=PRO, against=judged.proposal.id)
    assert isinstance(before.comparison, RevisionComparison)
    assert isinstance(after.comparison, RevisionComparison)
    assert after.comparison.before.result == before.comparison.before.result
    assert after.comparison.after.result == before.comparison.after.result


@pytest.mark.parametrize(
    ("question", "code", "words"),
    [
        ({"at": "7"}, "NO_SUCH_REVISION", "It has revision 1 alone."),
        ({"against": "7"}, "NO_SUCH_REVISION", "no revision 7"),
        ({"at": "2020-01-01"}, "NO_SUCH_REVISION", "Its first revision is from 2026-11-20T12:00:00"),
        ({"at": "2030-01-01"}, "BAD_TIME", "still to come"),
        ({"at": "last tuesday"}, "NO_SUCH_REVISION", "no revision number and no time"),
        ({"against": "pr_none"}, "NOT_FOUND", "pr_none"),
        ({"against": "1", "want": True}, "TWO_QUESTIONS", "against and want are two questions"),
        ({"at": "1", "against": "pr_none"}, "TWO_QUESTIONS", "Leave the revision or time out"),
        ({"compare_to": Subject("nobody-at-all")}, "NO_SUCH_SUBJECT", "Give its properties instead."),
    ],
)
def test_what_cannot_be_asked_is_refused_with_the_fix(
    home: Home, question: dict[str, Any], code: str, words: str
) -> None:
    with pytest.raises(DrysailError) as refused:
        asked(home, **question)
    assert isinstance(refused.value, NotFound | InvalidInput)
    assert refused.value.code == code or code == "NOT_FOUND"
    assert words in str(refused.value)


def test_two_subjects_are_compared(home: Home) -> None:
    told = asked(home, compare_to=Subject("user-1", properties={"plan": "free"}))
    assert isinstance(told.comparison, ContextComparison)
    assert told.comparison.parting is not None
    assert told.source == "as given; compared with user-1 as given"


def test_a_name_that_nothing_asks_for_is_doubted_where_it_looks_misspelt(home: Home) -> None:
    told = asked(home, subject=Subject("u", properties={"Plan": "pro", "emial": "x", "shoe_size": 43}))
    assert told.notes == (
        "No condition asks for property 'Plan'; did you mean 'plan'?",
        "No condition asks for property 'emial'; did you mean 'email'?",
    )


@pytest.mark.parametrize("flag", ["new-checkout", "checkout-button", "pricing-page", "payments-v2", "beta-dashboard"])
@pytest.mark.parametrize("value", [True, False, "green", "simple"])
@pytest.mark.parametrize("plan", ["pro", "free"])
def test_every_operation_makes_the_suggested_definition(home: Home, flag: str, value: bool | str, plan: str) -> None:
    subject = Subject("user-3", properties={"plan": plan, "app_version": "3.1.0"})
    told = explain_flag(home, "sandbox", flag, Question(subject=subject, want=value))
    assert told.alternatives is not None
    with home.store.read() as reader:
        bodies = {document.ref.key: document.body for document in reader.documents("sandbox", "flag")}
    for suggestion, operation in zip(told.alternatives.suggestions, told.operations, strict=True):
        if operation is None:
            assert suggestion.change.kind in ("property", "group_property", "group", "membership")
            continue
        after = apply_operations(bodies[operation["flag_key"]], parse_operations(operation["operations"]))
        assert after["filters"] == suggestion.change.definition["filters"]  # type: ignore[union-attr]
        assert after["active"] == suggestion.change.definition["active"]  # type: ignore[union-attr]


def test_no_operation_is_told_for_a_definition_that_is_not_in_force(revised: Home) -> None:
    told = asked(revised, at="1", want=False)
    assert told.alternatives is not None
    assert set(told.operations) <= {None}
