"""Importing definitions: the first time, again, and with mistakes in the file."""

import copy
from typing import Any

import pytest

from mcp_server.demo.stage import shop
from mcp_server.services.actor import Actor
from mcp_server.services.document import Ref
from mcp_server.services.environments import create_environment
from mcp_server.services.errors import InvalidInput, Refused
from mcp_server.services.home import Home
from mcp_server.services.importing import Imported, import_feed
from mcp_server.services.proposal import ProposalState


def imported(home: Home, actor: Actor, feed: dict[str, Any], environment: str = "sandbox") -> Imported:
    return import_feed(home, environment, feed, reason="x", actor=actor)


def test_the_first_import_is_one_applied_bootstrap_that_counts_as_reviewed(home: Home, ann: Actor) -> None:
    create_environment(home, "fresh", sandbox=False, actor=ann)
    result = imported(home, ann, shop(), "fresh")
    assert result.bootstrap is not None
    assert result.bootstrap.proposal.state is ProposalState.APPLIED
    with home.store.read() as reader:
        assert len(reader.documents("fresh", "flag")) == len(shop()["flags"])
        reviewed = reader.last_reviewed("fresh", Ref(kind="flag", key="dark-mode"))
    assert reviewed is not None


def test_an_agent_cannot_bootstrap(home: Home, ann: Actor, agent: Actor) -> None:
    create_environment(home, "fresh", sandbox=False, actor=ann)
    with pytest.raises(Refused, match="Only a person"):
        imported(home, agent, shop(), "fresh")


def test_importing_the_same_file_again_changes_nothing(home: Home, ann: Actor) -> None:
    result = imported(home, ann, shop())
    assert (result.bootstrap, result.proposals) == (None, ())
    assert result.unchanged == len(shop()["flags"]) + len(shop()["cohorts"]) + 1


def test_a_changed_flag_makes_one_proposal_that_keeps_metadata_and_condition_ids(home: Home, ann: Actor) -> None:
    feed = shop()
    flag = feed["flags"][0]
    del flag["drysail"]
    flag["filters"]["groups"].reverse()
    flag["filters"]["groups"].insert(0, {"properties": [], "rollout_percentage": 1})
    result = imported(home, ann, feed)
    assert len(result.proposals) == 1
    after = result.proposals[0].proposal.edits[0].after
    assert after is not None
    assert after["drysail"]["condition_ids"] == ["c3", "c2", "c1"]
    assert after["drysail"]["owner"] == "checkout"


def test_new_documents_that_need_each_other_come_in_one_proposal(home: Home, ann: Actor) -> None:
    feed = shop()
    feed["cohorts"]["900"] = {"type": "AND", "values": [{"key": "plan", "type": "person", "value": ["pro"]}]}
    parent = {"id": 90, "key": "parent", "active": True, "filters": {"groups": [{"rollout_percentage": 5}]}}
    child = copy.deepcopy(parent) | {"id": 91, "key": "child"}
    child["filters"]["groups"][0]["properties"] = [
        {"key": "parent", "type": "flag", "operator": "flag_evaluates_to", "value": True},
        {"key": "id", "type": "cohort", "operator": "in", "value": 900},
    ]
    feed["flags"] += [parent, child]
    result = imported(home, ann, feed)
    assert len(result.proposals) == 1
    assert {edit.ref.key for edit in result.proposals[0].proposal.edits} == {"900", "parent", "child"}


@pytest.mark.parametrize(
    ("damage", "path"),
    [
        (lambda flag: flag["filters"]["groups"][0].update(rollout_percentage=140), "rollout_percentage"),
        (lambda flag: flag["filters"]["groups"][0]["properties"][0].update(operator="resembles"), "operator"),
        (
            lambda flag: flag["filters"].update(multivariate={"variants": [{"key": "a", "rollout_percentage": 99}]}),
            "variants",
        ),
        (lambda flag: flag["filters"].update(payloads={"true": "{not json"}), "payloads"),
        (lambda flag: flag.update(filters=[]), "filters"),
    ],
)
def test_one_bad_flag_is_left_out_and_named_and_the_others_come_in(
    home: Home, ann: Actor, damage: Any, path: str
) -> None:
    create_environment(home, "fresh", sandbox=False, actor=ann)
    feed = shop()
    damage(feed["flags"][0])
    result = imported(home, ann, feed, "fresh")
    assert {warning.key for warning in result.refused} == {"new-checkout"}
    assert path in result.refused[0].problem.path
    assert result.refused[0].problem.fix
    with home.store.read() as reader:
        assert len(reader.documents("fresh", "flag")) == len(feed["flags"]) - 1


@pytest.mark.parametrize("feed", [{"flags": 3}, {"flags": [], "cohorts": []}, {"flags": [], "cohorts": {}}])
def test_a_file_of_another_shape_is_refused_whole(home: Home, ann: Actor, feed: dict[str, Any]) -> None:
    with pytest.raises(InvalidInput) as caught:
        imported(home, ann, feed)
    assert caught.value.hint
