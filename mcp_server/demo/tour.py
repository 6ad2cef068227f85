"""The tour itself, told in order. Every line it prints comes from the real thing."""

import json
import shutil
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import anyio
from anyio import to_thread

from evaluator.context import Context
from mcp_server.composition.home import system_clock
from mcp_server.demo.agent import Agent, agent_at
from mcp_server.demo.clients import connection_lines
from mcp_server.demo.engineer import review_in_terminal
from mcp_server.demo.narration import Narrator
from mcp_server.demo.shoppers import Shoppers
from mcp_server.demo.stage import ServerProcess, Stage, shop, stop_server
from mcp_server.services.errors import Conflict, Unavailable

FLAG = "new-checkout"
MARK = ".drysail-demo"
CARELESS = [{"op": "add_condition", "filters": [], "rollout_percentage": 100}]
CAREFUL = [{"op": "set_rollout", "condition": "c2", "rollout_percentage": 35}]
LATE = [{"op": "set_rollout", "condition": "c2", "rollout_percentage": 12}]


@dataclass(frozen=True, slots=True)
class Wishes:
    """How the tour is to be given. ``leave_running`` keeps the server after the end, to play with."""

    folder: Path
    shoppers: int
    checks: int
    port: int
    leave_running: bool


def give_tour(wishes: Wishes, tell: Narrator) -> None:
    """Gives the tour. Raises Unavailable where a step does not go as it must."""
    began = time.monotonic()
    stage = _fresh_stage(wishes.folder)
    tell.title(
        "Drysail", "Dry run, then sail: an agent proposes, traffic is replayed, a policy judges, a person approves."
    )
    _set_up(stage, tell)
    server = ServerProcess(stage, wishes.port)
    keep = False
    try:
        shoppers = _record_traffic(stage, server, wishes, tell)
        try:
            anyio.run(_change_a_flag, stage, shoppers, tell)
        finally:
            shoppers.leave()
        _verify(stage, tell)
        keep = wishes.leave_running
    finally:
        if not keep:
            server.stop()
    _farewell(stage, server, tell, keep=keep, seconds=time.monotonic() - began)


def _fresh_stage(folder: Path) -> Stage:
    """An empty folder; one that holds something else than an earlier tour is left alone."""
    if folder.exists():
        if any(folder.iterdir()) and not (folder / MARK).exists():
            raise Conflict(f"{folder} holds something else than a tour.", hint="Name another folder with --folder.")
        stop_server(folder)
        shutil.rmtree(folder)
    folder.mkdir(parents=True)
    (folder / MARK).touch()
    (folder / "flags.json").write_text(json.dumps(shop(), indent=2), encoding="utf-8")
    return Stage(folder)


def _set_up(stage: Stage, tell: Narrator) -> None:
    tell.step("An empty machine: two sandboxes, one file of flags")
    for environment in ("production", "staging"):
        stage.must("environments", "create", environment, "--sandbox")
        done = stage.must("flags", "import", str(stage.folder / "flags.json"), "--environment", environment)
        tell.call(f"drysail flags import flags.json --environment {environment}")
        tell.answer(done.output, most=2)


def _record_traffic(stage: Stage, server: ServerProcess, wishes: Wishes, tell: Narrator) -> Shoppers:
    tell.step("Traffic: the official PostHog SDK, unchanged, and a seeded generator")
    tell.call(f"drysail serve    ->  {server.url}")
    keys = stage.data("keys", "list", "--environment", "production", "--json")
    token = next(key["token"] for key in keys if key["kind"] == "public")
    shoppers = Shoppers.invite(wishes.shoppers, server.url, token, system_clock())
    start = time.monotonic()
    answers = shoppers.visit()
    tell.say(
        f"{wishes.shoppers:,} people asked over HTTP through the posthog package: {answers:,} answers "
        f"in {time.monotonic() - start:.1f} s."
    )
    done = stage.must(
        "traffic", "generate", "--checks", str(wishes.checks), "--seed", "7", "--environment", "production"
    )
    tell.call(f"drysail traffic generate --checks {wishes.checks} --seed 7 --environment production")
    tell.answer(done.output)
    return shoppers


async def _change_a_flag(stage: Stage, shoppers: Shoppers, tell: Narrator) -> None:
    async with agent_at(stage) as agent:
        await _look_around(agent, shoppers.people[0], tell)
        await _be_careless(agent, tell)
        careful, late = await _be_careful(agent, tell)
        await to_thread.run_sync(_review, stage, careful, tell)
        await _apply(agent, careful, shoppers, tell)
        await _be_late(agent, late, tell)


async def _look_around(agent: Agent, person: Context, tell: Narrator) -> None:
    tell.step("An agent looks around, over MCP")
    for tool, arguments, most in (
        ("find_flags", {"query": "checkout", "environment": "production"}, 6),
        ("get_flag", {"flag_key": FLAG, "environment": "production"}, 10),
        ("explain_flag", {"flag_key": FLAG, "distinct_id": person.distinct_id, "environment": "production"}, 8),
    ):
        said = await agent.call(tool, **arguments)
        _expect(not said.is_error, said.text)
        tell.call(f"{tool}({_arguments(arguments)})")
        tell.answer(said.text, most=most)


async def _be_careless(agent: Agent, tell: Narrator) -> None:
    tell.step("A careless change: a condition for everyone, at 100 %")
    said = await agent.call(
        "modify_flag", flag_key=FLAG, operations=CARELESS, reason="Ship the new checkout", environment="production"
    )
    _expect(said.data.get("state") == "denied", said.text)
    tell.call(f"modify_flag({FLAG}, {json.dumps(CARELESS)})")
    tell.answer(said.text)


