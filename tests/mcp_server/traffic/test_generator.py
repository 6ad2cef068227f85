"""Synthetic traffic: the same for the same seed, answered by the evaluator, and skewed as real traffic is."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from evaluator import NO_FACTS, Definitions, compile_definitions, evaluate_all
from evaluator.context import MISSING, Context
from evaluator.result import Result
from mcp_server.services.errors import InvalidInput
from mcp_server.traffic.generator import GenerationPlan, generate
from mcp_server.traffic.manifest import moment_of
from tests.mcp_server.traffic.given import START, exact, recording_of, same, snapshot_of

FEED = {
    "flags": [
        {
            "key": "checkout",
            "active": True,
            "filters": {
                "groups": [
                    {
                        "properties": [{"key": "plan", "type": "person", "operator": "exact", "value": ["pro"]}],
                        "rollout_percentage": 40,
                    }
                ]
            },
        },
        {
            "key": "search",
            "active": True,
            "filters": {
                "groups": [{"properties": [], "rollout_percentage": 100}],
                "multivariate": {
                    "variants": [
                        {"key": "blue", "rollout_percentage": 50},
                        {"key": "green", "rollout_percentage": 50},
                    ]
                },
            },
        },
        {
            "key": "export",
            "active": True,
            "filters": {
                "aggregation_group_type_index": 0,
                "groups": [
                    {
                        "properties": [
                            {"key": "size", "type": "group", "group_type_index": 0, "operator": "gt", "value": 20}
                        ],
                        "rollout_percentage": 100,
                    }
                ],
            },
        },
    ],
    "cohorts": {},
    "group_type_mapping": {"0": "company"},
}
RULESET = compile_definitions(Definitions.from_posthog(FEED))


def answers(context: Context, at: datetime) -> Sequence[Result]:
    return tuple(evaluate_all(RULESET, context, now=at, facts=NO_FACTS).values())


def plan(checks: int = 6000, seed: int = 1, subjects: int | None = None) -> GenerationPlan:
    return GenerationPlan("demo", 3, checks, seed, START - timedelta(days=7), START, subjects)


def test_the_same_seed_makes_the_same_snapshot(tmp_path: Path) -> None:
    for home in ("one", "two"):
        generate(tmp_path / home, answers, plan())
    assert (
        snapshot_of(tmp_path / "one", "synthetic", "demo").digest
        == snapshot_of(tmp_path / "two", "synthetic", "demo").digest
    )


def test_another_seed_makes_other_traffic(tmp_path: Path) -> None:
    for seed in (1, 2):
        generate(tmp_path / str(seed), answers, plan(seed=seed))
    one, two = (recording_of(tmp_path / str(seed), "synthetic", "demo") for seed in (1, 2))
    assert not same(one, two)


def test_generating_twice_counts_once(tmp_path: Path) -> None:
    first = generate(tmp_path, answers, plan())
    assert generate(tmp_path, answers, plan()) == first
    assert recording_of(tmp_path, "synthetic", "demo").facts.checks == 6000


def test_the_recorded_answers_are_the_evaluators(tmp_path: Path) -> None:
    generate(tmp_path, answers, plan())
    recording = recording_of(tmp_path, "synthetic", "demo")
    assert set(recording.answers) == {"checkout", "search", "export"}
    for flag, recorded in recording.answers.items():
        for row, context in enumerate(recorded.contexts):
            evaluated = evaluate_all(RULESET, recording.context(int(context)), now=START, facts=NO_FACTS)
            assert recorded.values[recorded.codes[row]] == evaluated[flag].value
            assert recorded.revisions[row] == 3
    assert {value for recorded in recording.answers.values() for value in recorded.values} == {
        True,
        False,
        "blue",
        "green",
    }


def test_it_makes_exactly_the_checks_asked_for_within_the_time(tmp_path: Path) -> None:
    for checks in (1, 7, 5000):
        generate(tmp_path / str(checks), answers, plan(checks=checks))
        facts = recording_of(tmp_path / str(checks), "synthetic", "demo").facts
        assert facts.checks == checks
        assert START - timedelta(days=7) <= facts.first_at <= facts.newest_at < START
        assert facts.provenance == "synthetic"


def test_the_people_are_skewed_and_have_holes(tmp_path: Path) -> None:
    generate(tmp_path, answers, plan(checks=20_000, subjects=1500))
    recording = recording_of(tmp_path, "synthetic", "demo")
    assert 1000 < recording.facts.subjects <= 1500
    assert recording.size > recording.facts.subjects  # some upgraded their app
    for name in ("country", "plan", "email", "app_version", "signup_date", "beta_tester", "seats"):
        assert MISSING in recording.properties[name].values, name
    assert {"nightly", ""} <= set(recording.properties["app_version"].values)
    assert {"size", "industry"} == set(recording.group_properties["company"])
    assert MISSING in recording.device_ids.values
    checks = sorted(
        (int(count) for recorded in recording.answers.values() for count in recorded.checks),
        reverse=True,
    )
    assert sum(checks[: len(checks) // 100]) > 0.1 * sum(checks)


def test_progress_ends_with_everything_done(tmp_path: Path) -> None:
    told: list[tuple[int, int]] = []
    generate(tmp_path, answers, plan(), lambda done, total: told.append((done, total)))
    assert told[0][0] == 0
    assert told[-1][0] == told[-1][1] >= recording_of(tmp_path, "synthetic", "demo").size
    assert told == sorted(told)


@pytest.mark.parametrize(
    "impossible",
    [
        GenerationPlan("demo", 1, 0, 1, START, START + timedelta(days=1)),
        GenerationPlan("demo", 1, 10, 1, START, START),
        GenerationPlan("demo", 1, 10, 1, START, START + timedelta(days=1), subjects=0),
    ],
    ids=["no checks", "no time", "nobody"],
)
def test_an_impossible_plan_is_refused(tmp_path: Path, impossible: GenerationPlan) -> None:
    with pytest.raises(InvalidInput):
        generate(tmp_path, answers, impossible)


def test_without_flags_there_is_nothing_to_generate(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="no active flag"):
        generate(tmp_path, lambda context, at: (), plan())


def test_a_context_is_answered_as_at_its_first_check(tmp_path: Path) -> None:
    asked: dict[str, list[datetime]] = {}

    def answers_and_notes(context: Context, at: datetime) -> Sequence[Result]:
        asked.setdefault(exact(context), []).append(at)
        return answers(context, at)

    generate(tmp_path, answers_and_notes, plan(checks=300))
    recording = recording_of(tmp_path, "synthetic", "demo")
    first: dict[str, int] = {}
    for recorded in recording.answers.values():
        for context, at_us in zip(recorded.contexts.tolist(), recorded.first_us.tolist(), strict=True):
            key = exact(recording.context(context))
            first[key] = min(first.get(key, at_us), at_us)
    assert all(moment_of(at_us) in asked[key] for key, at_us in first.items())
