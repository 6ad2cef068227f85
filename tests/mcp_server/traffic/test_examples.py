"""The commands in docs/traffic.md, run on the files in examples/traffic."""

import re
import shlex
from pathlib import Path

import pytest

from mcp_server.cli.main import run
from mcp_server.services.home import Home
from mcp_server.services.snapshots import newest_snapshot

ROOT = Path(__file__).parents[3]
PAGE = (ROOT / "docs" / "traffic.md").read_text(encoding="utf-8")
COMMANDS = re.findall(r"^drysail (traffic import examples/.+)$", PAGE, flags=re.MULTILINE)
CHECKS = {"checks.jsonl": 4, "checks.parquet": 4, "events.jsonl": 2, "answers.csv": 3, "users.csv": 3}


def test_the_page_imports_every_example() -> None:
    shown = {Path(shlex.split(command)[2]).name for command in COMMANDS}
    assert shown == set(CHECKS) == {path.name for path in (ROOT / "examples" / "traffic").glob("[!R]*")}


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: shlex.split(command)[2])
def test_an_example_comes_in_whole_and_makes_a_snapshot(
    home: Home, folder: Path, command: str, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(ROOT)
    monkeypatch.setenv("NO_COLOR", "1")
    at = ["--home", str(folder / ".drysail")]
    assert run([*at, *shlex.split(command), "--environment", "live"]) == 0
    checks = CHECKS[Path(shlex.split(command)[2]).name]
    assert f"imported {checks} checks." in capfd.readouterr().out
    assert run([*at, "traffic", "snapshot", "--environment", "live"]) == 0
    snapshot = newest_snapshot(home, "live")
    assert snapshot is not None
    assert (snapshot.facts.provenance, snapshot.facts.checks) == ("reconstructed", checks)
    assert run([*at, "traffic", "stats", "--environment", "live"]) == 0
