"""How lines of text are wrapped on a terminal."""

import pytest

from mcp_server.cli.main import run
from mcp_server.cli.screen import print_line


@pytest.fixture(autouse=True)
def narrow(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "30")


def test_a_line_goes_on_deeper_than_it_began_and_keeps_its_keys_whole(capfd: pytest.CaptureFixture[str]) -> None:
    print_line("before: off, whatever the new-checkout-of-all-people says")
    print_line("  c1: plan = pro and [red] = country · 10 %")
    assert capfd.readouterr().out.splitlines() == [
        "before: off, whatever the",
        "  new-checkout-of-all-people",
        "  says",
        "  c1: plan = pro and [red] =",
        "    country · 10 %",
    ]


def test_what_is_to_be_copied_is_left_whole(capfd: pytest.CaptureFixture[str]) -> None:
    line = "    drysail simulate new-checkout --environment sandbox --rollout c2=5"
    print_line(line, whole=True)
    assert capfd.readouterr().out.splitlines() == [line]


@pytest.mark.parametrize(
    "asked",
    [
        ["flags", "show", "new-checkout"],
        ["simulate", "new-checkout", "--off"],
        ["explain", "new-checkout", "u1", "-p", "a=1"],
    ],
)
def test_no_command_parts_a_key_or_leaves_blanks_behind(
    folder: object, asked: list[str], capfd: pytest.CaptureFixture[str]
) -> None:
    run(["--home", f"{folder}/.drysail", *asked, "-e", "sandbox"])
    lines = capfd.readouterr().out.splitlines()
    assert len(lines) > 3
    assert not any(line.endswith((" ", "new-")) for line in lines)
