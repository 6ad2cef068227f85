"""drysail explain: one subject, two, two revisions, a past moment, and what would have to change."""

import json
import shlex
from pathlib import Path

import pytest

from mcp_server.cli.main import run

ASKED = ["explain", "new-checkout", "u1", "-e", "sandbox", "-p", "plan=free"]


@pytest.fixture
def at(folder: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The options that lead to the shop."""
    monkeypatch.chdir(folder)
    return ["--home", str(folder / ".drysail")]


@pytest.mark.parametrize("width", [80, 120])
def test_what_would_have_to_change_can_be_typed_as_it_is_shown(
    at: list[str], width: int, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", str(width))
    assert run([*at, *ASKED, "--want", "on"]) == 0
    shown = capfd.readouterr()
    assert "If the subject were otherwise (a hypothesis" in shown.out
    typed = [line.strip() for line in shown.out.splitlines() if line.strip().startswith("drysail simulate")]
    assert typed
    assert all(len(line) <= width for line in shown.out.splitlines() if line.strip() not in typed)
    for line in typed:
        assert run([*at, *shlex.split(line)[1:]]) in (0, 1, 3)
    assert "Next: drysail simulate" in shown.err


def test_an_operation_that_would_be_cut_is_left_to_json(
    at: list[str], capfd: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    plans = {"key": "plan", "operator": "exact", "type": "person", "value": [f"plan-{number}" for number in range(99)]}
    country = {"key": "country", "operator": "exact", "type": "person", "value": ["DE"]}
    condition = {"properties": [plans, country], "rollout_percentage": 100}
    flag = {"key": "wide", "name": "Wide", "active": True, "filters": {"groups": [condition]}}
    (tmp_path / "wide.json").write_text(json.dumps({"flags": [flag]}))
    assert run([*at, "environments", "create", "fresh", "--sandbox"]) == 0
    assert run([*at, "flags", "import", str(tmp_path / "wide.json"), "-e", "fresh"]) == 0
    capfd.readouterr()
    asked = [*at, "explain", "wide", "u1", "-e", "fresh", "-p", "plan=plan-7", "-p", "country=two  blanks"]
    assert run([*asked, "--want", "on"]) == 0
    shown = capfd.readouterr().out
    assert run([*asked, "--want", "on", "--json"]) == 0
    operations = [one for one in json.loads(capfd.readouterr().out)["operations"] if one is not None]
    assert [one["operations"][0]["op"] for one in operations] == ["add_value", "update_condition"]
    assert "drysail simulate" not in shown
    assert shown.count("(the operation is not fit for a line; `--json` has it under operations)") == 2


def test_a_second_subject_or_second_properties_are_compared(at: list[str], capfd: pytest.CaptureFixture[str]) -> None:
    assert run([*at, *ASKED, "--other-property", "email=eve@acme.com"]) == 0
    assert "is off for the first and on for the second" in " ".join(capfd.readouterr().out.split())
    assert run([*at, *ASKED, "--compare-to", "u2", "--other-property", "email=eve@acme.com", "--json"]) == 0
    told = json.loads(capfd.readouterr().out)
    assert (told["same"], told["parting"]["place"]) == (False, "filter")


def test_revisions_and_moments_can_be_named(at: list[str], capfd: pytest.CaptureFixture[str]) -> None:
    assert run([*at, *ASKED, "--revision", "1", "--against", "current", "--json"]) == 0
    assert json.loads(capfd.readouterr().out)["verdict"] == "same"
    assert run([*at, *ASKED, "--revision", "4"]) == 2
    assert "It has revision 1 alone." in capfd.readouterr().err
    assert run([*at, *ASKED, "--revision", "1", "--at", "2026-11-20"]) == 2
    assert "two editions" in capfd.readouterr().err


def test_group_properties_can_be_given(at: list[str], capfd: pytest.CaptureFixture[str]) -> None:
    assert run([*at, *ASKED, "-g", "company=acme", "--group-property", "company.seats=50", "--json"]) == 0
    assert json.loads(capfd.readouterr().out)["flag"] == "new-checkout"
    assert run([*at, *ASKED, "--group-property", "seats=50"]) == 2
    assert "company.seats=50" in capfd.readouterr().err


def test_a_hint_names_the_command_and_not_the_agents_tool(at: list[str], capfd: pytest.CaptureFixture[str]) -> None:
    assert run([*at, "explain", "zzz", "u1", "-e", "sandbox", "-p", "plan=free"]) == 2
    assert "`drysail flags list` shows all of them." in capfd.readouterr().err
