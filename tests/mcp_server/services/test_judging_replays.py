"""What a judgement replays: everything that a change touches, and nothing after it was called off."""

import pytest

from mcp_server.services.actor import Actor
from mcp_server.services.changing import modify, replacing
from mcp_server.services.document import Document, Ref
from mcp_server.services.home import Home
from mcp_server.services.proposing import Intent, simulate
from mcp_server.services.snapshots import Selection, newest_snapshot
from policies.replay.pace import Progress

ROLLOUT = [{"op": "set_rollout", "condition": "c2", "rollout_percentage": 30}]


def test_an_edited_cohort_replays_all_flags_that_use_it(home: Home, agent: Actor) -> None:
    staff = Ref(kind="cohort", key="103")
    with home.store.read() as reader:
        document = reader.document("sandbox", staff)
        flags = reader.documents("sandbox", "flag")
    using = {flag.ref.key for flag in flags if {"type": "cohort", "value": 103}.items() <= _cohort_filter(flag).items()}
    assert document is not None
    everybody = {**document.body, "drysail": {"members": [f"user-{number:07d}" for number in range(3000)]}}
    intent = Intent(environment="sandbox", edits=(replacing(document, everybody),), reason="all", actor=agent)
    judgement, _ = simulate(home, intent)
    assert judgement.impact is not None
    assert using
    assert using <= {flag.flag for flag in judgement.impact.flags}
    assert not any(flag.edited for flag in judgement.impact.flags)
    assert judgement.impact.changed_subjects > 0


@pytest.mark.parametrize("moment", range(0, 12, 3))
def test_a_judgement_can_be_called_off_at_any_moment(home: Home, agent: Actor, moment: int) -> None:
    class CalledOff(Exception):
        pass

    def called_off_at(moment: int) -> Progress:
        told: list[float] = []

        def progress(share: float) -> None:
            told.append(share)
            if len(told) > moment:
                raise CalledOff

        return progress

    intent = modify(home, "sandbox", "new-checkout", ROLLOUT, reason="more", actor=agent)
    with pytest.raises(CalledOff):
        simulate(home, intent, progress=called_off_at(moment))
    assert simulate(home, intent)[0].impact == simulate(home, intent)[0].impact


def test_the_same_traffic_chosen_by_name_has_the_same_impact(home: Home, agent: Actor) -> None:
    intent = modify(home, "sandbox", "new-checkout", ROLLOUT, reason="more", actor=agent)
    snapshot = newest_snapshot(home, "sandbox")
    assert snapshot is not None
    (usual, _), (named, _) = simulate(home, intent), simulate(home, intent, traffic=Selection(snapshot.id))
    assert usual.impact is not None
    assert usual.impact == named.impact


def _cohort_filter(flag: Document) -> dict[str, object]:
    filters = [each for group in flag.body["filters"]["groups"] for each in group.get("properties") or []]
    return next((each for each in filters if each.get("type") == "cohort"), {})
