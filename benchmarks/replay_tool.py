"""How long an agent waits for simulate_flag: a real MCP client, a server of its own on stdio, the store on disk.

    python benchmarks/replay_tool.py [--checks 10000000]

The demo's shop first, with the demo's synthetic traffic, then the benchmark's shop with that many checks. Of each: the
first call to a new server, which reads the snapshot from disk, and the calls after it (median), each with another
rollout.
"""

import argparse
import asyncio
import json
import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Any

import numpy as np
from mcp import Client, StdioServerParameters
from mcp.client.stdio import stdio_client

from benchmarks.replay_store import ENVIRONMENT, log_of, write_segments
from benchmarks.shop_traffic import FLAG, NOW, feed, flag_before, generate
from evaluator import Definitions, compile_definitions, evaluate
from evaluator.recorded_hashes import HASHED
from mcp_server.composition.home import open_home, person
from mcp_server.demo.stage import shop
from mcp_server.services.importing import import_feed
from mcp_server.services.snapshots import register_snapshot
from mcp_server.settings import read_settings

CALLS = 15
DEMO_FLAG = "new-checkout"


@dataclass(frozen=True, slots=True)
class Waits:
    """Seconds of the first call, and of each one after it."""

    first: float
    later: Sequence[float]


def main() -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser(description="Time of simulate_flag for an agent.")
    parser.add_argument("--checks", type=int, default=1_000_000, help="checks of the big store (default: 1000000)")
    parser.add_argument("--demo-checks", type=int, default=200_000, help="checks of the demo (default: 200000)")
    options = parser.parse_args()
    with TemporaryDirectory(prefix="drysail-benchmark-") as folder:
        demo, big = Path(folder) / "demo", Path(folder) / "big"
        _fill_demo(demo, options.demo_checks)
        print(_line(f"the demo, {options.demo_checks:,} checks", asyncio.run(_waits(demo, DEMO_FLAG, "c2"))))
        _fill_big(big, options.checks)
        print(_line(f"{options.checks:,} checks", asyncio.run(_waits(big, FLAG, "c1"))))


def _fill_demo(home: Path, checks: int) -> None:
    flags = home.parent / "shop.json"
    flags.write_text(json.dumps(shop()))
    for words in (
        ["environments", "create", ENVIRONMENT, "--sandbox"],
        ["flags", "import", str(flags), "--environment", ENVIRONMENT],
        ["traffic", "generate", "--checks", str(checks), "--seed", "7", "--environment", ENVIRONMENT],
    ):
        subprocess.run([*_command(home), *words], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def _fill_big(place: Path, checks: int) -> None:
    home = open_home(read_settings({"home": place}), create=True)
    import_feed(home, ENVIRONMENT, feed(flag_before()), reason="the benchmark's shop", actor=person())
    traffic = generate(checks, 7)
    ruleset = compile_definitions(Definitions.from_posthog(feed(flag_before())))
    contexts = map(traffic.context, range(len(traffic.subjects)))
    results = [evaluate(ruleset, FLAG, context, now=NOW) for context in contexts]
    answers = [False if result.value is None else result.value for result in results]
    hashed = np.array([result.reason in HASHED for result in results], dtype=np.bool_)
    write_segments(place, traffic, log_of(traffic, answers, hashed, 7), buckets=True)
    register_snapshot(home, ENVIRONMENT, "recorded", person())
    home.store.close()


async def _waits(home: Path, flag: str, condition: str) -> Waits:
    program, *words = [*_command(home), "mcp"]
    server = StdioServerParameters(command=program, args=words, env=dict(os.environ))
    with Path(os.devnull).open("w") as nowhere:
        async with Client(stdio_client(server, errlog=nowhere)) as client:
            await client.list_tools()
            times = [await _call(client, flag, condition, 31 + number) for number in range(1 + CALLS)]
    return Waits(times[0], times[1:])


async def _call(client: Client, flag: str, condition: str, percentage: int) -> float:
    operations = [{"op": "set_rollout", "condition": condition, "rollout_percentage": percentage}]
    arguments: dict[str, Any] = {"flag_key": flag, "operations": operations, "environment": ENVIRONMENT}
    begun = perf_counter()
    result = await client.call_tool("simulate_flag", arguments)
    seconds = perf_counter() - begun
    if result.is_error:
        sys.exit(f"simulate_flag failed: {result.content}")
    return seconds


def _command(home: Path) -> list[str]:
    return [sys.executable, "-m", "mcp_server.cli", "--home", str(home)]


def _line(title: str, waits: Waits) -> str:
    return (
        f"{title:28}first call {waits.first * 1000:>7,.0f} ms, then {median(waits.later) * 1000:>6,.0f} ms "
        f"(slowest {max(waits.later) * 1000:,.0f} ms)"
    )


if __name__ == "__main__":
    main()
