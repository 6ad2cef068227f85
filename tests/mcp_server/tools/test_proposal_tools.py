"""From a proposal to its end: create, modify, list, get, apply, rebase, withdraw."""

from datetime import timedelta
from typing import Any

import pytest

from mcp_server.services.actor import Actor
from mcp_server.services.home import Home
from mcp_server.services.reviewing import approve, reject
from tests.conftest import FrozenClock
from tests.mcp_server.tools.given import CATCH_ALL, FLAG, LEAP, MODIFY, PLACE, STEP, Era, speaking

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize(
    ("operations", "state", "step"),
    [
        (STEP, "allowed", "Call apply_proposal"),
        (LEAP, "needs_review", "drysail review"),
        (CATCH_ALL, "denied", "propose again with modify_flag"),
    ],
)
async def test_a_proposal_says_its_state_effect_reason_and_next_step_in_both_channels(
    home: Home, era: Era, operations: list[dict[str, Any]], state: str, step: str
) -> None:
    async with speaking(home, era) as agent:
        made = await agent.told("modify_flag", **{**MODIFY, "operations": operations})
        shown = await agent.told("get_proposal", proposal_id=made.data["proposal_id"])
    assert shown == made
    data = made.data
    assert data["state"] == state
    assert f"Proposal {data['proposal_id']} in sandbox: {state.replace('_', ' ')}" in made.text
    assert step in made.text
    assert step in data["next_step"]
    assert data["untrusted_reason"] == "more of it"
    for part in (data["by"], data["untrusted_reason"], *data["change"]):
        assert part in made.text
    assert f"{data['changed_subjects']:,} of {data['subjects']:,} subjects change" in made.text
    for finding in data["findings"]:
        assert made.text.count(finding["message"]) == 1
        assert finding["rule"] in made.text


async def test_full_detail_of_a_proposal_adds_every_rule_and_condition(home: Home, era: Era) -> None:
    async with speaking(home, era) as agent:
        proposal_id = await agent.proposed(STEP)
        said = await agent.told("get_proposal", proposal_id=proposal_id, detail="full")
    assert len(said.data["findings"]) > 10
    assert {condition["id"] for condition in said.data["flags"][0]["conditions"]} == {"c1", "c2"}
    assert said.data["evidence"] in said.text


async def test_an_allowed_proposal_is_applied_once(home: Home, era: Era) -> None:
    async with speaking(home, era) as agent:
        proposal_id = await agent.proposed(STEP)
        said = await agent.told("apply_proposal", proposal_id=f" {proposal_id} ")
        assert said.data["state"] == "applied"
        assert f"drysail undo {proposal_id}" in said.text
        assert "Applied" in said.text
        assert said.data["note"] in said.text
        text = await agent.refused("apply_proposal", "ALREADY_APPLIED", proposal_id=proposal_id)
        assert "it happens once" in text
        flag = await agent.told("get_flag", flag_key=FLAG, **PLACE)
    assert flag.data["conditions"][1]["rollout_percentage"] == 12
    assert flag.data["revision"] == 2


async def test_what_needs_a_review_is_applied_only_after_a_person_approved(home: Home, era: Era, bob: Actor) -> None:
    async with speaking(home, era) as agent:
        made = await agent.told("modify_flag", **{**MODIFY, "operations": LEAP})
        proposal_id = made.data["proposal_id"]
        text = await agent.refused("apply_proposal", "NEEDS_APPROVAL", proposal_id=proposal_id)
        assert f"drysail review {proposal_id}" in text
        approve(home, proposal_id, made.data["evidence"], bob)
        shown = await agent.told("get_proposal", proposal_id=proposal_id)
        assert shown.data["state"] == "approved"
        assert (await agent.told("apply_proposal", proposal_id=proposal_id)).data["state"] == "applied"


async def test_a_denied_proposal_is_not_applied_and_says_where_the_fix_is(home: Home, era: Era) -> None:
    async with speaking(home, era) as agent:
        proposal_id = await agent.proposed(CATCH_ALL)
        text = await agent.refused("apply_proposal", "DENIED", proposal_id=proposal_id)
    assert "get_proposal" in text


async def test_a_rejected_proposal_tells_who_rejected_it_and_why(home: Home, era: Era, bob: Actor) -> None:
    async with speaking(home, era) as agent:
        proposal_id = await agent.proposed(LEAP)
        reject(home, proposal_id, bob, "Not before the sale.")
        said = await agent.told("get_proposal", proposal_id=proposal_id)
        await agent.refused("apply_proposal", "CLOSED", proposal_id=proposal_id)
    assert said.data["state"] == "rejected"
    for channel in (said.text, said.data["note"]):
        assert "Not before the sale." in channel
    assert "Do not repeat it unchanged" in said.text


async def test_a_stale_proposal_says_what_moved_and_can_be_rebased(home: Home, era: Era) -> None:
    async with speaking(home, era) as agent:
        slow = await agent.proposed(LEAP)
        quick = await agent.proposed(STEP)
        await agent.told("apply_proposal", proposal_id=quick)
        text = await agent.refused("apply_proposal", "STALE", proposal_id=slow)
        assert "moved from revision 1 to 2" in text
        assert f"rebase_proposal({slow})" in text
        fresh = await agent.told("rebase_proposal", proposal_id=slow)
    assert fresh.data["proposal_id"] != slow
    assert fresh.data["state"] == "needs_review"
    assert "rollout 12 % → 40 %" in fresh.text


