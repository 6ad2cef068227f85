"""Lints on the command line: in words and as JSON, and never a reason for another exit status."""

import json
from pathlib import Path
from typing import Any

import pytest

from mcp_server.cli.main import run
from mcp_server.demo.stage import shop

NEGATIVE = {"key": "company", "type": "person", "operator": "is_not", "value": "acme"}
ADD = json.dumps({"op": "add_condition", "filters": [NEGATIVE], "rollout_percentage": 1})
CODE = "portability.absent_property"


@pytest.fixture
def at(folder: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    monkeypatch.setenv("DRYSAIL_ENVIRONMENT", "sandbox")
    monkeypatch.setenv("NO_COLOR", "1")
    return ["--home", str(folder / ".drysail")]


def feed_file(path: Path, *, negative: bool) -> str:
    feed = shop()
    if negative:
        feed["flags"][0]["filters"]["groups"].append({"properties": [NEGATIVE], "rollout_percentage": 1})
    path.write_text(json.dumps(feed), encoding="utf-8")
    return str(path)


def codes(printed: Any) -> list[str]:
    return [lint["code"] for lint in printed["portability"]]


def test_check_notes_what_the_head_adds_and_keeps_its_verdict(
    at: list[str], tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    base, head = feed_file(tmp_path / "a.json", negative=False), feed_file(tmp_path / "b.json", negative=True)
    status = run([*at, "check", "--base", base, "--head", head, "--json"])
    printed = json.loads(capfd.readouterr().out)
    assert codes(printed) == [CODE]
    assert status == printed["exit_status"]
    assert run([*at, "check", "--base", base, "--head", head]) == status
    assert f"SDKs: {CODE} in 1 definition" in capfd.readouterr().out
    assert run([*at, "check", "--base", head, "--head", head, "--json"]) == 0
    assert codes(json.loads(capfd.readouterr().out)) == []


def test_simulate_and_set_tell_the_lints_that_they_add(at: list[str], capfd: pytest.CaptureFixture[str]) -> None:
    run([*at, "simulate", "new-checkout", "--op", ADD, "--json"])
    assert codes(json.loads(capfd.readouterr().out)) == [CODE]
    run([*at, "simulate", "new-checkout", "--op", ADD])
    assert "SDKs: flag new-checkout, filters.groups[" in capfd.readouterr().out
    run([*at, "flags", "set", "new-checkout", "--op", ADD, "-m", "x", "--propose-only", "--json"])
    assert codes(json.loads(capfd.readouterr().out)) == [CODE]


def test_import_and_show_tell_the_lints_of_a_flag(
    at: list[str], tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    head = feed_file(tmp_path / "b.json", negative=True)
    run([*at, "flags", "import", head])
    assert f"SDKs: {CODE}" in capfd.readouterr().err
    names = [flag["key"] for flag in shop()["flags"]]
    shown = []
    for name in names:
        run([*at, "flags", "show", name, "--json"])
        shown.append(json.loads(capfd.readouterr().out)["portability"])
    assert any(shown)
