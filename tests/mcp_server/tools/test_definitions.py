"""What a client is told of the tools: stable, small, explicit."""

import json

import pytest
from jsonschema import Draft202012Validator

from mcp_server.services.home import Home
from mcp_server.tools.access import TOOL_SCOPES
from mcp_server.tools.server import INSTRUCTIONS
from tests.mcp_server.tools.given import EXAMPLES, Era, speaking
from tests.mcp_server.tools.write_definitions import FILE, UPDATE, definitions

pytestmark = pytest.mark.anyio


async def test_the_definitions_are_those_that_were_reviewed(shop: Home, era: Era) -> None:
    known = json.loads(FILE.read_text(encoding="utf-8"))
    assert await definitions(shop, era) == known, f"If the change is meant, run: {UPDATE}"


async def test_the_order_of_tools_is_always_the_same(shop: Home, era: Era) -> None:
    async with speaking(shop, era) as agent:
        orders = [[tool.name for tool in (await agent.client.list_tools()).tools] for _ in range(3)]
    assert orders[0] == orders[1] == orders[2] == list(EXAMPLES)


async def test_there_are_at_most_16_tools_and_each_has_a_scope(shop: Home, era: Era) -> None:
    async with speaking(shop, era) as agent:
        names = [tool.name for tool in (await agent.client.list_tools()).tools]
    assert len(names) <= 16
    assert set(names) == set(TOOL_SCOPES)


async def test_all_annotations_are_explicit_and_only_apply_is_destructive(shop: Home, era: Era) -> None:
    async with speaking(shop, era) as agent:
        tools = (await agent.client.list_tools()).tools
    for tool in tools:
        hints = tool.annotations
        assert hints is not None
        assert None not in (hints.read_only_hint, hints.destructive_hint, hints.idempotent_hint, hints.open_world_hint)
        assert hints.open_world_hint is False
        assert hints.destructive_hint is (tool.name == "apply_proposal")
        reads = TOOL_SCOPES[tool.name] in ("flags:read", "flags:simulate")
        assert hints.read_only_hint is reads


async def test_schemas_are_valid_strict_and_without_titles_or_nulls(shop: Home, era: Era) -> None:
    async with speaking(shop, era) as agent:
        tools = (await agent.client.list_tools()).tools
    for tool in tools:
        assert tool.output_schema is not None
        for schema in (tool.input_schema, tool.output_schema):
            Draft202012Validator.check_schema(schema)
            text = json.dumps(schema)
            assert '"title"' not in text
            assert '"null"' not in text
        assert tool.input_schema["additionalProperties"] is False
        assert tool.title
        assert tool.description
        assert "  " not in tool.description


async def test_every_example_fits_the_schema_that_the_tool_declares(shop: Home, era: Era) -> None:
    async with speaking(shop, era) as agent:
        schemas = {tool.name: tool.input_schema for tool in (await agent.client.list_tools()).tools}
    for tool, arguments in EXAMPLES.items():
        Draft202012Validator(schemas[tool]).validate(arguments)


async def test_the_instructions_are_short_and_name_only_tools_that_exist(shop: Home, era: Era) -> None:
    async with speaking(shop, era) as agent:
        assert agent.client.instructions == INSTRUCTIONS
    assert len(INSTRUCTIONS) < 2000
    named = {word.strip("(),.;:") for word in INSTRUCTIONS.split() if "_" in word}
    assert named <= set(TOOL_SCOPES)
