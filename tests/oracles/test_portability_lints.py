"""No false silence: wherever the SDK answers otherwise than the server, and a lint could have told, it does."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import chain
from random import Random

import pytest

from evaluator import Ruleset, evaluate
from evaluator.compiled import PropertyTest
from evaluator.portability import NODE_ONLY, Lint
from tests.oracles.blame import INSTEAD, Blame
from tests.oracles.cases import Batch, random_batches
from tests.oracles.comparison import agrees
from tests.oracles.filter_questions import sdk_answer
from tests.oracles.flag_differences import Project
from tests.oracles.posthog_sdk import PosthogSdk, sdk_clock
from tests.oracles.random_contexts import MOMENTS, random_context
from tests.oracles.random_definitions import Feed
from tests.oracles.random_values import Filter, random_property_filter

CASES = 24_000
FILTER_CASES = 16_000
RARE = {
    Lint.REQUEST_FILTER,  # only requests ask for a runtime or contexts
    Lint.LARGE_INTEGER,  # shows to subjects with exactly these digits
    Lint.REGEX_VALUE,  # shows to subjects who have the text of a list
}
"""Lints that hardly a random case calls for; vectors do."""


@dataclass
class Outcome:
    """``silent`` are (batch, flag, lint) whose lint was called for and missing; ``told`` counts the others."""

    silent: list[tuple[str, str, str]] = field(default_factory=list)
    told: Counter[Lint] = field(default_factory=Counter)


@pytest.fixture(scope="module")
def outcome() -> Outcome:
    outcome = Outcome()
    for batch in chain(random_batches(seed=11, cases=CASES), filter_batches(seed=12, cases=FILTER_CASES)):
        for key, wanted, told in called_for(batch):
            if told.isdisjoint({wanted} | INSTEAD.get(wanted, frozenset())):
                outcome.silent.append((batch.name, key, wanted))
            else:
                outcome.told[wanted] += 1
    return outcome


def filter_batches(seed: int, cases: int) -> Iterator[Batch]:
    """Flags of a single odd filter each, where nothing else gets in the way of a difference."""
    for number in range(cases // 160):
        random = Random(f"{seed}:{number}")
        flags = [flag_of(position, random_property_filter(random, oddness=0.5)) for position in range(16)]
        zone = random.choice(["UTC", "Asia/Kolkata"])
        feed = {"flags": flags, "cohorts": {}, "group_type_mapping": {}, "timezone": zone}
        subjects = [random_context(random, oddness=0.3) for _ in range(10)]
        yield Batch(f"filters {seed}:{number}", feed, random.choice(MOMENTS), subjects)


def flag_of(position: int, entry: Filter) -> Feed:
    condition = {"properties": [entry], "rollout_percentage": 100}
    return {"id": position, "key": f"flag-{position}", "active": True, "filters": {"groups": [condition]}}


def called_for(batch: Batch) -> Iterator[tuple[str, Lint, set[str]]]:
    """Every lint that a difference in the batch calls for, with all that the flag's lints say."""
    project = Project(batch.feed)
    lints = {key: told_about(project.ruleset, key) for key in project.ruleset.flags}
    with sdk_clock(batch.now):
        sdk = PosthogSdk(batch.feed)
        for context in batch.contexts:
            blame = Blame(project, context, batch.now)
            for key, flag in project.ruleset.flags.items():
                theirs = sdk.answer(key, context)
                ours = evaluate(project.ruleset, key, context, now=batch.now, facts=project.facts)
                in_feeds = flag.served and flag.definition.get("has_encrypted_payloads") is not True
                if not in_feeds or agrees(ours, theirs):
                    continue
                if ours.value is False and theirs.value is False:
                    yield key, Lint.FALSE_PAYLOAD, lints[key]
                    continue
                rows = blame.called_for(key, sdk_says_off=theirs.value is False, on=bool(ours.value))
                for wanted in rows:
                    yield key, wanted, lints[key]


def told_about(ruleset: Ruleset, key: str) -> set[str]:
    """The lints of a flag, its cohorts, and the flags that it depends on."""
    pending, seen = [key], set[str]()
    while pending:
        name = pending.pop()
        if name not in seen and name in ruleset.flags:
            seen.add(name)
            pending.extend(ruleset.flags[name].dependencies)
    return {warning.problem.code for name in seen for warning in ruleset.warnings_about(name)}


def test_no_difference_that_a_lint_could_tell_of_comes_as_a_surprise(outcome: Outcome) -> None:
    assert outcome.silent == []


def test_random_cases_call_for_nearly_every_lint(outcome: Outcome) -> None:
    assert {lint for lint in Lint if not outcome.told[lint]} <= {*NODE_ONLY, *RARE}


def test_lints_of_one_flag_are_those_that_the_whole_ruleset_tells_of_it() -> None:
    (batch,) = random_batches(seed=3, cases=80)
    ruleset = Project(batch.feed).ruleset
    everything = {warning for warning in ruleset.warnings if warning.level == "portability"}
    assert everything
    assert {warning for key in ruleset.flags for warning in ruleset.warnings_about(key)} <= everything
    own = {warning for warning in everything if warning.kind == "flag"}
    assert own == {w for key in ruleset.flags for w in ruleset.warnings_about(key) if w.kind == "flag"}


VERSIONS = [f"semver_{name}" for name in ("eq", "neq", "gt", "gte", "lt", "lte", "tilde", "caret")]
RELEASES = ["0.9.0", "1.2.2", "1.2.3", "1.2.4", "1.9.0", "2.0.0"]
SUFFIXED = ["1.2.3-alpha", "1.2.3-beta", "1.2.3-rc.1", "1.2.3+a", "1.2.3+b", "1.2.3+z"]


@pytest.mark.parametrize("operator", VERSIONS)
@pytest.mark.parametrize("wanted", ["1.2.3", "v1.2.3", "1.2.3-beta", " 1.2.3-beta+b ", "1.2.3+b", "1.2.3+b-x"])
def test_a_prerelease_is_told_of_only_where_the_filter_names_one_and_parts_server_and_sdk(
    operator: str, wanted: str
) -> None:
    entry = {"key": "app", "type": "person", "operator": operator, "value": wanted}
    rules = Project({"flags": [flag_of(0, entry)], "cohorts": {}, "group_type_mapping": {}}).ruleset
    (test,) = rules.flags["flag-0"].conditions[0].tests
    assert isinstance(test, PropertyTest)
    told = Lint.PRERELEASE in told_about(rules, "flag-0")
    parting = [
        held
        for held in RELEASES + SUFFIXED
        if test.predicate(held, MOMENTS[0]) is not sdk_answer((operator, wanted, held, 1))
    ]
    if told:
        assert parting
        assert wanted.strip("v") != "1.2.3"
    else:
        assert set(parting).isdisjoint(RELEASES)
