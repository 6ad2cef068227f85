"""explain_flag beyond one subject now: two subjects, two revisions, a past moment, another value."""

import pytest

from mcp_server.services.home import Home
from tests.mcp_server.tools.given import FLAG, PLACE, STEP, Era, speaking

pytestmark = pytest.mark.anyio

PRO = {"flag_key": FLAG, "distinct_id": "user-1", "properties": {"plan": "pro"}, **PLACE}


async def test_two_subjects_are_compared_in_both_channels(shop: Home, era: Era) -> None:
    async with speaking(shop, era) as agent:
        said = await agent.told(
            "explain_flag", **PRO, compare_to={"distinct_id": "user-2", "properties": {"email": "eve@acme.com"}}
        )
    assert said.data["comparison"]["verdict"] == "different"
    assert (said.data["comparison"]["place"], said.data["comparison"]["condition"]) == ("filter", "c1")
    assert said.data["comparison"]["other"] == {"value": True, "reason": "condition_match"}
    assert said.data["sentence"] in said.text
    assert "asks for email ends with" in said.text


async def test_two_revisions_name_the_edit(home: Home, era: Era) -> None:
    async with speaking(home, era) as agent:
        proposal_id = await agent.proposed(STEP)
        await agent.told("apply_proposal", proposal_id=proposal_id)
        for against in ("1", proposal_id):
            said = await agent.told("explain_flag", **PRO, against=against)
            assert said.data["comparison"]["verdict"] in ("same", "alone")
            assert set(said.data["comparison"]) == {"verdict", "edits", "before", "after"}
        past = await agent.told("explain_flag", **PRO, at="1")
    assert past.data["context"] == "as given; revision 1"


async def test_what_would_have_to_change_comes_with_operations_that_work(home: Home, era: Era) -> None:
    async with speaking(home, era) as agent:
        said = await agent.told("explain_flag", **PRO, want=True)
        definition = next(entry for entry in said.data["suggestions"] if entry["kind"] == "rollout")
        simulated = await agent.told("simulate_flag", **definition["modify_flag"], **PLACE)
        assert simulated.data["flags"]
    hypothesis = said.data["suggestions"][0]
    assert hypothesis["about"] == "subject"
    assert "modify_flag" not in hypothesis
    assert "a hypothesis, no advice to change anybody's data" in said.text
    assert "modify_flag {" in said.text


async def test_a_wanted_variant_that_does_not_exist_is_told_with_those_that_do(shop: Home, era: Era) -> None:
    async with speaking(shop, era) as agent:
        asked = {**PRO, "flag_key": "checkout-button"}
        said = await agent.told("explain_flag", **asked, want="purple")
    assert "its variants are “control”, “green”, “blue”" in said.text
    assert said.data["suggestions"] == []


async def test_full_detail_has_both_traces(shop: Home, era: Era) -> None:
    async with speaking(shop, era) as agent:
        said = await agent.told("explain_flag", **PRO, compare_to={"properties": {}}, detail="full")
    assert said.data["trace"]["one"]["conditions"]
    assert said.data["trace"]["other"]["conditions"]


async def test_misspelt_questions_are_refused_with_near_misses(shop: Home, era: Era) -> None:
    async with speaking(shop, era) as agent:
        text = await agent.refused("explain_flag", "UNKNOWN_FIELD", **PRO, compare_to={"propertys": {}})
        assert "Did you mean 'properties'?" in text
        text = await agent.refused("explain_flag", "WRONG_ARGUMENT", **PRO, compare_to={"distinct_id": 7})
        assert "compare_to.distinct_id is text" in text
        text = await agent.refused("explain_flag", "NO_SUCH_REVISION", **PRO, at="9")
        assert "It has revision 1 alone." in text
        said = await agent.told("explain_flag", **{**PRO, "properties": {"Plan": "pro"}})
    assert "Note: No condition asks for property 'Plan'; did you mean 'plan'?" in said.text
