"""The documentation says what is there: links, commands, exit codes, settings, files, tests and examples."""

import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer
import yaml

from mcp_server.cli.app import app
from mcp_server.cli.flag_files import read_flag_files
from mcp_server.cli.main import INTERNAL, INTERRUPTED
from mcp_server.cli.outcome import EXIT_OF
from mcp_server.services.errors import DrysailError
from mcp_server.services.incoming import read_feed
from mcp_server.settings import NAMES, read_settings
from policies.policy_file import parse_policy

ROOT = Path(__file__).parents[1]
PAGES = sorted(
    page
    for pattern in ("*.md", "docs/**/*.md", ".github/*.md", "examples/**/*.md")
    for page in ROOT.glob(pattern)
    if "node_modules" not in page.parts
)
WORKFLOWS = sorted(ROOT.glob("examples/**/workflows/*.yml"))


def _name(path: Path) -> str:
    return str(path.relative_to(ROOT))


def _read(page: str) -> str:
    return (ROOT / page).read_text(encoding="utf-8")


def _section(page: str, heading: str) -> str:
    _, found, rest = _read(page).partition(f"\n{heading}\n")
    assert found, f"{page} lacks the heading {heading}"
    level = heading.split()[0]
    return re.split(rf"^#{{1,{len(level)}}} ", rest, maxsplit=1, flags=re.MULTILINE)[0]


def _rows(text: str) -> list[list[str]]:
    """The cells of a table's rows, without its head."""
    lines = [line for line in text.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]


def _prose(text: str) -> str:
    return re.sub(r"^```.*?^```$", "", text, flags=re.MULTILINE | re.DOTALL)


def _fenced(text: str) -> Iterator[str]:
    for block in re.findall(r"^```\w*\n(.*?)^```$", text, flags=re.MULTILINE | re.DOTALL):
        yield from block.splitlines()


def _anchors(page: Path) -> set[str]:
    headings = re.findall(r"^#+ (.+)$", _prose(page.read_text(encoding="utf-8")), flags=re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=_name)
def test_every_relative_link_leads_somewhere(page: Path) -> None:
    broken = []
    for target in re.findall(r"\]\(([^)\s]+)\)", _prose(page.read_text(encoding="utf-8"))):
        if re.match(r"[a-z]+:", target):
            continue
        path, _, anchor = target.partition("#")
        file = (page.parent / path).resolve() if path else page
        if not file.exists() or (anchor and anchor not in _anchors(file)):
            broken.append(target)

    assert broken == []


PLACES = ("tests", "mcp_server", "policies", "evaluator", "benchmarks", "docs", "examples", "prompts", "requirements")


