"""Both profiles against PostHog's SDK for Node: equal, or different for a documented reason."""

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import pytest

from evaluator import Context
from evaluator.local import compile_local, evaluate_local
from tests.oracles.cases import Batch, random_batches
from tests.oracles.node_comparison import NodeComparison, as_json, compare_node
from tests.oracles.posthog_node import PosthogNode, installed_version, why_not_installed
from tests.oracles.posthog_sdk import PosthogSdk, sdk_clock

CASES: Final = 50_000
NOW: Final = datetime(2026, 11, 22, 12, tzinfo=UTC)
HERE: Final = Path(__file__)
EXAMPLES: Final = json.loads(HERE.with_name("node_differences.json").read_text(encoding="utf-8"))
PAGE: Final = (HERE.parents[2] / "docs" / "semantics.md").read_text(encoding="utf-8")
UNSEEN: Final = {"N10", "N12"}
"""What random cases do not bring: another time zone of the machine, relative dates of thousands of years."""
NUMBERED: Final = set(re.findall(r"^\| (N\d+) \|", PAGE, re.MULTILINE))

needs_node = pytest.mark.skipif(why_not_installed() is not None, reason=str(why_not_installed()))
each_example = pytest.mark.parametrize(
    "example", [pytest.param(one, id=f"{one['row']} {one['says']}") for one in EXAMPLES]
)


@pytest.fixture(scope="module")
def comparison() -> NodeComparison:
    with PosthogNode() as node:
        return compare_node(random_batches(seed=3, cases=CASES), node)


@pytest.fixture(scope="module")
def nodes() -> Iterator[dict[str, PosthogNode]]:
    with PosthogNode("UTC") as here, PosthogNode("America/New_York") as there:
        yield {"UTC": here, "America/New_York": there}


def feed_of(example: dict[str, Any]) -> dict[str, Any]:
    return {"flags": example["flags"], "cohorts": {}, "group_type_mapping": {}, **example.get("feed", {})}


def observed(answer: Any, expected: dict[str, Any]) -> dict[str, Any]:
    return {name: getattr(answer, name) for name in expected}


@each_example
def test_the_python_sdk_and_the_local_profile_answer_the_example_as_documented(example: dict[str, Any]) -> None:
    feed, context = feed_of(example), Context(**example["context"])
    with sdk_clock(NOW):
        answer = PosthogSdk(feed).answer("flag", context)
    local = evaluate_local(compile_local(feed), "flag", context, now=NOW)
    assert observed(answer, example["python"]) == example["python"]
    assert (local.value, local.payload) == (answer.value, answer.payload)
    assert local.error == answer.error or answer.stumbled


@needs_node
@each_example
def test_posthog_node_answers_the_example_as_documented(example: dict[str, Any], nodes: dict[str, PosthogNode]) -> None:
    context = Context(**example["context"])
    (answer,) = nodes[example.get("zone", "UTC")].answers(feed_of(example), [("flag", 0)], [context], NOW)
    assert observed(answer, example["node"]) == example["node"] != example["python"]


@needs_node
@pytest.mark.parametrize("example", [one for one in EXAMPLES if one["row"] != "N10"])
def test_the_example_is_explained_by_its_row(example: dict[str, Any], nodes: dict[str, PosthogNode]) -> None:
    batch = Batch(example["says"], feed_of(example), NOW, [Context(**example["context"])])
    found = compare_node([batch], nodes["UTC"])
    assert found.differences == []
    assert example["row"] in frozenset().union(*found.local)


def test_every_documented_difference_has_an_example_and_every_example_is_documented() -> None:
    assert {example["row"] for example in EXAMPLES} == NUMBERED


@needs_node
def test_the_pinned_version_is_the_one_that_answers_and_that_is_documented() -> None:
    pinned = json.loads((HERE.parent / "node" / "package.json").read_text(encoding="utf-8"))["dependencies"]
    assert pinned == {"posthog-node": installed_version()}
    assert f"`posthog-node` {installed_version()}" in PAGE


@needs_node
def test_every_random_case_on_which_posthog_node_differs_has_a_numbered_row(comparison: NodeComparison) -> None:
    assert comparison.cases + comparison.circles >= CASES
    assert comparison.circles < CASES / 500
    assert comparison.differences == []


@needs_node
def test_random_cases_meet_nearly_all_rows_and_only_documented_ones(comparison: NodeComparison) -> None:
    met = frozenset().union(*comparison.local)
    assert met <= NUMBERED
    assert len(met) >= len(NUMBERED) - len(UNSEEN) - 4


@needs_node
def test_posthog_node_decides_most_random_cases_and_mostly_like_the_local_profile(comparison: NodeComparison) -> None:
    payloads = frozenset({"N31"}), frozenset({"N32"})
    differing = comparison.local.total() - sum(comparison.local[rows] for rows in payloads)
    assert comparison.decided >= CASES * 0.6
    assert differing <= CASES * 0.25


def test_numbers_that_json_cannot_hold_become_null_in_a_feed() -> None:
    assert as_json({"a": [float("nan"), 1.5, {"b": float("inf")}]}) == {"a": [None, 1.5, {"b": None}]}
