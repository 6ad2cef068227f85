"""The agent: a scripted client from the official ``mcp`` package, talking to the real server over stdio."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from mcp import Client, StdioServerParameters
from mcp.client.stdio import stdio_client

from mcp_server.demo.stage import Stage


@dataclass(frozen=True, slots=True)
class Said:
    """An answer of a tool: its text, its structured content, and whether it is an error."""

    text: str
    data: dict[str, Any]
    is_error: bool


class Agent:
    """Calls tools."""

    def __init__(self, client: Client) -> None:
        self._client = client

    async def call(self, tool: str, **arguments: Any) -> Said:
        """One tool call."""
        result = await self._client.call_tool(tool, arguments)
        text = "\n".join(part.text for part in result.content if part.type == "text")
        return Said(text=text, data=result.structured_content or {}, is_error=bool(result.is_error))


@asynccontextmanager
async def agent_at(stage: Stage) -> AsyncIterator[Agent]:
    """Starts ``drysail mcp`` and connects to it."""
    command, *arguments = stage.command("mcp")
    parameters = StdioServerParameters(command=command, args=arguments, env=stage.environment())
    with (stage.folder / "mcp.log").open("w", encoding="utf-8") as log:
        async with Client(stdio_client(parameters, errlog=log)) as client:
            yield Agent(client)
