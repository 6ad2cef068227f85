"""How agents connect to a home: the configuration of the usual clients."""

import json
import shutil
import sys
from pathlib import Path
from typing import Any


def command_for(home: Path) -> list[str]:
    """The command that starts the MCP server of a home, with absolute paths."""
    installed = shutil.which("drysail") or str(Path(sys.executable).with_name("drysail"))
    return [installed, "--home", str(home.resolve()), "mcp"]


def connection_lines(home: Path) -> list[str]:
    """What to type or to paste for Claude Code, Cursor and VS Code."""
    command, *arguments = command_for(home)
    server: dict[str, Any] = {"command": command, "args": arguments}
    return [
        "Connect an agent:",
        "  Claude Code   claude mcp add drysail -- " + " ".join([command, *arguments]),
        "  Cursor        .cursor/mcp.json: " + json.dumps({"mcpServers": {"drysail": server}}),
        "  VS Code       .vscode/mcp.json: " + json.dumps({"servers": {"drysail": {"type": "stdio", **server}}}),
    ]
