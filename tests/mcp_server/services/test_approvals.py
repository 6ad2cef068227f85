"""Which approvals a change needs, and what becomes of those that count no more."""

import os
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from mcp_server.cli.main import run
from mcp_server.composition.home import local_agent, person
from mcp_server.demo.stage import shop
from mcp_server.services.actor import Actor, Assurance
from mcp_server.services.applying import apply
from mcp_server.services.changing import modify
from mcp_server.services.environments import create_environment
from mcp_server.services.errors import NeedsApproval
from mcp_server.services.home import Home
from mcp_server.services.importing import import_feed
from mcp_server.services.policy_in_force import activate_policy
from mcp_server.services.proposal import ProposalState
from mcp_server.services.proposing import Judged, propose
from mcp_server.services.reviewing import approve, queue, reject, review
from tests.conftest import FrozenClock

ASKING_FOR_MORE = "version: 1\nextends: standard\napprovals:\n  tags: {fragile: ssh-sk}\n"
FORGETFUL = "version: 1\nextends: standard\napprovals:\n  expire_after_hours: 1\n"


def step(home: Home, actor: Actor, percentage: float = 40) -> Judged:
    operations: list[dict[str, Any]] = [{"op": "set_rollout", "condition": "c2", "rollout_percentage": percentage}]
    return propose(home, modify(home, "sandbox", "new-checkout", operations, reason="x", actor=actor))


def tagged(home: Home, ann: Actor, key: str | None) -> dict[str, Any]:
    """A fresh environment whose flag of this key is fragile."""
    feed = shop()
    for flag in feed["flags"]:
        if flag["key"] == key:
            flag["drysail"] = {**flag.get("drysail", {}), "tags": ["fragile"]}
    create_environment(home, "fresh", sandbox=False, actor=ann)
    import_feed(home, "fresh", feed, reason="x", actor=ann)
    activate_policy(home, ASKING_FOR_MORE, "drysail.yaml", ann)
    return feed


@pytest.mark.parametrize(
    ("key", "required"),
    [
        ("payments-v2", Assurance.SSH_SK),
        ("checkout-upsell", Assurance.SSH_SK),
        ("dark-mode", Assurance.TTY),
        (None, Assurance.TTY),
    ],
    ids=["the edited flag", "a dependent", "a flag that has nothing to do with it", "no flag"],
)
def test_the_tag_of_a_flag_that_the_change_reaches_asks_for_more(
    home: Home, ann: Actor, agent: Actor, key: str | None, required: Assurance
) -> None:
    tagged(home, ann, key)
    operations: list[dict[str, Any]] = [{"op": "set_active", "value": False}]
    judged = propose(home, modify(home, "fresh", "payments-v2", operations, reason="x", actor=agent))
    assert review(home, judged.proposal.id).required is required


def test_the_tag_of_a_flag_that_uses_an_edited_cohort_asks_for_more(home: Home, ann: Actor, agent: Actor) -> None:
    key, cohort_id = next(
        (flag["key"], str(entry["value"]))
        for flag in shop()["flags"]
        for group in flag["filters"]["groups"]
        for entry in group["properties"]
        if entry.get("type") == "cohort"
    )
    feed = tagged(home, ann, key)
    feed["cohorts"][cohort_id] = {"type": "AND", "values": [{"key": "plan", "type": "person", "value": "pro"}]}
    (judged,) = import_feed(home, "fresh", feed, reason="x", actor=agent).proposals
    assert [edit.ref.kind for edit in judged.proposal.edits] == ["cohort"]
    assert review(home, judged.proposal.id).required is Assurance.SSH_SK


