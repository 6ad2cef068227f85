"""The whole story, as `make demo` tells it: real server, real PostHog SDK, real MCP client, real terminal."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from mcp_server.demo.stage import Stage


@pytest.fixture(scope="module")
def tour(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """One tour, smaller than the default, and what it printed."""
    folder = tmp_path_factory.mktemp("tour") / "demo"
    words = ["demo", "--plain", "--ephemeral", "--folder", str(folder), "--shoppers", "300", "--checks", "60000"]
    done = subprocess.run([sys.executable, "-m", "mcp_server.cli", *words], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    return folder, done.stdout


def test_every_step_of_the_story_is_told_in_order(tour: tuple[Path, str]) -> None:
    _, told = tour
    beats = [
        "Imported 13 flags",
        "people asked over HTTP through the posthog package",
        "60,000 synthetic checks",
        "find_flags(",
        "get_flag(",
        "explain_flag(",
        "denied",
        "blast.catch_all",
        "Would be NEEDS REVIEW",
        "needs review",
        "Type new-checkout to approve exactly this.",
        "Approved (tty-same-user)",
        "as revision 2 of production",
        "Live on http://127.0.0.1",
        "posthog SDK, get_feature_flag('new-checkout'",
        "ALREADY_APPLIED",
        "[STALE]",
        "moved from revision 1 to 2",
        "entries, intact. Head",
        "exit 3 (needs approval)",
        "claude mcp add drysail",
        ".cursor/mcp.json",
        ".vscode/mcp.json",
    ]
    position = 0
    flat = " ".join(told.split())
    for beat in beats:
        found = flat.find(beat, position)
        assert found >= 0, f"{beat!r} is not told after {flat[position - 80 : position]!r}"
        position = found


def test_it_leaves_a_store_in_which_all_that_was_told_can_be_found(tour: tuple[Path, str]) -> None:
    stage = Stage(tour[0])
    flags = stage.data("flags", "list", "--environment", "production", "--json")
    assert len(flags) == 13
    history = stage.data("flags", "history", "new-checkout", "--environment", "production", "--json")
    assert [entry["reviewed"] for entry in history] == [True, True]
    log = stage.data("audit", "log", "--limit", "1000", "--json")
    actions = [entry["event"]["action"] for entry in log]
    assert actions.count("proposal.applied") == 3, "two bootstraps and the approved change"
    assert actions.count("proposal.approved") == 1
    assert actions.count("proposal.stale") == 1
    assert stage.data("audit", "verify", "--json")["intact"] is True


def test_what_the_real_sdk_asked_was_recorded(tour: tuple[Path, str]) -> None:
    stage = Stage(tour[0])
    snapshot = stage.data("traffic", "snapshot", "--environment", "production", "--json")
    assert snapshot["facts"]["provenance"] == "recorded"
    assert snapshot["facts"]["subjects"] == 300
    stats = stage.data("traffic", "stats", "--environment", "production", "--json")
    assert any(sdk.startswith("posthog-python/") for sdk in stats["sdks"])


def test_a_tour_does_not_overwrite_somebody_elses_folder(tmp_path: Path) -> None:
    (tmp_path / "precious.txt").write_text("mine", encoding="utf-8")
    words = ["demo", "--plain", "--ephemeral", "--folder", str(tmp_path)]
    done = subprocess.run([sys.executable, "-m", "mcp_server.cli", *words], capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "holds something else" in done.stderr
    assert json.dumps((tmp_path / "precious.txt").read_text(encoding="utf-8")) == '"mine"'
