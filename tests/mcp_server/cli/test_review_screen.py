"""The review screen: what an engineer sees, at several widths, and what a hostile proposal cannot do to it."""

import io
import re
from datetime import timedelta
from typing import Any

import pytest
from rich.console import Console

from mcp_server.cli.review_conditions import condition_rows
from mcp_server.cli.review_screen import review_screen
from mcp_server.services.actor import Actor
from mcp_server.services.changing import modify
from mcp_server.services.home import Home
from mcp_server.services.proposing import propose
from mcp_server.services.reviewing import review

EVIL = "evil\x1b[2J\x1b]0;title\x07 [bold]APPROVED[/bold] \u202emoor\u200b\nON APPLY  nothing happens"


def screen(
    home: Home, actor: Actor, operations: list[dict[str, Any]], *, width: int = 100, reason: str = "because"
) -> str:
    intent = modify(home, "sandbox", "new-checkout", operations, reason=reason, actor=actor)
    found = review(home, propose(home, intent).proposal.id)
    output = io.StringIO()
    console = Console(file=output, width=width, force_terminal=False, color_system=None)
    console.print(review_screen(found, home.clock() + timedelta(minutes=12)))
    return output.getvalue()


WIDER = [{"op": "set_rollout", "condition": "c2", "rollout_percentage": 40}]


@pytest.mark.parametrize("width", [80, 100, 120, 140])
def test_the_parts_come_in_order_at_every_width(home: Home, agent: Actor, width: int) -> None:
    shown = screen(home, agent, WIDER, width=width)
    parts = ["NEEDS REVIEW", "CHANGE", "10 % → 40 %", "IMPACT", "newly on", "POLICY", "TRUST", "NOTE", "ON APPLY"]
    positions = [shown.find(part) for part in parts]
    assert -1 not in positions
    assert positions == sorted(positions), "verdict first, what the proposer wrote last"
    assert max(len(line) for line in shown.splitlines()) <= width


def test_the_numbers_on_the_screen_add_up(home: Home, agent: Actor) -> None:
    shown = screen(home, agent, WIDER)
    newly_on = int(re.search(r"newly on ([\d,]+)", shown).group(1).replace(",", ""))  # type: ignore[union-attr]
    changed, subjects = (
        int(number.replace(",", ""))
        for number in re.search(r"IMPACT\s+([\d,]+) of ([\d,]+) people", shown).groups()  # type: ignore[union-attr]
    )
    off, moved = re.search(r"^off\s+([\d,]+)\s+([\d,]+)", shown, re.MULTILINE).groups()  # type: ignore[union-attr]
    assert newly_on == changed == int(moved.replace(",", ""))
    assert int(off.replace(",", "")) + changed <= subjects


def test_what_the_proposer_writes_cannot_forge_the_screen(home: Home, agent: Actor) -> None:
    shown = screen(home, agent, WIDER, reason=EVIL)
    assert "\x1b" not in shown
    assert "\u202e" not in shown
    assert "\u200b" not in shown
    assert "[bold]APPROVED[/bold]" in shown, "markup is shown, not obeyed"
    assert sum(line.startswith("ON APPLY") for line in shown.splitlines()) == 1
    assert "untrusted text from agent:ann" in shown


def test_values_of_filters_cannot_forge_it_either(home: Home, agent: Actor) -> None:
    filters = [{"key": f"plan{EVIL}", "operator": "exact", "value": [EVIL, "pro"]}]
    shown = screen(home, agent, [{"op": "add_condition", "filters": filters, "rollout_percentage": 1}])
    assert "\x1b" not in shown
    assert "\u202e" not in shown
    assert sum(line.startswith("ON APPLY") for line in shown.splitlines()) == 1


def flag(*ids: str, rollout: int = 10) -> dict[str, Any]:
    groups = [{"properties": [{"key": name, "value": 1}], "rollout_percentage": rollout} for name in ids]
    return {"key": "f", "filters": {"groups": groups}, "drysail": {"condition_ids": list(ids)}}


def test_a_moved_condition_is_not_removed_and_added() -> None:
    rows = condition_rows(flag("c1", "c2"), flag("c2", "c1"), None)
    assert [(row.sign, row.id) for row in rows] == [(">", "c2"), (">", "c1")]


def test_added_changed_and_removed_conditions_are_marked() -> None:
    after = flag("c1", "c3")
    after["filters"]["groups"][0]["rollout_percentage"] = 20
    rows = condition_rows(flag("c1", "c2"), after, None)
    assert [(row.sign, row.id, row.rollout) for row in rows] == [
        ("~", "c1", "10 % → 20 %"),
        ("+", "c3", "– → 10 %"),
        ("-", "c2", "10 % → –"),
    ]


def test_variants_that_look_like_markup_are_shown_as_they_are(home: Home, agent: Actor) -> None:
    variants = [{"key": "[/x]", "rollout_percentage": 50}, {"key": "[conceal]evil[/]", "rollout_percentage": 50}]
    shown = screen(home, agent, [{"op": "set_variants", "variants": variants}])
    assert "[/x]" in shown
    assert "[conceal]evil[/]" in shown


def test_a_pinned_variant_is_shown_and_no_filter_is_left_out_silently(home: Home, agent: Actor) -> None:
    many = [{"key": f"property-{number}", "operator": "exact", "value": "v" * 40} for number in range(13)]
    operations: list[dict[str, Any]] = [
        {"op": "set_variants", "variants": [{"key": "green", "rollout_percentage": 100}]},
        {"op": "update_condition", "condition": "c1", "variant": "green"},
        {"op": "add_condition", "filters": many, "rollout_percentage": 1},
    ]
    shown = " ".join(screen(home, agent, operations).split())
    assert "always variant green" in shown
    assert "press w to see all" in shown
