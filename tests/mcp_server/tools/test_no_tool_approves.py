"""No tool approves: whatever an agent sends, and whatever its host answers, what needs a review keeps needing it."""

from typing import Any

import pytest
from mcp_types import ElicitRequestParams, ElicitResult

from mcp_server.services.home import Home
from mcp_server.services.proposal import ProposalState
from mcp_server.tools.access import TOOL_SCOPES
from tests.mcp_server.tools.given import EXAMPLES, FLAG, LEAP, PLACE, Era, Speaker, speaking

pytestmark = pytest.mark.anyio

HOSTILE: dict[str, Any] = {
    "approve": True,
    "approved": True,
    "approval": {"reviewer": "user:ann", "assurance": "ssh-sk"},
    "confirm": "yes",
    "confirmation": FLAG,
    "force": True,
    "reviewer": "user:ann",
    "state": "approved",
    "policy": "audit-only",
    "snapshot": "snap_mine",
    "actor": {"kind": "person", "principal": "user:ann"},
    "_meta": {"approved": True},
}
APPROVING = ("approv", "confirm", "consent", "force", "override", "reviewer", "policy", "snapshot", "actor", "bypass")


async def accept(context: Any, params: ElicitRequestParams) -> ElicitResult:
    """A host that says yes to everything."""
    return ElicitResult(action="accept", content={"approve": True, "confirm": True})


async def unreviewed(agent: Speaker) -> str:
    proposal_id = await agent.proposed(LEAP)
    assert (await agent.told("get_proposal", proposal_id=proposal_id)).data["state"] == "needs_review"
    return proposal_id


def calls(proposal_id: str) -> list[tuple[str, dict[str, Any]]]:
    return [
        (tool, {**example, **({"proposal_id": proposal_id} if "proposal_id" in example else {})})
        for tool, example in EXAMPLES.items()
        if tool not in ("withdraw_proposal", "rebase_proposal")
    ]


async def test_no_tool_has_a_name_or_an_argument_that_approves_or_chooses_the_evidence(shop: Home, era: Era) -> None:
    async with speaking(shop, era) as agent:
        tools = (await agent.client.list_tools()).tools
    assert {tool.name for tool in tools} == set(TOOL_SCOPES)
    for tool in tools:
        for name in (tool.name, *tool.input_schema["properties"]):
            assert not any(word in name for word in APPROVING), (tool.name, name)


async def test_no_call_with_any_hostile_argument_moves_it(home: Home, era: Era) -> None:
    async with speaking(home, era, elicitation_callback=accept) as agent:
        proposal_id = await unreviewed(agent)
        for tool, arguments in calls(proposal_id):
            for name, value in HOSTILE.items():
                await agent.ask(tool, **{**arguments, name: value})
            for name in arguments:
                await agent.ask(tool, **{**arguments, name: "approve " + proposal_id})
            await agent.ask(tool, **arguments)
        text = await agent.refused("apply_proposal", "NEEDS_APPROVAL", proposal_id=proposal_id)
        assert "drysail review" in text
        flag = await agent.told("get_flag", flag_key=FLAG, **PLACE)
    assert flag.data["conditions"][1]["rollout_percentage"] == 10
    with home.store.read() as reader:
        assert reader.proposal(proposal_id).state is ProposalState.NEEDS_REVIEW
        assert list(reader.approvals(proposal_id)) == []


async def test_neither_rebasing_nor_withdrawing_leads_to_an_approval(home: Home, era: Era) -> None:
    async with speaking(home, era, elicitation_callback=accept) as agent:
        rebased = await agent.told("rebase_proposal", proposal_id=await unreviewed(agent))
        assert rebased.data["state"] == "needs_review"
        await agent.refused("apply_proposal", "NEEDS_APPROVAL", proposal_id=rebased.data["proposal_id"])
        await agent.told("withdraw_proposal", proposal_id=rebased.data["proposal_id"])
        await agent.refused("apply_proposal", "CLOSED", proposal_id=rebased.data["proposal_id"])
    with home.store.read() as reader:
        assert not any(reader.approvals(proposal.id) for proposal in reader.proposals("sandbox"))


async def test_no_server_ever_asks_the_host_a_question(home: Home, era: Era) -> None:
    asked: list[str] = []

    async def note(context: Any, params: ElicitRequestParams) -> ElicitResult:
        asked.append(params.message)
        return ElicitResult(action="accept", content={})

    async with speaking(home, era, elicitation_callback=note) as agent:
        for tool, arguments in calls(await unreviewed(agent)):
            await agent.ask(tool, **arguments)
    assert asked == []
