"""`/mcp` of a real `drysail serve`: keys, scopes, environments, and what the door refuses before anything is read."""

import re
import signal
import subprocess
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from mcp import Client

from mcp_server.services.actor import Actor, ActorKind
from mcp_server.services.environments import AGENT_SCOPES, create_key, revoke_key
from mcp_server.services.home import Home
from mcp_server.tools.access import TOOL_SCOPES
from tests.conftest import FrozenClock, home_in
from tests.journeys.mcp_wire import LEGACY, command, process_environment
from tests.mcp_server.tools.given import ERAS, EXAMPLES, FLAG, MODIFY, STEP, Era

INITIALIZE = {
    "jsonrpc": "2.0",
    "id": 1,
    "method": "initialize",
    "params": {"protocolVersion": LEGACY, "capabilities": {}, "clientInfo": {"name": "wire", "version": "1"}},
}
ACCEPT = {"accept": "application/json, text/event-stream"}
ANN = Actor(kind=ActorKind.PERSON, principal="user:ann")


@dataclass(frozen=True)
class Served:
    """A running server and the keys of its home."""

    url: str
    home: Home
    tokens: dict[str, str]

    def post(self, token: str | None, *, body: Any = INITIALIZE, **headers: str) -> httpx.Response:
        """One raw request to the MCP endpoint."""
        bearer = {} if token is None else {"authorization": f"Bearer {token}"}
        return httpx.post(f"{self.url}/mcp", json=body, headers={**ACCEPT, **bearer, **headers}, timeout=20)


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="module")
def served(shop_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """One server for all tests of this file, on a free port."""
    import shutil

    folder = tmp_path_factory.mktemp("served") / "shop"
    shutil.copytree(shop_folder, folder)
    home = home_in(folder, FrozenClock())
    tokens = {}
    for name in ("sandbox", "live"):
        _, tokens[name] = create_key(home, name, "agent", actor=ANN, on_behalf_of="user:ann")
    _, tokens["reader"] = create_key(home, "sandbox", "agent", actor=ANN, scopes=AGENT_SCOPES[:2])
    _, tokens["secret"] = create_key(home, "sandbox", "secret", actor=ANN)
    revoked, tokens["revoked"] = create_key(home, "sandbox", "agent", actor=ANN)
    revoke_key(home, revoked.id, ANN)
    with home.store.read() as reader:
        public = next(key for key in reader.keys("sandbox") if key.kind == "public")
    tokens["public"] = public.token or ""
    words = command(folder / ".drysail", "serve", "--port", "0")
    with subprocess.Popen(words, stderr=subprocess.PIPE, text=True, env=process_environment()) as process:
        assert process.stderr is not None
        said = ""
        while not (found := re.search(r"http://127\.0\.0\.1:\d+", said)):
            line = process.stderr.readline()
            assert line, said
            said += line
        yield Served(url=found.group(), home=home, tokens=tokens)
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=30)
    home.store.close()


@asynccontextmanager
async def connected(served: Served, token: str, era: Era) -> AsyncIterator[Client]:
    import httpx2
    from mcp.client.streamable_http import streamable_http_client

    async with (
        httpx2.AsyncClient(headers={"authorization": f"Bearer {token}"}, timeout=30) as http,
        Client(streamable_http_client(f"{served.url}/mcp", http_client=http), mode=era) as client,
    ):
        yield client


@pytest.mark.parametrize("who", [None, "public", "secret", "revoked", "made-up"])
def test_without_a_valid_agent_key_the_answer_is_401_and_says_how_to_get_one(served: Served, who: str | None) -> None:
    token = None if who is None else served.tokens.get(who, "dsa_made_up")
    response = served.post(token)
    assert response.status_code == 401
    assert response.headers["www-authenticate"].startswith("Bearer")
    assert "drysail keys create --kind agent" in response.text
    assert token is None or token not in response.text


def test_a_wrong_scheme_is_no_key(served: Served) -> None:
    assert served.post(None, authorization=f"Basic {served.tokens['sandbox']}").status_code == 401


def test_a_host_that_is_not_ours_is_refused(served: Served) -> None:
    assert served.post(served.tokens["sandbox"], host="evil.example").status_code == 421


def test_a_page_from_elsewhere_is_refused(served: Served) -> None:
    assert served.post(served.tokens["sandbox"], origin="https://evil.example").status_code == 403


