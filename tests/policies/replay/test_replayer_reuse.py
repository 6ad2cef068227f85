"""A replayer asks, hashes and decides nothing twice."""

from dataclasses import replace
from datetime import UTC, datetime
from hashlib import sha1
from typing import Any

import numpy as np
import pytest

from evaluator import Context, Ruleset
from evaluator.compiled import Predicate
from evaluator.hashing import hash60, rollout_hash
from policies.replay import hashes, tables
from policies.replay.hashes import hash60_each
from policies.replay.recording import NOT_RECORDED
from policies.replay.replayer import Replayer, replay
from tests.policies.replay.flags import condition, flag, has, rules, variants
from tests.policies.replay.recordings import recording_of

NOW = datetime(2026, 6, 15, tzinfo=UTC)
PEOPLE = [Context(f"user-{n}", {"plan": "pro" if n % 2 else "free", "city": n % 10}) for n in range(100)]


def test_a_predicate_is_asked_once_per_distinct_value_however_many_replays() -> None:
    before, after = (rules(flag("f", condition(has("plan", "pro"), rollout=share))) for share in (10, 20))
    asked = [_spied(ruleset) for ruleset in (before, after)]
    replayer = Replayer(recording_of(PEOPLE), before, now=NOW)
    for _ in range(3):
        replayer.replay(after, edited=["f"])
    assert sorted(asked[0] + asked[1]) == ["free", "pro"]


def test_of_a_large_dictionary_only_values_that_can_matter_are_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tables, "SMALL", 10)
    ruleset = rules(flag("f", condition(has("distinct_id", "user-1", "starts_with"), has("city", [3, 4]))))
    asked = _spied(ruleset)
    replay(ruleset, ruleset, recording_of(PEOPLE), now=NOW, edited=["f"])
    assert sorted(asked) == sorted(f"user-{n}" for n in range(100) if n % 10 in (3, 4))


def test_a_filter_is_asked_again_where_the_project_reads_it_differently() -> None:
    flags = flag("f", condition(has("plan", False)))
    before, after = rules(flags, property_matching_version=1), rules(flags, property_matching_version=2)
    impact = replay(before, after, recording_of(PEOPLE), now=NOW, edited=["f"]).flags[0]
    assert (impact.on_before, impact.on_after) == (100, 0)


def test_a_subject_is_hashed_once_per_flag_and_kind(hashed: list[str]) -> None:
    weights = variants(control=50, fast=50)
    before, after = (rules(flag("f", condition(rollout=share), multivariate=weights)) for share in (40, 60))
    replayer = Replayer(recording_of([*PEOPLE, *PEOPLE]), before, now=NOW)
    replayer.replay(after, edited=["f"])
    replayer.replay(before, edited=["f"])
    assert len(hashed) == len(set(hashed))
    assert sum(not text.endswith("variant") for text in hashed) == 100


def test_only_subjects_who_pass_the_filters_are_hashed(hashed: list[str]) -> None:
    before, after = (rules(flag("f", condition(has("city", [3]), rollout=share))) for share in (40, 60))
    replay(before, after, recording_of(PEOPLE), now=NOW, edited=["f"])
    assert sorted(hashed) == sorted(f"f.user-{n}" for n in range(100) if n % 10 == 3)


def test_recorded_hashes_are_used_instead_of_computing_them(hashed: list[str]) -> None:
    places = [rollout_hash("f", person.distinct_id) for person in PEOPLE]
    places[:10] = [int(NOT_RECORDED)] * 10
    recorded = replace(recording_of(PEOPLE), buckets={("f", "rollout"): np.array(places, dtype=np.uint64)})
    before, after = (rules(flag("f", condition(rollout=share))) for share in (40, 60))
    impact = replay(before, after, recorded, now=NOW, edited=["f"])
    assert sorted(hashed) == sorted(f"f.{person.distinct_id}" for person in PEOPLE[:10])
    assert impact == replay(before, after, recording_of(PEOPLE), now=NOW, edited=["f"])


def test_edit_counters_and_descriptions_do_not_make_a_flag_another_one() -> None:
    old = rules(flag("f", condition(has("plan", "pro")), own={"version": 3}))
    new = rules(flag("f", condition(has("plan", "pro"), description="new words"), own={"version": 4, "name": "F"}))
    asked = [_spied(ruleset) for ruleset in (old, new)]
    Replayer(recording_of(PEOPLE), old, now=NOW).replay(new, edited=["f"])
    assert len(asked[0]) == 2
    assert asked[1] == []


@pytest.mark.parametrize("text", ["user-17", "", "ünïcødé-😀", "\ud800", "x" * 300])
def test_hashes_in_bulk_are_the_evaluators(text: str) -> None:
    assert hash60_each("flag.", [text, "other"], "variant").tolist() == [
        hash60(f"flag.{text}variant"),
        hash60("flag.othervariant"),
    ]


def _spied(ruleset: Ruleset) -> list[Any]:
    """The values that the first filter's predicate of flag f is asked about from now on."""
    asked: list[Any] = []
    flags: Any = ruleset.flags
    (first,) = flags["f"].conditions
    test, *others = first.tests

    def spy(value: Any, now: datetime, predicate: Predicate = test.predicate) -> bool:
        asked.append(value)
        return predicate(value, now)

    flags["f"] = replace(
        flags["f"], conditions=(replace(first, tests=(replace(test, predicate=spy, text=None), *others)),)
    )
    return asked


@pytest.fixture
def hashed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The texts that are hashed in the test, in full."""
    texts: list[str] = []

    class Spy:
        def __init__(self, start: bytes) -> None:
            self._text = start

        def copy(self) -> "Spy":
            return Spy(self._text)

        def update(self, more: bytes) -> None:
            self._text += more

        def digest(self) -> bytes:
            texts.append(self._text.decode())
            return sha1(self._text).digest()

    monkeypatch.setattr(hashes, "sha1", Spy)
    return texts
