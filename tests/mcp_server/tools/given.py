"""What tests of the MCP surface are made of: a client, and what a tool said."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Literal

from jsonschema import Draft202012Validator
from mcp import Client
from mcp_types import TextContent

from mcp_server.composition.stdio import LocalAccess
from mcp_server.services.home import Home
from mcp_server.tools import build_server
from mcp_server.tools.access import Access

Era = Literal["auto", "legacy"]
ERAS: tuple[Era, ...] = ("auto", "legacy")

FLAG = "new-checkout"
PLACE = {"environment": "sandbox"}
STEP = [{"op": "set_rollout", "condition": "c2", "rollout_percentage": 12}]
"""Allowed by the standard policy."""
LEAP = [{"op": "set_rollout", "condition": "c2", "rollout_percentage": 40}]
"""Needs a review."""
CATCH_ALL = [{"op": "add_condition", "filters": [], "rollout_percentage": 100}]
"""Denied."""
MODIFY = {"flag_key": FLAG, "operations": STEP, "reason": "more of it", **PLACE}

EXAMPLES: dict[str, dict[str, Any]] = {
    "find_flags": {**PLACE},
    "get_flag": {"flag_key": FLAG, **PLACE},
    "explain_flag": {"flag_key": FLAG, "distinct_id": "u", "properties": {"plan": "pro"}, **PLACE},
    "simulate_flag": {"flag_key": FLAG, "operations": STEP, **PLACE},
    "list_proposals": {},
    "get_proposal": {"proposal_id": "pr_none"},
    "create_flag": {"flag_key": "made-by-agent", "reason": "x", **PLACE},
    "modify_flag": MODIFY,
    "apply_proposal": {"proposal_id": "pr_none"},
    "rebase_proposal": {"proposal_id": "pr_none"},
    "withdraw_proposal": {"proposal_id": "pr_none"},
}
"""A call of each tool with all that it requires."""


@dataclass(frozen=True, slots=True)
class Said:
    """A tool's answer."""

    text: str
    data: dict[str, Any]
    is_error: bool


class Speaker:
    """A client that checks every answer against the schema which the tool declares."""

    def __init__(self, client: Client, schemas: dict[str, dict[str, Any]]) -> None:
        self.client = client
        self._schemas = schemas

    async def ask(self, tool: str, **arguments: Any) -> Said:
        """What the tool says."""
        result = await self.client.call_tool(tool, arguments)
        assert len(result.content) == 1
        block = result.content[0]
        assert isinstance(block, TextContent)
        if result.is_error:
            assert result.structured_content is None
        else:
            Draft202012Validator(self._schemas[tool]).validate(result.structured_content)
        return Said(text=block.text, data=result.structured_content or {}, is_error=bool(result.is_error))

    async def told(self, tool: str, **arguments: Any) -> Said:
        """What the tool says, which must be no error."""
        said = await self.ask(tool, **arguments)
        assert not said.is_error, said.text
        return said

    async def refused(self, tool: str, code: str, **arguments: Any) -> str:
        """The text of a refusal: one line that starts with the stable code and holds nothing of our tools' insides."""
        said = await self.ask(tool, **arguments)
        assert said.is_error, said.text
        assert said.text.startswith(f"[{code}] "), said.text
        for inside in ("http://", "https://", "pydantic", "Traceback", "Error executing tool", "\n", "input_value"):
            assert inside not in said.text
        return said.text

    async def proposed(self, operations: list[dict[str, Any]], **arguments: Any) -> str:
        """The id of a proposal for the new checkout."""
        said = await self.told("modify_flag", **{**MODIFY, "operations": operations, **arguments})
        return str(said.data["proposal_id"])


@asynccontextmanager
async def speaking(home: Home, era: Era, access: Access | None = None, **client: Any) -> AsyncIterator[Speaker]:
    """A client of a server on this home, in memory."""
    server = build_server(home, access or LocalAccess())
    async with Client(server, mode=era, raise_exceptions=True, **client) as connected:
        listed = await connected.list_tools()
        schemas = {tool.name: tool.output_schema or {} for tool in listed.tools}
        yield Speaker(connected, schemas)
