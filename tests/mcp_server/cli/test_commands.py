"""The commands as a person or a script meets them: output, exit status, and what a mistake looks like."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from mcp_server.cli.main import run
from mcp_server.demo.stage import shop
from mcp_server.services.home import Home


@pytest.fixture
def at(folder: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Global options that name the shop; commands mean its sandbox."""
    monkeypatch.setenv("DRYSAIL_ENVIRONMENT", "sandbox")
    monkeypatch.setenv("NO_COLOR", "1")
    return ["--home", str(folder / ".drysail")]


def printed_json(capfd: pytest.CaptureFixture[str]) -> Any:
    return json.loads(capfd.readouterr().out)


@pytest.mark.parametrize(
    "arguments",
    [
        ["flags", "list"],
        ["flags", "show", "new-checkout"],
        ["flags", "history", "new-checkout"],
        ["simulate", "new-checkout", "--rollout", "c2=12"],
        ["explain", "new-checkout", "u1", "-p", "plan=pro"],
        ["review"],
        ["traffic", "stats"],
        ["audit", "log"],
        ["audit", "verify"],
        ["keys", "list"],
        ["environments", "list"],
    ],
    ids=" ".join,
)
def test_data_is_json_on_request_and_nothing_else_is_on_stdout(
    at: list[str], arguments: list[str], capfd: pytest.CaptureFixture[str]
) -> None:
    assert run([*at, *arguments, "--json"]) == 0
    assert printed_json(capfd) is not None
    assert run([*at, *arguments]) == 0
    assert capfd.readouterr().out.strip() or arguments == ["review"]


@pytest.mark.parametrize(("percentage", "status"), [(12, 0), (40, 3)], ids=["allowed", "needs approval"])
def test_the_exit_status_of_a_simulation_is_the_verdict(at: list[str], percentage: int, status: int) -> None:
    arguments = ["simulate", "new-checkout", "--rollout", f"c2={percentage}"]
    # A person is under no drift budget; what asks for approval here is the size of the change.
    if status == 3:
        arguments = ["simulate", "dark-mode", "--rollout", "c1=20"]
    assert run([*at, *arguments]) == status


def test_a_denied_change_exits_with_1(at: list[str], capfd: pytest.CaptureFixture[str]) -> None:
    everyone = '{"op":"add_condition","filters":[],"rollout_percentage":100}'
    assert run([*at, "flags", "set", "new-checkout", "--op", everyone, "-m", "x"]) == 1
    assert "DENIED" in capfd.readouterr().out


def test_a_stale_proposal_exits_with_4(at: list[str], capfd: pytest.CaptureFixture[str]) -> None:
    assert run([*at, "flags", "set", "new-checkout", "--rollout", "c2=12", "-m", "x", "--propose-only", "--json"]) == 0
    proposal = printed_json(capfd)["proposal"]["id"]
    assert run([*at, "flags", "set", "new-checkout", "--rollout", "c2=13", "-m", "x"]) == 0
    assert run([*at, "apply", proposal]) == 4
    assert "moved from revision 1 to 2" in capfd.readouterr().err


