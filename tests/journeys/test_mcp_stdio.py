"""`drysail mcp` as agents start it: a real process on stdin and stdout, in both eras of the protocol."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import anyio
import pytest
from mcp import Client, StdioServerParameters
from mcp.client.stdio import stdio_client

from mcp_server.tools.access import TOOL_SCOPES
from tests.journeys.mcp_wire import command, process_environment, stdio
from tests.mcp_server.tools.given import ERAS, MODIFY, PLACE, STEP, Era

MOST_BYTES = 16_000


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
def place(folder: Path) -> Path:
    return folder / ".drysail"


def parameters(place: Path) -> StdioServerParameters:
    program, *words = command(place, "mcp")
    return StdioServerParameters(command=program, args=words, env=process_environment())


@pytest.mark.anyio
@pytest.mark.parametrize("era", ERAS)
async def test_an_agent_looks_simulates_proposes_and_applies(place: Path, era: Era) -> None:
    seen: list[float] = []

    async def note(progress: float, total: float | None, message: str | None) -> None:
        seen.append(progress)

    with Path(os.devnull).open("w") as nowhere:
        async with Client(stdio_client(parameters(place), errlog=nowhere), mode=era) as client:
            assert {tool.name for tool in (await client.list_tools()).tools} == set(TOOL_SCOPES)
            found = await client.call_tool("find_flags", {"query": "one-page", **PLACE})
            assert found.structured_content is not None
            key = found.structured_content["flags"][0]["key"]
            arguments = {"flag_key": key, "operations": STEP, **PLACE}
            simulated = await client.call_tool("simulate_flag", arguments, progress_callback=note)
            assert not simulated.is_error
            made = await client.call_tool("modify_flag", {**MODIFY, "flag_key": key})
            assert made.structured_content is not None
            applied = await client.call_tool("apply_proposal", {"proposal_id": made.structured_content["proposal_id"]})
            assert not applied.is_error, applied.content
            policy = await client.read_resource("drysail://policy/sandbox")
            assert json.loads(policy.contents[0].text)["name"] == "standard"  # type: ignore[union-attr]
    assert seen
    assert seen == sorted(set(seen))


@pytest.mark.anyio
@pytest.mark.parametrize("era", ERAS)
async def test_a_cancelled_call_stops_and_the_process_serves_on(place: Path, era: Era) -> None:
    with Path(os.devnull).open("w") as nowhere:
        async with Client(stdio_client(parameters(place), errlog=nowhere), mode=era) as client:
            operations = [{"op": "set_rollout", "condition": "c1", "rollout_percentage": 60}]
            arguments = {"flag_key": "payments-v2", "operations": operations, "reason": "x", **PLACE}
            with anyio.CancelScope() as scope:

                async def leave(progress: float, total: float | None, message: str | None) -> None:
                    scope.cancel()

                await client.call_tool("modify_flag", arguments, progress_callback=leave)
            assert scope.cancelled_caught
            judging = 1
            with anyio.fail_after(20):
                while judging:
                    listed = await client.call_tool("list_proposals", {"state": "judging"})
                    assert listed.structured_content is not None
                    judging = listed.structured_content["total"]


@pytest.mark.parametrize("era", ERAS)
def test_the_list_of_tools_stays_within_its_budget_on_the_wire(place: Path, era: Era) -> None:
    with stdio(place, era) as wire:
        line = wire.ask("tools/list", {})
    listed = json.loads(line)["result"]["tools"]
    assert len(listed) <= 16
    assert len(line.encode()) <= MOST_BYTES
    for tool in listed:
        assert set(tool["annotations"]) == {"readOnlyHint", "destructiveHint", "idempotentHint", "openWorldHint"}


@pytest.mark.parametrize("era", ERAS)
def test_stdout_holds_nothing_but_the_protocol_and_stderr_stays_quiet(place: Path, era: Era) -> None:
    with stdio(place, era) as wire:
        for method, params in (
            ("tools/list", {}),
            ("tools/call", {"name": "simulate_flag", "arguments": {k: v for k, v in MODIFY.items() if k != "reason"}}),
            ("tools/call", {"name": "get_flag", "arguments": {"flag_key": "none", **PLACE}}),
            ("prompts/list", {}),
            ("resources/list", {}),
        ):
            assert "result" in json.loads(wire.ask(method, params))
        wire.process.stdin.close()  # type: ignore[union-attr]
        assert wire.process.stdout.read() == ""  # type: ignore[union-attr]
        assert "Traceback" not in wire.process.stderr.read()  # type: ignore[union-attr]


@pytest.mark.parametrize("era", ERAS)
def test_the_process_ends_when_its_client_closes_the_line(place: Path, era: Era) -> None:
    with stdio(place, era) as wire:
        wire.ask("tools/list", {})
        wire.process.stdin.close()  # type: ignore[union-attr]
        assert wire.process.wait(timeout=20) == 0


def test_the_process_ends_when_its_client_is_killed(place: Path, tmp_path: Path) -> None:
    """The client is a process that starts the server, asks once, says the server's id and then never returns."""
    script = tmp_path / "client.py"
    script.write_text(
        "import subprocess, sys, time\n"
        "server = subprocess.Popen(sys.argv[1:], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)\n"
        'server.stdin.write(\'{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":'
        '"2025-11-25","capabilities":{},"clientInfo":{"name":"c","version":"1"}}}\\n\')\n'
        "server.stdin.flush()\n"
        "server.stdout.readline()\n"
        "print(server.pid, flush=True)\n"
        "time.sleep(600)\n",
        encoding="utf-8",
    )
    words = [sys.executable, str(script), *command(place, "mcp")]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True, env=process_environment()) as client:
        assert client.stdout is not None
        server = int(client.stdout.readline())
        watch = os.pidfd_open(server)
        client.send_signal(signal.SIGKILL)
        client.wait(timeout=20)
    import select

    ended, _, _ = select.select([watch], [], [], 20)
    os.close(watch)
    assert ended, f"process {server} outlived its client"


@pytest.mark.parametrize("era", ERAS)
def test_read_only_offers_no_tool_that_writes(place: Path, era: Era) -> None:
    with stdio(place, era, "--read-only") as wire:
        names = {tool["name"] for tool in wire.result("tools/list", {})["tools"]}
        said = wire.result("tools/call", {"name": "modify_flag", "arguments": MODIFY})
    assert names == {tool for tool, scope in TOOL_SCOPES.items() if scope in ("flags:read", "flags:simulate")}
    assert said["isError"] is True
    assert "[SCOPE_MISSING]" in said["content"][0]["text"]
