"""Budgets: what one answer may cost an agent, on the demo's shop, at the default detail."""

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest

from mcp_server.services.home import Home
from tests.mcp_server.tools.given import CATCH_ALL, FLAG, LEAP, PLACE, STEP, Era, Said, Speaker, speaking

pytestmark = pytest.mark.anyio

TEXT = 8_000
STRUCTURED = 12_000


async def answers(agent: Speaker) -> AsyncIterator[tuple[str, Said]]:
    flags = (await agent.told("find_flags", **PLACE)).data["flags"]
    assert len(flags) >= 12
    yield "find_flags", await agent.told("find_flags", **PLACE, limit=100)
    for flag in flags:
        key: dict[str, Any] = {"flag_key": flag["key"], **PLACE}
        yield f"get_flag {key}", await agent.told("get_flag", **key)
        yield f"explain_flag {key}", await agent.told("explain_flag", **key, distinct_id="u", properties={})
        archive = await agent.told("simulate_flag", **key, operations=[{"op": "archive"}], breakdown=["country"])
        yield f"simulate_flag {key}", archive
    for operations in (STEP, LEAP, CATCH_ALL):
        proposal_id = await agent.proposed(operations)
        yield "get_proposal", await agent.told("get_proposal", proposal_id=proposal_id)
        yield "rebase_proposal", await agent.told("rebase_proposal", proposal_id=proposal_id)
    yield "list_proposals", await agent.told("list_proposals")


async def test_no_answer_exceeds_its_budget(home: Home, era: Era) -> None:
    async with speaking(home, era) as agent:
        async for what, said in answers(agent):
            assert len(said.text.encode()) <= TEXT, what
            assert len(json.dumps(said.data, ensure_ascii=False).encode()) <= STRUCTURED, what


async def test_a_flag_with_thousands_of_values_still_fits(home: Home, era: Era) -> None:
    values = [f"customer-{number:06d}" for number in range(4_000)]
    wide = [{"op": "update_condition", "condition": "c2", "filters": [filter_on(values)]}]
    async with speaking(home, era) as agent:
        made = await agent.told("modify_flag", flag_key=FLAG, operations=wide, reason="x", **PLACE)
        proposal = await agent.told("get_proposal", proposal_id=made.data["proposal_id"])
        for said in (made, proposal):
            assert len(said.text.encode()) <= TEXT
            assert len(json.dumps(said.data).encode()) <= STRUCTURED


def filter_on(values: list[str]) -> dict[str, Any]:
    return {"key": "company", "operator": "exact", "value": values}


async def test_what_is_cut_from_a_text_is_said_and_the_next_step_stays(home: Home, era: Era) -> None:
    from mcp_server.tools.answer import MOST_CHARACTERS, answer
    from mcp_server.tools.shapes import Proposals

    said = answer([*["x" * 99] * 200, "the next step"], Proposals(proposals=[], total=0, next_step="the next step"))
    text = said.content[0].text  # type: ignore[union-attr]
    assert len(text) <= MOST_CHARACTERS
    assert text.splitlines()[-1] == "the next step"
    assert "more lines left out" in text.splitlines()[-2]