async def _be_careful(agent: Agent, tell: Narrator) -> tuple[str, str]:
    tell.step("A careful one: simulated first, then proposed")
    simulated = await agent.call(
        "simulate_flag", flag_key=FLAG, operations=CAREFUL, environment="production", breakdown=["plan"]
    )
    tell.call(f"simulate_flag({FLAG}, {json.dumps(CAREFUL)})")
    tell.answer(simulated.text, most=5)
    said = await agent.call(
        "modify_flag",
        flag_key=FLAG,
        operations=CAREFUL,
        reason="Second step of the ramp for paying customers",
        environment="production",
        expect={"switched_max": 0, "turned_off_max": 0},
    )
    _expect(said.data.get("state") == "needs_review", said.text)
    tell.call(f"modify_flag({FLAG}, ..., reason=..., expect=...)")
    tell.answer(said.text)
    late = await agent.call(
        "modify_flag", flag_key=FLAG, operations=LATE, reason="A smaller step", environment="production"
    )
    _expect(not late.is_error, late.text)
    return said.data["proposal_id"], late.data["proposal_id"]


def _review(stage: Stage, proposal: str, tell: Narrator) -> None:
    tell.step("An engineer reviews it in a terminal, and types the flag's key")
    tell.call(f"drysail review {proposal}")
    environment = stage.environment() | {"COLUMNS": str(tell.screen_width)}
    screen, status = review_in_terminal(stage.command("review", proposal), environment, FLAG)
    _expect(status == 0, screen)
    tell.screen(screen)


async def _apply(agent: Agent, proposal: str, shoppers: Shoppers, tell: Narrator) -> None:
    tell.step("The agent applies it, once; the real SDK sees it")
    payers = [person for person in shoppers.people if person.properties.get("plan") in ("pro", "team", "enterprise")]
    before = [await to_thread.run_sync(shoppers.value, person, FLAG) for person in payers[:40]]
    said = await agent.call("apply_proposal", proposal_id=proposal)
    _expect(said.data.get("state") == "applied", said.text)
    tell.call(f"apply_proposal({proposal})")
    tell.answer(said.text)
    for person, was in zip(payers, before, strict=False):
        now = await to_thread.run_sync(shoppers.value, person, FLAG)
        if now != was:
            tell.say(f"posthog SDK, get_feature_flag({FLAG!r}, {person.distinct_id!r}): {was} -> {now}")
            break
    else:
        raise Unavailable("The SDK saw no change.", code="DEMO_FAILED")
    again = await agent.call("apply_proposal", proposal_id=proposal)
    _expect(again.is_error and "ALREADY_APPLIED" in again.text, again.text)
    tell.call(f"apply_proposal({proposal})    once more")
    tell.answer(again.text)


async def _be_late(agent: Agent, proposal: str, tell: Narrator) -> None:
    tell.step("A second proposal on the old base is refused, and the log is whole")
    said = await agent.call("apply_proposal", proposal_id=proposal)
    _expect(said.is_error and "STALE" in said.text, said.text)
    tell.call(f"apply_proposal({proposal})")
    tell.answer(said.text)


def _verify(stage: Stage, tell: Narrator) -> None:
    tell.call("drysail audit verify")
    tell.answer(stage.must("audit", "verify").output)
    stage.must("flags", "export", "--environment", "production", "--output", str(stage.folder / "base.json"))
    head = json.loads((stage.folder / "base.json").read_text(encoding="utf-8"))
    flag = next(flag for flag in head["flags"] if flag["key"] == "dark-mode")
    flag["filters"]["groups"][0]["rollout_percentage"] = 10
    (stage.folder / "head.json").write_text(json.dumps(head), encoding="utf-8")
    words = ("check", "--base", "base.json", "--head", "head.json", "--environment", "production")
    files = [str(stage.folder / word) if word.endswith(".json") else word for word in words]
    done = stage.run(*files)
    _expect(done.status == 3, done.output + done.talk)
    tell.say("CI asks the same policy about flags kept in files:")
    tell.call(f"drysail {' '.join(words)}    -> exit {done.status} (needs approval)")
    tell.answer(done.output, most=6)


def _farewell(stage: Stage, server: ServerProcess, tell: Narrator, *, keep: bool, seconds: float) -> None:
    home = stage.home
    lines: list[str] = [f"The tour took {seconds:.0f} s. Everything is in {stage.folder}."]
    if keep:
        where = "" if stage.folder == Path(".demo") else f" --folder {stage.folder}"
        lines.append(f"The server keeps running at {server.url}; stop it with: drysail demo{where} --stop")
    else:
        lines.append(f"Serve it again with: drysail --home {home} serve")
    lines.append(f"Look around: drysail --home {home} flags list --environment production")
    tell.title("Yours to play with", "\n".join(lines))
    tell.to_copy(connection_lines(home))


def _arguments(arguments: dict[str, Any]) -> str:
    return ", ".join(f"{name}={json.dumps(value)}" for name, value in arguments.items())


def _expect(holds: bool, instead: str) -> None:
    """The tour tells what happened; where that is not the story, it stops."""
    if not holds:
        raise Unavailable(f"The tour took an unexpected turn: {instead}", code="DEMO_FAILED")


__all__: Sequence[str] = ("Wishes", "give_tour")
