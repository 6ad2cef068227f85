"""The MCP Inspector, as docs/tools.md tells users to run it, lists the tools of `drysail mcp` and finds no fault."""

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from mcp_server.tools.access import TOOL_SCOPES
from tests.journeys.mcp_wire import command, process_environment

PAGE = (Path(__file__).parents[2] / "docs" / "tools.md").read_text(encoding="utf-8")
DOCUMENTED = re.search(r"npx -y (@modelcontextprotocol/inspector@[\d.]+) --cli", PAGE)
FETCH_SECONDS = 180


@pytest.fixture(scope="module")
def inspector() -> list[str]:
    """The command of the documented version, once it is fetched."""
    assert DOCUMENTED is not None
    npx = shutil.which("npx")
    if npx is None or shutil.which("node") is None:
        pytest.skip("Node.js with npx is not installed here")
    words = [npx, "-y", DOCUMENTED.group(1), "--cli"]
    try:
        fetched = subprocess.run([*words, "--help"], capture_output=True, text=True, timeout=FETCH_SECONDS, check=False)
    except subprocess.TimeoutExpired:
        pytest.skip(f"{DOCUMENTED.group(1)} could not be fetched within {FETCH_SECONDS} s")
    if "npm error" in fetched.stderr:
        pytest.skip(f"{DOCUMENTED.group(1)} cannot be fetched here: {fetched.stderr.strip().splitlines()[0]}")
    return words


@pytest.mark.parametrize("era", ["legacy", "modern"])
def test_it_lists_the_tools_and_has_nothing_to_object(folder: Path, inspector: list[str], era: str) -> None:
    server = command(folder / ".drysail", "mcp")
    options = ["--protocol-era", era, "--method", "tools/list", "--strict", "--format", "json", "-q"]
    done = subprocess.run(
        [*inspector, *server, *options],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        env=process_environment(),
    )
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    listed = json.loads(done.stdout)["result"]["tools"]
    assert {tool["name"] for tool in listed} == set(TOOL_SCOPES)
