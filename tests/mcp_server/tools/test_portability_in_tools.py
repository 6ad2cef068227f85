"""Agents see where SDKs answer otherwise: whole with the flag, and of a change what it adds."""

import pytest

from mcp_server.services.home import Home
from tests.mcp_server.tools.given import FLAG, PLACE, STEP, Era, speaking

pytestmark = pytest.mark.anyio

NEGATIVE = {"key": "company", "operator": "is_not", "value": "acme"}
ADD = [{"op": "add_condition", "filters": [NEGATIVE], "rollout_percentage": 1}]
CODE = "portability.absent_property"


async def test_a_change_tells_the_lints_that_it_adds_and_no_others(shop: Home, era: Era) -> None:
    async with speaking(shop, era) as agent:
        plain = await agent.told("simulate_flag", flag_key=FLAG, operations=STEP, **PLACE)
        simulated = await agent.told("simulate_flag", flag_key=FLAG, operations=ADD, **PLACE)
        proposed = await agent.told("modify_flag", flag_key=FLAG, operations=ADD, reason="x", **PLACE)
    assert "SDKs: " not in plain.text
    assert all("portability" not in row for row in plain.data["flags"])
    for said in (simulated, proposed):
        (row,) = (row for row in said.data["flags"] if row["flag"] == FLAG)
        (lint,) = row["portability"]
        assert (lint["code"], lint["difference"]) == (CODE, 1)
        assert lint["message"] in said.text
        assert said.text.splitlines()[-1] == said.data["next_step"]


async def test_a_new_flag_tells_its_lints(shop: Home, era: Era) -> None:
    async with speaking(shop, era) as agent:
        made = await agent.told("create_flag", flag_key="quiet", operations=ADD, reason="x", **PLACE)
        shown = await agent.told("get_flag", flag_key=FLAG, **PLACE)
    (row,) = (row for row in made.data["flags"] if row["flag"] == "quiet")
    assert [lint["code"] for lint in row["portability"]] == [CODE]
    assert shown.data["portability"] == []


async def test_a_flag_shows_its_own_lints(shop: Home, era: Era) -> None:
    async with speaking(shop, era) as agent:
        found = await agent.told("find_flags", **PLACE, limit=100)
        shown = [await agent.told("get_flag", flag_key=flag["key"], **PLACE) for flag in found.data["flags"]]
    linted = [said for said in shown if said.data["portability"]]
    assert linted
    for said in linted:
        assert said.data["portability"][0]["message"] in said.text
