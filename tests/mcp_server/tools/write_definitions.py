"""Writes ``definitions.json`` anew: ``python -m tests.mcp_server.tools.write_definitions``."""

import json
import tempfile
from pathlib import Path
from typing import Any

import anyio

from mcp_server.services.home import Home
from tests.conftest import FrozenClock, home_in
from tests.mcp_server.tools.given import Era, speaking

FILE = Path(__file__).with_name("definitions.json")
UPDATE = "python -m tests.mcp_server.tools.write_definitions"


async def definitions(home: Home, era: Era) -> dict[str, Any]:
    """All that a client is told before it asks anything."""
    async with speaking(home, era) as agent:
        tools = await agent.client.list_tools()
        prompts = await agent.client.list_prompts()
        resources = await agent.client.list_resources()
        templates = await agent.client.list_resource_templates()
    parts = {"tools": tools.tools, "prompts": prompts.prompts, "resources": resources.resources}
    parts["templates"] = templates.resource_templates
    return {
        name: [entry.model_dump(mode="json", by_alias=True, exclude_none=True) for entry in entries]
        for name, entries in parts.items()
    }


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        home = home_in(Path(folder), FrozenClock(), create=True)
        written = anyio.run(definitions, home, "auto")
        home.store.close()
    FILE.write_text(json.dumps(written, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
