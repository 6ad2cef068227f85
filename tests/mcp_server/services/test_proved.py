"""What is certain without traffic stands beside the measured effect, and lifts rules only where it has to."""

from dataclasses import replace
from typing import Any

from evaluator.analysis import Finding
from mcp_server.services.actor import Actor
from mcp_server.services.change import Change
from mcp_server.services.changing import modify
from mcp_server.services.definitions import bodies_of
from mcp_server.services.finding import get_flag
from mcp_server.services.home import Home
from mcp_server.services.proposing import propose, simulate
from mcp_server.tools.views import flag_answer, flag_lines

FLAG = "new-checkout"
SHADOWED = [
    {"op": "add_condition", "filters": [], "rollout_percentage": 10},
    {"op": "add_condition", "filters": [{"key": "plan", "operator": "exact", "value": "x"}], "rollout_percentage": 5},
]


def change(home: Home, actor: Actor, operations: list[dict[str, Any]]) -> Change:
    intent = modify(home, "sandbox", FLAG, operations, reason="because", actor=actor)
    with home.store.read() as reader:
        return Change(base=bodies_of(reader.documents("sandbox")), edits=intent.edits)


def rollout(percentage: float) -> list[dict[str, Any]]:
    return [{"op": "set_rollout", "condition": "c2", "rollout_percentage": percentage}]


def test_a_simulation_and_a_proposal_say_what_is_certain(home: Home, agent: Actor) -> None:
    intent = modify(home, "sandbox", FLAG, rollout(12), reason="because", actor=agent)
    judgement, _ = simulate(home, intent)
    proved = judgement.proved[FLAG]
    assert proved[0].startswith("Provably only widens")
    assert propose(home, intent).evidence.proved == {FLAG: proved}


def test_a_condition_that_can_never_decide_is_warned_of_when_it_comes(home: Home, agent: Actor) -> None:
    proved = change(home, agent, SHADOWED).proved[FLAG]
    assert any("can never decide" in line for line in proved)
    again = change(home, agent, rollout(12)).proved[FLAG]
    assert not any("can never decide" in line for line in again), "what was there before is no news"


def test_another_spelling_alters_nothing(home: Home, agent: Actor) -> None:
    spelled = change(home, agent, rollout(10.0))
    assert spelled.alters_nothing
    assert not spelled.effects[FLAG].losses


def test_a_condition_that_waits_for_a_later_change_alters_something(home: Home, agent: Actor) -> None:
    twice = [*SHADOWED, {**SHADOWED[1], "rollout_percentage": 3}]
    base = change(home, agent, SHADOWED)
    waiting = Change(base=base.result, edits=change(home, agent, twice).edits)
    assert waiting.effects[FLAG].alters_nothing
    assert not waiting.alters_nothing, "a later change could wake it, and nobody would have looked at it"


def test_a_flag_is_shown_with_what_in_it_has_no_effect(home: Home) -> None:
    view = get_flag(home, "sandbox", FLAG)
    assert view.findings == ()
    useless = Finding("condition_shadowed", "filters.groups[1]", "Condition 2 can never decide: because.", 1)
    flag = flag_answer("sandbox", replace(view, findings=(useless,)))
    assert flag.conditions[1]["without_effect"] == [useless.message]
    assert f"    ! {useless.message}" in flag_lines(flag)
