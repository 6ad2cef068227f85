"""Prompts, resources and completions."""

import json
import re
from typing import Any

import pytest
from mcp import MCPError
from mcp_types import PromptReference, ResourceTemplateReference

from mcp_server.services.home import Home
from mcp_server.services.operations import GRAMMAR
from mcp_server.tools.access import TOOL_SCOPES
from mcp_server.tools.prompts import prompt_files
from tests.mcp_server.tools.given import FLAG, LEAP, PLACE, Era, speaking
from tests.mcp_server.tools.test_refusals import ALL, Somebody

pytestmark = pytest.mark.anyio

INVALID_PARAMS = -32602
PROMPTS = {prompt.name: prompt for prompt in prompt_files()}
GIVEN = {"flag_key": FLAG, "distinct_id": "user-1", "environment": "sandbox", "audience": "everybody who pays"}


def arguments_of(name: str, *, all_of_them: bool) -> dict[str, str]:
    return {
        argument.name: GIVEN[argument.name] for argument in PROMPTS[name].arguments if argument.required or all_of_them
    }


@pytest.mark.parametrize("all_of_them", [True, False], ids=["all arguments", "required ones"])
@pytest.mark.parametrize("name", PROMPTS)
async def test_a_prompt_renders_with_and_without_its_optional_arguments(
    shop: Home, era: Era, name: str, all_of_them: bool
) -> None:
    given = arguments_of(name, all_of_them=all_of_them)
    async with speaking(shop, era) as agent:
        result = await agent.client.get_prompt(name, given)
    (message,) = result.messages
    text: str = message.content.text  # type: ignore[union-attr]
    for value in given.values():
        assert value in text
    assert ("(not given)" in text) is not all_of_them
    assert "$" not in text


@pytest.mark.parametrize("name", PROMPTS)
async def test_a_prompt_names_only_tools_that_exist(name: str) -> None:
    named = set(re.findall(r"`([a-z]+_[a-z]+)`", PROMPTS[name].body))
    assert named
    assert named <= set(TOOL_SCOPES)


@pytest.mark.parametrize("name", PROMPTS)
async def test_a_missing_argument_is_named(shop: Home, era: Era, name: str) -> None:
    async with speaking(shop, era) as agent:
        with pytest.raises(MCPError, match="needs: flag_key") as raised:
            await agent.client.get_prompt(name, {})
    assert raised.value.error.code == INVALID_PARAMS


async def test_an_unknown_prompt_or_argument_names_what_there_is(shop: Home, era: Era) -> None:
    async with speaking(shop, era) as agent:
        with pytest.raises(MCPError, match="Did you mean roll_out_safely") as raised:
            await agent.client.get_prompt("rollout_safely", {})
        assert raised.value.error.code == INVALID_PARAMS
        with pytest.raises(MCPError, match="It takes: flag_key") as raised:
            await agent.client.get_prompt("roll_out_safely", {"flag_key": FLAG, "flag": FLAG})
        assert raised.value.error.code == INVALID_PARAMS


async def read(agent: Any, uri: str) -> str:
    result = await agent.client.read_resource(uri)
    text: str = result.contents[0].text
    return text


async def test_the_grammar_of_operations_is_a_resource(shop: Home, era: Era) -> None:
    async with speaking(shop, era) as agent:
        text = await read(agent, "drysail://operations")
    for name in GRAMMAR:
        assert f"{name}(" in text


async def test_a_flag_is_a_resource_as_get_flag_shows_it_in_full(shop: Home, era: Era) -> None:
    async with speaking(shop, era) as agent:
        flag = json.loads(await read(agent, f"drysail://flags/sandbox/{FLAG}"))
        assert flag == (await agent.told("get_flag", flag_key=FLAG, detail="full", **PLACE)).data


async def test_a_proposal_is_a_resource_as_get_proposal_shows_it(home: Home, era: Era) -> None:
    async with speaking(home, era) as agent:
        proposal_id = await agent.proposed(LEAP)
        proposal = json.loads(await read(agent, f"drysail://proposals/{proposal_id}"))
        assert proposal == (await agent.told("get_proposal", proposal_id=proposal_id)).data


async def test_the_policy_in_force_is_a_resource(shop: Home, era: Era) -> None:
    async with speaking(shop, era) as agent:
        policy = json.loads(await read(agent, "drysail://policy/sandbox"))
    assert policy["name"] == "standard"
    assert "blast.catch_all" in json.dumps(policy)


@pytest.mark.parametrize(
    ("uri", "code"),
    [
        ("drysail://flags/sandbox/new-chekout", "NO_SUCH_FLAG"),
        ("drysail://flags/nowhere/new-checkout", "NO_SUCH_ENVIRONMENT"),
        ("drysail://proposals/pr_none", "NO_SUCH_PROPOSAL"),
        ("drysail://policy/nowhere", "NO_SUCH_ENVIRONMENT"),
    ],
)
async def test_what_is_not_there_is_said_with_its_code(shop: Home, era: Era, uri: str, code: str) -> None:
    async with speaking(shop, era) as agent:
        with pytest.raises(MCPError, match=code) as raised:
            await agent.client.read_resource(uri)
    assert raised.value.error.code == INVALID_PARAMS


@pytest.mark.parametrize("uri", [f"drysail://flags/live/{FLAG}", "drysail://policy/live", "drysail://proposals/{id}"])
async def test_resources_of_another_environment_are_refused(home: Home, era: Era, uri: str) -> None:
    async with speaking(home, era) as agent:
        uri = uri.replace("{id}", await agent.proposed(LEAP, environment="live"))
    async with speaking(home, era, Somebody(ALL)) as agent:
        with pytest.raises(MCPError, match="WRONG_ENVIRONMENT"):
            await agent.client.read_resource(uri)


async def completed(agent: Any, name: str, value: str, template: str | None = None, **context: str) -> list[str]:
    reference = (
        PromptReference(type="ref/prompt", name="roll_out_safely")
        if template is None
        else ResourceTemplateReference(type="ref/resource", uri=template)
    )
    result = await agent.client.complete(reference, {"name": name, "value": value}, context or None)
    values: list[str] = result.completion.values
    return values


async def test_flag_keys_environments_and_proposals_are_completed(home: Home, era: Era) -> None:
    async with speaking(home, era) as agent:
        proposal_id = await agent.proposed(LEAP)
        assert await completed(agent, "flag_key", "checkout") == ["checkout-button", "checkout-upsell"]
        assert await completed(agent, "flag_key", "checkout", environment="live") == [
            "checkout-button",
            "checkout-upsell",
        ]
        assert await completed(agent, "environment", "s") == ["sandbox", "staging"]
        assert await completed(agent, "audience", "e") == []
        flags = "drysail://flags/{environment}/{key}"
        assert await completed(agent, "key", "new", flags, environment="sandbox") == [FLAG]
        assert await completed(agent, "proposal_id", "pr_", "drysail://proposals/{proposal_id}") == [proposal_id]


async def test_completions_show_only_what_the_caller_may_see(home: Home, era: Era) -> None:
    async with speaking(home, era) as agent:
        await agent.proposed(LEAP, environment="live")
    async with speaking(home, era, Somebody(ALL)) as agent:
        assert await completed(agent, "environment", "") == ["sandbox"]
        assert await completed(agent, "proposal_id", "") == []
    async with speaking(home, era, Somebody({"flags:simulate"})) as agent:
        assert await completed(agent, "flag_key", "") == []
