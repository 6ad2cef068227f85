"""simulate_flag: operations or a proposal, expectations, breakdowns, detail, progress, cancellation."""

from typing import Any

import anyio
import pytest

from mcp_server.services.home import Home
from mcp_server.services.proposal import ProposalState
from tests.mcp_server.tools.given import CATCH_ALL, FLAG, LEAP, MODIFY, PLACE, STEP, Era, speaking

pytestmark = pytest.mark.anyio
ON_FLAG: dict[str, Any] = {"flag_key": FLAG, **PLACE}


@pytest.mark.parametrize(
    ("operations", "decision", "words", "step"),
    [
        (STEP, "allow", "Would be ALLOWED", "would be allowed"),
        (LEAP, "review", "Would be NEEDS REVIEW", "a person would have to approve"),
        (CATCH_ALL, "deny", "Would be DENIED", "Take a fix from the findings"),
    ],
)
async def test_the_verdict_its_reasons_and_the_next_step_are_in_both_channels(
    shop: Home, era: Era, operations: list[dict[str, Any]], decision: str, words: str, step: str
) -> None:
    async with speaking(shop, era) as agent:
        said = await agent.told("simulate_flag", operations=operations, **ON_FLAG)
    assert said.data["decision"] == decision
    assert said.text.startswith(words)
    assert step in said.text
    assert step in said.data["next_step"]
    assert f"{said.data['changed_subjects']:,} of {said.data['subjects']:,} subjects change" in said.text
    for finding in said.data["findings"]:
        assert said.text.count(finding["message"]) == 1, "the message, which ends with its fix, is printed once"
        assert "text" not in finding.get("fix", {})
    assert bool(said.data["findings"]) is (decision != "allow")
    assert said.data["traffic"]["snapshot"] in said.text


async def test_it_predicts_what_the_proposal_then_measures(home: Home, era: Era) -> None:
    async with speaking(home, era) as agent:
        simulated = await agent.told("simulate_flag", operations=LEAP, **ON_FLAG)
        proposed = await agent.told("modify_flag", **{**MODIFY, "operations": LEAP})
    for part in ("decision", "changed_subjects", "subjects", "flags", "findings"):
        assert simulated.data[part] == proposed.data[part]


async def test_an_open_proposal_can_be_simulated_on_what_is_in_force_now(home: Home, era: Era) -> None:
    async with speaking(home, era) as agent:
        proposal_id = await agent.proposed(LEAP)
        first = await agent.told("simulate_flag", proposal_id=proposal_id)
        await agent.told("apply_proposal", proposal_id=await agent.proposed(STEP))
        second = await agent.told("simulate_flag", proposal_id=proposal_id)
        stored = await agent.told("get_proposal", proposal_id=proposal_id)
    assert first.data["changed_subjects"] == stored.data["changed_subjects"]
    assert second.data["changed_subjects"] < first.data["changed_subjects"]
    assert second.data["flags"][0]["on_after"] == first.data["flags"][0]["on_after"]


async def test_a_closed_proposal_cannot_be_simulated(home: Home, era: Era) -> None:
    async with speaking(home, era) as agent:
        proposal_id = await agent.proposed(STEP)
        await agent.told("apply_proposal", proposal_id=proposal_id)
        text = await agent.refused("simulate_flag", "CLOSED", proposal_id=proposal_id)
    assert "applied" in text


@pytest.mark.parametrize(
    "arguments",
    [
        {},
        {"flag_key": FLAG},
        {"operations": STEP},
        {"proposal_id": "pr_x", "operations": STEP},
        {"proposal_id": "pr_x", "flag_key": FLAG},
        {"proposal_id": "pr_x", "flag_key": FLAG, "operations": STEP},
    ],
    ids=lambda arguments: "+".join(arguments) or "nothing",
)
async def test_either_operations_or_a_proposal_is_asked_for(shop: Home, era: Era, arguments: dict[str, Any]) -> None:
    async with speaking(shop, era) as agent:
        text = await agent.refused("simulate_flag", "OPERATIONS_OR_PROPOSAL", **arguments)
    assert "Give either flag_key and operations, or the proposal_id" in text


async def test_a_proposal_is_not_simulated_in_another_environment(home: Home, era: Era) -> None:
    async with speaking(home, era) as agent:
        proposal_id = await agent.proposed(STEP)
        await agent.refused("simulate_flag", "WRONG_ENVIRONMENT", proposal_id=proposal_id, environment="live")