def test_applying_twice_says_so_and_exits_with_2(at: list[str], capfd: pytest.CaptureFixture[str]) -> None:
    run([*at, "flags", "set", "new-checkout", "--rollout", "c2=12", "-m", "x", "--propose-only", "--json"])
    proposal = printed_json(capfd)["proposal"]["id"]
    assert run([*at, "apply", proposal]) == 0
    assert run([*at, "apply", proposal]) == 2
    assert "it happens once" in capfd.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["flags", "show", "new-chekout"], "Did you mean new-checkout"),
        (["flags", "list", "-e", "prod"], "sandbox"),
        (["flags", "set", "new-checkout", "--rollout", "c2", "-m", "x"], "CONDITION=PERCENT"),
        (["flags", "set", "new-checkout", "--op", "{", "-m", "x"], "no JSON"),
        (["flags", "set", "new-checkout", "-m", "x"], "at least one operation"),
        (["apply", "pr_none"], "pr_none"),
        (["flags", "import", "nowhere.json"], "no file"),
        (["explain", "new-checkout", "nobody-at-all"], "Give its properties"),
        (["traffic", "generate", "-e", "live"], "not a sandbox"),
        (["keys", "create", "--kind", "master"], "public, secret or agent"),
        (["environments", "create", "Live!"], "no name for an environment"),
        (["check", "--base", "nowhere.json", "--head", "nowhere.json"], "no file"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_a_mistake_is_one_sentence_with_the_fix_and_never_exits_with_1(
    at: list[str], arguments: list[str], words: str, capfd: pytest.CaptureFixture[str]
) -> None:
    status = run([*at, *arguments])
    shown = capfd.readouterr()
    assert status in (1, 2)
    assert status == 2 or "not a sandbox" in shown.err
    assert words in shown.err
    assert "Traceback" not in shown.err


def test_without_a_home_the_first_step_is_named(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert run(["--home", str(tmp_path / "none"), "flags", "list"]) == 2
    assert "drysail flags import" in capfd.readouterr().err
    assert not (tmp_path / "none").exists()


def test_a_database_of_a_newer_program_is_left_alone(
    at: list[str], folder: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    import sqlite3

    with sqlite3.connect(folder / ".drysail" / "drysail.sqlite") as connection:
        connection.execute("UPDATE drysail_schema SET version_num = '9999'")
    connection.close()
    assert run([*at, "flags", "list"]) == 2
    shown = capfd.readouterr().err
    assert "newer" in shown
    assert "9999" in shown


def test_a_file_that_is_no_json_is_named_with_line_and_column(
    at: list[str], tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "flags.json"
    path.write_text('{"flags": [\n  {"key": }\n]}', encoding="utf-8")
    assert run([*at, "flags", "import", str(path)]) == 2
    assert f"{path}:2:" in capfd.readouterr().err


def test_an_import_with_one_bad_flag_exits_with_2_and_names_it(
    at: list[str], tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    feed = shop()
    feed["flags"][0]["filters"]["groups"][0]["properties"][0]["operator"] = "resembles"
    path = tmp_path / "flags.json"
    path.write_text(json.dumps(feed), encoding="utf-8")
    assert run([*at, "flags", "import", str(path)]) == 2
    shown = capfd.readouterr().err
    assert "Left out flag new-checkout, filters.groups[0].properties[0].operator" in shown


def test_flags_come_out_as_they_went_in(at: list[str], capfd: pytest.CaptureFixture[str]) -> None:
    assert run([*at, "flags", "export"]) == 0
    exported = printed_json(capfd)
    original = {flag["key"]: flag for flag in shop()["flags"]}
    assert {flag["key"] for flag in exported["flags"]} == set(original)
    for flag in exported["flags"]:
        own = flag.pop("drysail")
        expected = dict(original[flag["key"]])
        metadata = expected.pop("drysail")
        assert flag == expected
        assert metadata.items() <= own.items()
    assert exported["cohorts"] == shop()["cohorts"]


def dark_for_few(flags: list[dict[str, Any]]) -> None:
    flags[9]["filters"]["groups"][0]["rollout_percentage"] = 20


def flag_files(folder: Path, name: str, change: Any) -> str:
    feed = shop()
    change(feed["flags"])
    path = folder / name
    path.write_text(json.dumps(feed), encoding="utf-8")
    return str(path)


@pytest.mark.parametrize(
    ("change", "status"),
    [
        (lambda flags: None, 0),
        (lambda flags: flags[0].update(name="Another name"), 0),
        (dark_for_few, 3),
        (lambda flags: flags[0]["filters"]["groups"].append({"properties": [], "rollout_percentage": 100}), 1),
        (lambda flags: flags[0]["filters"]["groups"][0].update(rollout_percentage="all"), 2),
    ],
    ids=["nothing differs", "only a name", "needs approval", "denied", "cannot be served"],
)
def test_check_exits_as_documented(
    at: list[str], tmp_path: Path, change: Any, status: int, capfd: pytest.CaptureFixture[str]
) -> None:
    base = flag_files(tmp_path, "base.json", lambda flags: None)
    head = flag_files(tmp_path, "head.json", change)
    assert run([*at, "check", "--base", base, "--head", head, "--json"]) == status
    assert printed_json(capfd)["exit_status"] == status


def test_check_prints_the_same_for_the_same_input(
    at: list[str], tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    base = flag_files(tmp_path, "base.json", lambda flags: None)
    head = flag_files(
        tmp_path, "head.json", lambda flags: flags[9]["filters"]["groups"][0].update(rollout_percentage=20)
    )
    outputs = set()
    for _ in range(2):
        run([*at, "check", "--base", base, "--head", head])
        outputs.add(capfd.readouterr().out)
    assert len(outputs) == 1


def test_check_takes_its_base_from_a_git_revision(at: list[str], tmp_path: Path) -> None:
    def git(*arguments: str) -> None:
        identity = ["-c", "user.name=t", "-c", "user.email=t@example.org"]
        subprocess.run(["git", "-C", str(tmp_path), *identity, *arguments], check=True, capture_output=True)

    git("init", "-q")
    flag_files(tmp_path, "flags.json", lambda flags: None)
    git("add", ".")
    git("commit", "-qm", "flags")
    flag_files(
        tmp_path,
        "flags.json",
        lambda flags: flags[0]["filters"]["groups"].append({"properties": [], "rollout_percentage": 100}),
    )
    assert run([*at, "check", "--base", "HEAD", "--head", str(tmp_path / "flags.json")]) == 1
    assert run([*at, "check", "--base", "v9", "--head", str(tmp_path / "flags.json")]) == 2


def test_a_policy_file_with_a_typo_is_refused_with_its_place(
    at: list[str], tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    policy = tmp_path / "drysail.yaml"
    policy.write_text("version: 1\nname: ours\nrules:\n  ramp.stp: {level: approve}\n", encoding="utf-8")
    base = flag_files(tmp_path, "base.json", lambda flags: None)
    assert run([*at, "check", "--base", base, "--head", base, "--policy", str(policy)]) == 2
    shown = capfd.readouterr().err
    assert f"{policy}:4:3" in shown
    assert "ramp.step" in shown


def test_another_policy_judges_once_it_is_activated(
    at: list[str], tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    policy = tmp_path / "drysail.yaml"
    policy.write_text(
        "version: 1\nname: tight\nextends: standard\n"
        "rules:\n  blast.changed_pct: {level: block, params: {max_pct: 0.1}}\n",
        encoding="utf-8",
    )
    assert run([*at, "policy", "check", str(policy), "--json"]) == 0
    digest = printed_json(capfd)["digest"]
    assert run([*at, "simulate", "new-checkout", "--rollout", "c2=15"]) == 0
    assert run([*at, "policy", "activate", str(policy)]) == 0
    capfd.readouterr()
    assert run([*at, "policy", "show", "--json"]) == 0
    assert printed_json(capfd)["digest"] == digest
    assert run([*at, "simulate", "new-checkout", "--rollout", "c2=15"]) == 1


def test_a_broken_chain_is_found(at: list[str], home: Home, folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    import sqlite3

    with sqlite3.connect(folder / ".drysail" / "drysail.sqlite") as connection:
        triggers = connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall()
        for (name,) in triggers:
            connection.execute(f"DROP TRIGGER {name}")
        connection.execute("UPDATE audit_entries SET event = replace(event, 'shop', 'ship') WHERE sequence = 3")
    connection.close()
    assert run([*at, "audit", "verify"]) == 2
    assert "broken at entry 3" in capfd.readouterr().err


def test_a_head_that_was_noted_down_is_looked_for(at: list[str], capfd: pytest.CaptureFixture[str]) -> None:
    assert run([*at, "audit", "verify", "--json"]) == 0
    head = printed_json(capfd)["head"]
    assert run([*at, "audit", "verify", "--head", head]) == 0
    assert run([*at, "audit", "verify", "--head", "0" * 64]) == 2


def test_review_does_not_approve_without_a_terminal(at: list[str], capfd: pytest.CaptureFixture[str]) -> None:
    run([*at, "flags", "set", "dark-mode", "--rollout", "c1=20", "-m", "x", "--json"])
    proposal = printed_json(capfd)["proposal"]["id"]
    done = subprocess.run(
        [sys.executable, "-m", "mcp_server.cli", *at, "review", proposal],
        input="dark-mode\n",
        capture_output=True,
        text=True,
        env=dict(os.environ),
        check=False,
    )
    assert done.returncode == 3
    assert "Approved" not in done.stdout
    assert run([*at, "apply", proposal]) == 3


def test_a_damaged_segment_is_moved_aside_and_nothing_else_is_touched(
    at: list[str], folder: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    segments = folder / ".drysail" / "traffic" / "sandbox" / "segments"
    segment = next(segments.iterdir())
    damaged = next(segment.glob("*.parquet"))
    damaged.write_bytes(damaged.read_bytes()[:-40])
    assert run([*at, "simulate", "new-checkout", "--rollout", "c2=12"]) == 2
    shown = capfd.readouterr().err
    assert damaged.name in shown
    assert "drysail traffic quarantine" in shown
    assert run([*at, "traffic", "quarantine", segment.name]) == 0
    assert run([*at, "traffic", "generate", "--checks", "20000", "--seed", "3"]) == 0
    assert run([*at, "simulate", "new-checkout", "--rollout", "c2=12"]) == 0


def test_pruning_keeps_what_replays_rest_on(at: list[str], capfd: pytest.CaptureFixture[str]) -> None:
    assert run([*at, "traffic", "prune", "--days", "0", "--json"]) == 0
    assert printed_json(capfd)["segments"] == []
    assert run([*at, "simulate", "new-checkout", "--rollout", "c2=12"]) == 0


COMMANDS = [
    [],
    ["flags"],
    ["traffic"],
    ["audit"],
    ["keys"],
    ["environments"],
    *(
        [name]
        for name in ("demo", "serve", "mcp", "simulate", "explain", "review", "apply", "undo", "check", "migrate")
    ),
]


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: " ".join(command) or "drysail")
def test_every_command_explains_itself(command: list[str], capfd: pytest.CaptureFixture[str]) -> None:
    assert run([*command, "--help"]) == 0
    assert "Usage" in capfd.readouterr().out


def test_an_unknown_command_is_a_usage_error(capfd: pytest.CaptureFixture[str]) -> None:
    assert run(["flogs"]) == 2
    assert "flags" in capfd.readouterr().err


def test_a_simulation_can_be_on_a_part_of_the_traffic_and_beside_another(
    at: list[str], home: Home, capfd: pytest.CaptureFixture[str]
) -> None:
    with home.store.read() as reader:
        snapshot = reader.snapshots("sandbox")[0]
    middle = snapshot.facts.first_at + (snapshot.facts.newest_at - snapshot.facts.first_at) / 2
    change = ["simulate", "new-checkout", "--rollout", "c2=12"]
    halves = ["--until", middle.isoformat(), "--compare-from", middle.isoformat(), "--compare-snapshot", snapshot.id]
    run([*at, *change, *halves, "--json"])
    shown = printed_json(capfd)
    checks = [part["traffic"]["checks"] for part in (shown, shown["compared"])]
    assert sum(checks) == snapshot.facts.checks
    assert min(checks) > 0
    assert shown["compared"]["impact"]["flags"][0]["flag"] == "new-checkout"
    run([*at, *change, *halves])
    assert "difference" in capfd.readouterr().out
    run([*at, *change, "--sample", "20", "--json"])
    assert printed_json(capfd)["traffic"]["sampled_ppm"] == 200_000


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--from", "yesterday"], "no time to begin at"),
        (["--sample", "0"], "A sample of 0 % is none"),
        (["--from", "2001-01-01", "--until", "2001-01-02"], "Nobody asked"),
        (["--compare-snapshot", "snap_none"], "has no snapshot 'snap_none'"),
    ],
)
def test_traffic_that_is_not_there_is_refused_with_what_there_is(
    at: list[str], options: list[str], message: str, capfd: pytest.CaptureFixture[str]
) -> None:
    assert run([*at, "simulate", "new-checkout", "--rollout", "c2=12", *options]) == 2
    assert message in capfd.readouterr().err