@pytest.mark.parametrize("page", PAGES, ids=_name)
def test_every_file_and_test_that_is_named_exists(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    named = re.findall(rf"`((?:{'|'.join(PLACES)}|\.ci)/[\w./-]+)(?:::(\w+))?`", text)
    named += [(script, "") for script in re.findall(r"python (\w[\w/]*\.py)", text)]

    missing = [
        f"{path}::{test}"
        for path, test in named
        if not (ROOT / path).exists() or (test and f"def {test}(" not in _read(path))
    ]
    assert missing == []


def test_the_walks_are_five_lists_of_five_files() -> None:
    walks = re.split(r"^\*\*.+\*\*$", _section("README.md", "## Five walks through the code"), flags=re.MULTILINE)

    assert [len(re.findall(r"^\d\. \[", walk, flags=re.MULTILINE)) for walk in walks[1:]] == [5, 5, 5, 5, 5]
    for shown, target in re.findall(r"^\d\. \[(.+?)\]\((.+?)\)", "".join(walks), flags=re.MULTILINE):
        assert shown == target


def test_every_decision_is_in_the_index() -> None:
    pages = {page.name: page.read_text(encoding="utf-8") for page in (ROOT / "docs" / "decisions").glob("0*.md")}
    listed = re.findall(r"^(\d+)\. \[(.+)\]\((.+)\)$", _read("docs/decisions/README.md"), flags=re.MULTILINE)

    assert {name for _, _, name in listed} == set(pages)
    for number, title, name in listed:
        assert pages[name].startswith(f"# {number}. {title}\n")


def test_every_make_target_that_is_named_exists() -> None:
    targets = set(re.findall(r"^([a-z]+):", _read("Makefile"), flags=re.MULTILINE))
    named = {
        target
        for page in PAGES
        for target in re.findall(r"(?:`|^)make ([a-z]+)", page.read_text(encoding="utf-8"), flags=re.MULTILINE)
    }

    assert {"demo", "test"} <= named <= targets


# Commands


def _commands(group: Any, path: str = "") -> dict[str, Any]:
    """Every command that can be run, by its words."""
    found: dict[str, Any] = {}
    for name, command in group.commands.items():
        words = f"{path} {name}".strip()
        found |= _commands(command, words) if hasattr(command, "commands") else {words: command}
    return found


PROGRAM: Any = typer.main.get_command(app)
ALL_COMMANDS = _commands(PROGRAM)


def test_every_command_is_documented_and_no_other() -> None:
    assert set(re.findall(r"^### `drysail (.+)`$", _read("docs/cli.md"), flags=re.MULTILINE)) == set(ALL_COMMANDS)


def test_every_documented_command_has_an_example() -> None:
    for words in ALL_COMMANDS:
        examples = [line for line in _fenced(_section("docs/cli.md", f"### `drysail {words}`")) if line]
        assert any(f"drysail {words}" in line or f" {words}" in line for line in examples), words


def _calls(lines: list[str]) -> Iterator[list[str]]:
    """The arguments of the ``drysail`` calls that lines consist of, or end with."""
    for line in lines:
        found = re.match(r"(?:claude mcp add drysail -- |\$ )?drysail (.*)", line.strip())
        if found is None or found[1].startswith("["):
            continue
        words = shlex.split(found[1], comments=True)
        end = next((at for at, word in enumerate(words) if word in (">", "|", "||", "&&")), len(words))
        yield words[:end]


def _parse(arguments: list[str]) -> None:
    """Parses a call as the program would, and runs nothing."""
    with PROGRAM.make_context("drysail", list(arguments)) as context:
        command, rest = PROGRAM, [*context._protected_args, *context.args]
        while hasattr(command, "commands"):
            name = rest.pop(0)
            assert name in command.commands, f"there is no command {name!r}"
            command = command.commands[name]
        if "--help" not in rest:
            command.make_context(name, rest, parent=context)


@pytest.mark.parametrize("page", PAGES, ids=_name)
def test_every_call_in_a_block_parses(page: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    for arguments in _calls(list(_fenced(page.read_text(encoding="utf-8")))):
        _parse(arguments)


@pytest.mark.parametrize("workflow", WORKFLOWS, ids=_name)
def test_every_call_in_a_workflow_parses(workflow: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    jobs = yaml.safe_load(workflow.read_text(encoding="utf-8"))["jobs"]
    scripts = [step["run"] for job in jobs.values() for step in job["steps"] if "run" in step]
    calls = list(_calls([line for script in scripts for line in script.splitlines()]))

    assert [call[0] for call in calls][-1:] == ["check"]
    for arguments in calls:
        _parse(arguments)


@pytest.mark.parametrize("page", PAGES, ids=_name)
def test_every_command_and_option_in_the_text_exists(page: Path) -> None:
    for call in re.findall(r"`drysail ([^`]+)`", _prose(page.read_text(encoding="utf-8"))):
        words = [word for word in call.split() if word != "…"]
        if words[0].startswith(("-", "[")) or words[0] in ("COMMAND", "…"):
            continue
        command: Any = PROGRAM
        while hasattr(command, "commands") and words and words[0] in command.commands:
            command = command.commands[words.pop(0)]
        assert command is not PROGRAM, call
        assert not hasattr(command, "commands") or not words, call
        options = {option for parameter in command.params for option in (*parameter.opts, *parameter.secondary_opts)}
        assert {word for word in words if word.startswith("-")} <= {*options, "--help"}, call


# Exit codes and settings


def _subclasses(kind: type[DrysailError]) -> Iterator[type[DrysailError]]:
    yield kind
    for each in kind.__subclasses__():
        yield from _subclasses(each)


@pytest.mark.parametrize("page", ["README.md", "docs/cli.md"])
def test_the_exit_codes_are_those_of_the_program(page: str) -> None:
    program = {0, INTERNAL, INTERRUPTED, *EXIT_OF.values(), *(kind.exit_status for kind in _subclasses(DrysailError))}

    assert {int(row[0]) for row in _rows(_section(page, "## Exit codes"))} == program


def test_every_setting_is_documented_with_its_names_and_default(tmp_path: Path) -> None:
    rows = {row[2].strip("`"): row for row in _rows(_section("README.md", "## Configuration"))}
    settings = read_settings({}, environment={}, folder=tmp_path)
    defaults = {"home": settings.home.name, "host": settings.host, "port": str(settings.port)}
    defaults["flush_seconds"] = f"{settings.flush_every.total_seconds():g}"

    assert set(rows) == set(NAMES)
    assert {name: row[1].strip("`") for name, row in rows.items()} == {
        name: f"DRYSAIL_{name.upper()}" for name in NAMES
    }
    assert {name: rows[name][3].strip("`") for name in defaults} == defaults
    assert settings.environment is None
    assert not settings.allowed_hosts
    assert not settings.record_properties


def test_every_option_of_the_configuration_table_exists() -> None:
    for row in _rows(_section("README.md", "## Configuration")):
        *words, option = row[0].strip("`").split() or [""]
        commands = [ALL_COMMANDS[" ".join(words)]] if words else [PROGRAM, *ALL_COMMANDS.values()]
        assert not option or any(option in parameter.opts for each in commands for parameter in each.params), row


@pytest.mark.parametrize("page", PAGES, ids=_name)
def test_every_variable_that_is_named_is_a_setting(page: Path) -> None:
    named = set(re.findall(r"\bDRYSAIL_([A-Z_]+)\b", page.read_text(encoding="utf-8")))

    assert named <= {name.upper() for name in NAMES}


# Examples


@pytest.mark.parametrize("policy", sorted(ROOT.glob("examples/**/drysail.yaml")), ids=_name)
def test_an_example_policy_parses_and_says_more_than_its_preset(policy: Path) -> None:
    text = policy.read_text(encoding="utf-8")

    assert parse_policy(text, source=policy.name).digest != parse_policy("version: 1", source=policy.name).digest


def test_the_example_flags_can_be_served_and_are_what_the_page_lists() -> None:
    folder = ROOT / "examples" / "ci"
    read = read_feed(read_flag_files(folder / "flags"))

    assert read.refused == ()
    assert sorted(ref.key for ref in read.bodies) == ["checkout-button", "new-checkout", "search-enabled"]
    for file in folder.glob("flags/*"):
        assert f"flags/{file.name}" in _read("examples/ci/README.md")