async def test_an_expectation_is_checked(shop: Home, era: Era) -> None:
    async with speaking(shop, era) as agent:
        kept = await agent.told("simulate_flag", operations=STEP, expect={"newly_on_max": 1000}, **ON_FLAG)
        broken = await agent.told("simulate_flag", operations=STEP, expect={"newly_on_max": 0}, **ON_FLAG)
    assert kept.data["decision"] == "allow"
    assert broken.data["decision"] != "allow"
    assert [finding["rule"] for finding in broken.data["findings"]] == ["intent.mismatch"]


@pytest.mark.parametrize("tool", ["simulate_flag", "modify_flag"])
async def test_an_expectation_that_cannot_be_read_is_refused(home: Home, era: Era, tool: str) -> None:
    why = {} if tool == "simulate_flag" else {"reason": "x"}
    async with speaking(home, era) as agent:
        text = await agent.refused(
            tool, "BAD_EXPECTATION", operations=STEP, expect={"newly_onmax": 3}, **ON_FLAG, **why
        )
    assert "newly_on_max" in text


async def test_a_breakdown_is_in_both_channels_only_when_asked_for(shop: Home, era: Era) -> None:
    async with speaking(shop, era) as agent:
        plain = await agent.told("simulate_flag", operations=STEP, **ON_FLAG)
        split = await agent.told("simulate_flag", operations=STEP, breakdown=["country"], **ON_FLAG)
    assert "breakdowns" not in plain.data["flags"][0]
    rows = split.data["flags"][0]["breakdowns"][0]["rows"]
    assert sum(row["changed"] for row in rows) == split.data["changed_subjects"]
    assert f"by country {rows[0]['value']}: {rows[0]['changed']:,} of {rows[0]['subjects']:,} change" in split.text


async def test_full_detail_adds_conditions_and_every_rule(shop: Home, era: Era) -> None:
    async with speaking(shop, era) as agent:
        summary = await agent.told("simulate_flag", operations=STEP, **ON_FLAG)
        full = await agent.told("simulate_flag", operations=STEP, detail="full", **ON_FLAG)
    assert summary.data["findings"] == []
    assert len(full.data["findings"]) > 10
    assert {condition["id"] for condition in full.data["flags"][0]["conditions"]} == {"c1", "c2"}
    assert "c2: " in full.text


async def test_without_traffic_the_effect_is_said_to_be_unknown(shop: Home, era: Era) -> None:
    async with speaking(shop, era) as agent:
        said = await agent.told("simulate_flag", flag_key=FLAG, operations=LEAP, environment="staging")
    assert "No traffic was recorded yet" in said.text
    assert said.data["decision"] != "allow"
    assert "changed_subjects" not in said.data


async def test_progress_grows_to_the_total(shop: Home, era: Era) -> None:
    seen: list[tuple[float, float | None]] = []

    async def note(progress: float, total: float | None, message: str | None) -> None:
        seen.append((progress, total))
        assert message is not None

    async with speaking(shop, era) as agent:
        operations = [{"op": "set_rollout", "condition": "c1", "rollout_percentage": 60}]
        arguments = {"flag_key": "payments-v2", "operations": operations, **PLACE}
        await agent.client.call_tool("simulate_flag", arguments, progress_callback=note)
    assert len(seen) >= 2
    assert [progress for progress, _ in seen] == sorted({progress for progress, _ in seen})
    assert seen[-1][0] == seen[-1][1]


async def test_a_cancelled_proposal_is_given_up_and_closed(home: Home, era: Era) -> None:
    async with speaking(home, era) as agent:
        operations = [{"op": "set_rollout", "condition": "c1", "rollout_percentage": 60}]
        arguments = {"flag_key": "payments-v2", "operations": operations, "reason": "x", **PLACE}
        with anyio.CancelScope() as scope:

            async def leave(progress: float, total: float | None, message: str | None) -> None:
                scope.cancel()

            await agent.client.call_tool("modify_flag", arguments, progress_callback=leave)
        assert scope.cancelled_caught
        with anyio.fail_after(10):
            while (await agent.told("list_proposals", state="judging")).data["total"]:
                await anyio.lowlevel.checkpoint()
        proposal_id = (await agent.told("list_proposals", **PLACE)).data["proposals"][0]["id"]
        said = await agent.told("get_proposal", proposal_id=proposal_id)
    if said.data["state"] == ProposalState.ALLOWED:
        pytest.fail("the replay went on after nobody waited for it")
    assert said.data["state"] == ProposalState.WITHDRAWN
    assert "given up" in said.text