def test_a_large_body_is_refused(served: Served) -> None:
    body = {**INITIALIZE, "params": {**INITIALIZE["params"], "padding": "x" * 300_000}}  # type: ignore[dict-item]
    assert served.post(served.tokens["sandbox"], body=body).status_code == 413


def test_a_key_opens_the_door(served: Served) -> None:
    assert served.post(served.tokens["sandbox"]).status_code == 200


@pytest.mark.anyio
@pytest.mark.parametrize("era", ERAS)
async def test_an_agent_with_a_key_proposes_and_applies(served: Served, era: Era) -> None:
    percentage = {"auto": 12, "legacy": 13}[era]
    operations = [{**STEP[0], "rollout_percentage": percentage}]
    seen: list[float] = []

    async def note(progress: float, total: float | None, message: str | None) -> None:
        seen.append(progress)

    async with connected(served, served.tokens["sandbox"], era) as client:
        simulated = await client.call_tool(
            "simulate_flag", {"flag_key": FLAG, "operations": operations}, progress_callback=note
        )
        assert not simulated.is_error, simulated.content
        made = await client.call_tool("modify_flag", {"flag_key": FLAG, "operations": operations, "reason": era})
        assert made.structured_content is not None, made.content
        proposal_id = made.structured_content["proposal_id"]
        assert made.structured_content["by"].startswith("agent:key_")
        applied = await client.call_tool("apply_proposal", {"proposal_id": proposal_id})
    assert applied.structured_content is not None, applied.content
    assert "Live on http://127.0.0.1" in applied.structured_content["note"]
    assert seen
    with served.home.store.read() as reader:
        proposal = reader.proposal(proposal_id)
    assert proposal.actor.on_behalf_of == "user:ann"


@pytest.mark.anyio
@pytest.mark.parametrize("era", ERAS)
async def test_scopes_hide_tools_and_refuse_them(served: Served, era: Era) -> None:
    async with connected(served, served.tokens["reader"], era) as client:
        names = {tool.name for tool in (await client.list_tools()).tools}
        assert names == {tool for tool, scope in TOOL_SCOPES.items() if scope in AGENT_SCOPES[:2]}
        for tool in set(TOOL_SCOPES) - names:
            said = await client.call_tool(tool, EXAMPLES[tool])
            assert said.is_error
            assert said.content[0].text.startswith("[SCOPE_MISSING]")  # type: ignore[union-attr]


@pytest.mark.anyio
@pytest.mark.parametrize("era", ERAS)
async def test_a_key_of_one_environment_touches_no_other(served: Served, era: Era) -> None:
    async with connected(served, served.tokens["sandbox"], era) as client:
        made = await client.call_tool("modify_flag", {**MODIFY, "operations": [{**STEP[0], "rollout_percentage": 14}]})
        assert made.structured_content is not None
        proposal_id = made.structured_content["proposal_id"]
    async with connected(served, served.tokens["live"], era) as client:
        for tool, arguments in EXAMPLES.items():
            if "proposal_id" in arguments:
                arguments = {"proposal_id": proposal_id}
            else:
                arguments = {**arguments, "environment": "sandbox"}
            said = await client.call_tool(tool, arguments)
            assert said.is_error, tool
            assert said.content[0].text.startswith("[WRONG_ENVIRONMENT]"), tool  # type: ignore[union-attr]
        from mcp import MCPError

        for uri in (
            f"drysail://flags/sandbox/{FLAG}",
            f"drysail://proposals/{proposal_id}",
            "drysail://policy/sandbox",
        ):
            with pytest.raises(MCPError, match="WRONG_ENVIRONMENT"):
                await client.read_resource(uri)
        mine = await client.call_tool("find_flags", {})
    assert mine.structured_content is not None
    assert mine.structured_content["environment"] == "live"


@pytest.mark.anyio
@pytest.mark.parametrize("era", ERAS)
async def test_a_key_that_is_revoked_stops_working_while_the_server_runs(served: Served, era: Era) -> None:
    import anyio

    key, token = create_key(served.home, "sandbox", "agent", actor=ANN)
    with anyio.fail_after(10):
        while served.post(token).status_code != 200:
            await anyio.lowlevel.checkpoint()
    revoke_key(served.home, key.id, ANN)
    with anyio.fail_after(10):
        while served.post(token).status_code != 401:
            await anyio.lowlevel.checkpoint()