def test_a_proposal_waits_again_once_its_approval_has_expired(
    home: Home, agent: Actor, ann: Actor, bob: Actor, clock: FrozenClock
) -> None:
    activate_policy(home, FORGETFUL, "drysail.yaml", ann)
    judged = step(home, agent)
    approval = approve(home, judged.proposal.id, judged.evidence.digest, bob)
    assert queue(home) == []
    assert review(home, judged.proposal.id).waits is False
    clock.advance(approval.expires_at - clock.now - timedelta(seconds=1))
    assert queue(home) == []
    clock.advance(timedelta(seconds=1))
    (waiting,) = queue(home)
    assert (waiting.proposal.id, waiting.proposal.state, waiting.waits) == (
        judged.proposal.id,
        ProposalState.APPROVED,
        True,
    )
    with pytest.raises(NeedsApproval, match="expired"):
        apply(home, judged.proposal.id, agent)


def test_a_proposal_waits_again_once_the_policy_asks_for_more(home: Home, agent: Actor, ann: Actor) -> None:
    judged = step(home, agent)
    approve(home, judged.proposal.id, judged.evidence.digest, ann)
    assert queue(home) == []
    stricter = "version: 1\nextends: standard\napprovals:\n  sandbox_assurance: ssh-sk\n"
    activate_policy(home, stricter, "drysail.yaml", ann)
    assert [each.proposal.id for each in queue(home)] == [judged.proposal.id]


def test_the_queue_is_oldest_first_whatever_the_state(
    home: Home, agent: Actor, ann: Actor, bob: Actor, clock: FrozenClock
) -> None:
    activate_policy(home, FORGETFUL, "drysail.yaml", ann)
    first = step(home, agent)
    approval = approve(home, first.proposal.id, first.evidence.digest, bob)
    clock.advance(approval.expires_at - clock.now)
    second = step(home, agent, 45)
    assert [each.proposal.id for each in queue(home)] == [first.proposal.id, second.proposal.id]
    reject(home, first.proposal.id, bob, "no")
    assert [each.proposal.id for each in queue(home)] == [second.proposal.id]


@pytest.mark.parametrize("counter", [1, 0, -7, True, "9", None, 2.5])
def test_an_import_never_lowers_the_counter_of_condition_ids(
    home: Home, ann: Actor, agent: Actor, counter: object
) -> None:
    feed = shop()
    flag = feed["flags"][0]
    flag["drysail"]["next_condition"] = 9
    create_environment(home, "fresh", sandbox=False, actor=ann)
    import_feed(home, "fresh", feed, reason="x", actor=ann)
    flag["filters"]["groups"].append({"properties": [], "rollout_percentage": 1})
    flag["drysail"] = {"next_condition": counter}
    (imported,) = import_feed(home, "fresh", feed, reason="x", actor=agent).proposals
    after = imported.proposal.edits[0].after
    assert after is not None
    assert after["drysail"]["condition_ids"] == ["c9", "c10", "c11"], "new ids start at the counter"
    assert isinstance(after["drysail"]["next_condition"], int)
    assert after["drysail"]["next_condition"] >= 12


def test_a_counter_beyond_reason_is_refused(home: Home, ann: Actor) -> None:
    feed = shop()
    feed["flags"][0]["drysail"]["next_condition"] = 10**30
    (refused,) = import_feed(home, "sandbox", feed, reason="x", actor=ann).refused
    assert (refused.key, refused.problem.path) == ("new-checkout", "drysail.next_condition")


def test_a_user_without_an_account_is_named_by_number(monkeypatch: pytest.MonkeyPatch) -> None:
    """As in a container that runs with a number that no account has."""
    monkeypatch.setattr(os, "getuid", lambda: 54321)
    monkeypatch.setenv("LOGNAME", "root")
    assert person().principal == "user:uid-54321"
    assert (local_agent().principal, local_agent().on_behalf_of) == ("agent:uid-54321", "user:uid-54321")


def test_a_user_without_an_account_imports_and_looks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(os, "getuid", lambda: 54321)
    monkeypatch.delenv("HOME", raising=False)
    at = ["--home", str(tmp_path / "home")]
    path = tmp_path / "flags.json"
    path.write_text('{"flags": [{"key": "a", "filters": {"groups": []}}]}', encoding="utf-8")
    assert run([*at, "flags", "import", str(path)]) == 0
    assert run([*at, "flags", "history", "a", "--json"]) == 0
    assert "user:uid-54321" in capfd.readouterr().out
