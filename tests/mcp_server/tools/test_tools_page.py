"""docs/tools.md names exactly what is registered, and its examples work."""

import json
import re
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from mcp_server.services.home import Home
from mcp_server.services.operations import parse_operations
from mcp_server.tools.access import TOOL_SCOPES
from policies.expect import parse_expect
from tests.mcp_server.tools.given import EXAMPLES, Era, speaking

pytestmark = pytest.mark.anyio

PAGE = (Path(__file__).parents[3] / "docs" / "tools.md").read_text(encoding="utf-8")
SECTIONS: dict[str, str] = dict(re.findall(r"^### (\w+)\n(.*?)(?=^##|\Z)", PAGE, re.MULTILINE | re.DOTALL))


def arguments_of(section: str) -> dict[str, bool]:
    rows = re.findall(r"^\| `(\w+)` \| (yes|no) \|", section, re.MULTILINE)
    return {name: required == "yes" for name, required in rows}


async def test_it_has_the_registered_tools_in_their_order(shop: Home, era: Era) -> None:
    async with speaking(shop, era) as agent:
        tools = (await agent.client.list_tools()).tools
    assert list(SECTIONS) == [tool.name for tool in tools]


@pytest.mark.parametrize("tool", EXAMPLES)
async def test_it_has_the_arguments_of_each_tool_and_an_example_that_fits(shop: Home, tool: str) -> None:
    async with speaking(shop, "auto") as agent:
        schema = next(known.input_schema for known in (await agent.client.list_tools()).tools if known.name == tool)
    required = schema.get("required", [])
    assert arguments_of(SECTIONS[tool]) == {name: name in required for name in schema["properties"]}
    (example,) = re.findall(r"```json\n(.*?)\n```", SECTIONS[tool], re.DOTALL)
    given = json.loads(example)
    Draft202012Validator(schema).validate(given)
    if "operations" in given:
        parse_operations(given["operations"])
    if "expect" in given:
        parse_expect(given["expect"])


async def test_it_has_the_scope_of_each_tool() -> None:
    rows = re.findall(r"^\| `(flags:\w+)` \| (.+) \|$", PAGE, re.MULTILINE)
    assert {tool: scope for scope, tools in rows for tool in tools.split(", ")} == dict(TOOL_SCOPES)


async def test_it_has_every_prompt_and_resource(shop: Home, era: Era) -> None:
    async with speaking(shop, era) as agent:
        prompts = {prompt.name for prompt in (await agent.client.list_prompts()).prompts}
        fixed = {str(resource.uri) for resource in (await agent.client.list_resources()).resources}
        templates = (await agent.client.list_resource_templates()).resource_templates
    tail = PAGE.split("## Prompts and resources")[1]
    assert prompts | fixed | {template.uri_template for template in templates} == set(
        re.findall(r"^\| `(.+?)` \|", tail, re.M)
    )
