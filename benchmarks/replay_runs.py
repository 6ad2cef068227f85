"""Running a replay in processes that have never seen the traffic."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from benchmarks.shop_traffic import Json, feed
from evaluator import Definitions, Ruleset, compile_definitions
from mcp_server.services.snapshot import Snapshot

CHILD = Path(__file__).with_name("replay_child.py")
ROOT = Path(__file__).parent.parent


def compiled(flag: Json) -> Ruleset:
    """Definitions with this flag alone."""
    return compile_definitions(Definitions.from_posthog(feed(flag)))


def in_new_process(home: Path, snapshot: Snapshot, rounds: int) -> dict[str, Any]:
    """What ``replay_child.py`` says; of several rounds, the one with the median time."""
    registered = home / "snapshot.json"
    registered.write_text(snapshot.model_dump_json())
    command = [sys.executable, str(CHILD), str(home), str(registered)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    found = [
        json.loads(subprocess.run(command, env=environment, stdout=subprocess.PIPE, check=True).stdout)
        for _ in range(rounds)
    ]
    median: dict[str, Any] = sorted(found, key=lambda result: result["seconds"])[rounds // 2]
    return median