async def test_an_expired_proposal_says_so(home: Home, era: Era, clock: FrozenClock) -> None:
    async with speaking(home, era) as agent:
        proposal_id = await agent.proposed(STEP)
        clock.advance(timedelta(days=4))
        text = await agent.refused("apply_proposal", "STALE", proposal_id=proposal_id)
    assert "expired" in text
    assert "rebase_proposal" in text


async def test_withdrawing_closes_a_proposal(home: Home, era: Era) -> None:
    async with speaking(home, era) as agent:
        proposal_id = await agent.proposed(LEAP)
        said = await agent.told("withdraw_proposal", proposal_id=proposal_id, reason="not needed")
        assert said.data["state"] == "withdrawn"
        assert "modify_flag" in said.data["next_step"]
        assert "modify_flag" in said.text
        await agent.refused("apply_proposal", "CLOSED", proposal_id=proposal_id)
        await agent.refused("rebase_proposal", "CLOSED", proposal_id=proposal_id)
        await agent.refused("withdraw_proposal", "CLOSED", proposal_id=proposal_id)


async def test_list_proposals_filters_and_pages_newest_first(home: Home, era: Era) -> None:
    async with speaking(home, era) as agent:
        made = [await agent.proposed(operations) for operations in (STEP, LEAP, CATCH_ALL)]
        mine = await agent.told("list_proposals", flag_key=FLAG, limit=2, **PLACE)
        rest = await agent.told("list_proposals", flag_key=FLAG, cursor=mine.data["next_cursor"], **PLACE)
        waiting = await agent.told("list_proposals", state="needs_review")
        nothing = await agent.told("list_proposals", state="rejected")
    ids = [row["id"] for row in [*mine.data["proposals"], *rest.data["proposals"]]]
    assert ids[:3] == made[::-1]
    assert len(set(ids)) == len(ids) == mine.data["total"] == 4
    assert [row["id"] for row in waiting.data["proposals"]] == [made[1]]
    assert f"cursor={mine.data['next_cursor']}" in mine.text
    for row in mine.data["proposals"]:
        for part in (row["id"], row["state"], row["by"], row["environment"], row["untrusted_reason"]):
            assert part in mine.text
    assert "get_proposal" in mine.text
    assert nothing.data["proposals"] == []
    assert "modify_flag" in nothing.text


async def test_a_long_list_of_flags_is_cut_and_counted(shop: Home, era: Era) -> None:
    async with speaking(shop, era) as agent:
        said = await agent.told("list_proposals", **PLACE)
    row = said.data["proposals"][-1]
    assert len(row["flags"]) + row["more_flags"] == 13
    assert "and 8 more" in said.text


async def test_a_new_flag_starts_off_and_points_out_similar_keys(home: Home, era: Era) -> None:
    pro = [{"key": "plan", "operator": "exact", "value": ["pro"]}]
    some: list[dict[str, Any]] = [{"op": "add_condition", "filters": pro, "rollout_percentage": 5}]
    on = [{"op": "set_active", "value": True}, *some]
    async with speaking(home, era) as agent:
        said = await agent.told(
            "create_flag", flag_key="new-checkouts", name="Again", reason="x", operations=on, **PLACE
        )
        assert "creates flag new-checkouts" in said.text
        for channel in (said.text, said.data["note"]):
            assert "similar keys exist: new-checkout." in channel
        await agent.told("apply_proposal", proposal_id=said.data["proposal_id"])
        flag = await agent.told("get_flag", flag_key="new-checkouts", **PLACE)
    assert flag.data["active"] is False


@pytest.mark.parametrize(
    ("tool", "arguments", "other"),
    [
        ("modify_flag", MODIFY, {"operations": LEAP}),
        ("create_flag", {"flag_key": "fresh-flag", "reason": "x", **PLACE}, {"flag_key": "other-flag"}),
    ],
)
async def test_repeating_a_call_with_its_idempotency_key_returns_the_first_proposal(
    home: Home, era: Era, tool: str, arguments: dict[str, Any], other: dict[str, Any]
) -> None:
    async with speaking(home, era) as agent:
        first = await agent.told(tool, **arguments, idempotency_key="k1")
        again = await agent.told(tool, **arguments, idempotency_key="k1")
        assert again.data["proposal_id"] == first.data["proposal_id"]
        text = await agent.refused(tool, "IDEMPOTENCY_KEY_REUSED", **{**arguments, **other}, idempotency_key="k1")
        assert first.data["proposal_id"] in text
        fresh = await agent.told(tool, **arguments, idempotency_key="k2")
        assert fresh.data["proposal_id"] != first.data["proposal_id"]


async def test_a_repeated_call_is_recognised_after_the_change_was_applied(home: Home, era: Era) -> None:
    async with speaking(home, era) as agent:
        first = await agent.told("modify_flag", **MODIFY, idempotency_key="k1")
        await agent.told("apply_proposal", proposal_id=first.data["proposal_id"])
        again = await agent.told("modify_flag", **MODIFY, idempotency_key="k1")
    assert again.data["proposal_id"] == first.data["proposal_id"]
    assert again.data["state"] == "applied"


async def test_an_idempotency_key_means_nothing_in_another_environment(home: Home, era: Era) -> None:
    async with speaking(home, era) as agent:
        here = await agent.told("modify_flag", **MODIFY, idempotency_key="k1")
        there = await agent.told("modify_flag", **{**MODIFY, "environment": "live"}, idempotency_key="k1")
    assert there.data["environment"] == "live"
    assert there.data["proposal_id"] != here.data["proposal_id"]
