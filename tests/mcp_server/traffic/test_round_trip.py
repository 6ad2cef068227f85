"""What is recorded is what a replay gets."""

import string
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest
from hypothesis import given as forall
from hypothesis import settings
from hypothesis import strategies as st

from evaluator.context import MISSING, REDACTED, Context
from mcp_server.services.ports import AnsweredCheck
from mcp_server.traffic.draft import Draft, Origin
from mcp_server.traffic.interning import Unrecordable
from policies.replay.recording import NOT_RECORDED
from tests.mcp_server.traffic.given import (
    START,
    answered,
    check,
    exact,
    expected,
    recording_of,
    result,
    same,
    segment,
)

texts = st.text(st.characters(codec=None), max_size=8)  # lone surrogates and all
names = st.text(st.characters(codec="utf-8"), min_size=1, max_size=6) | st.sampled_from(["plan", "Plan", "c0", "$os"])
numbers = (
    st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.sampled_from([0, 0.0, -0.0, 1, 1.0, True, False, 10**40])
)
values = st.recursive(
    st.none() | st.booleans() | numbers | texts | st.just("1") | st.just("null"),
    lambda children: st.lists(children, max_size=3) | st.dictionaries(texts, children, max_size=3),
    max_leaves=6,
)
properties = st.dictionaries(names, values | st.just(REDACTED), max_size=4)
contexts = st.builds(
    Context,
    distinct_id=texts,
    properties=properties,
    groups=st.dictionaries(names, values, max_size=2),
    group_properties=st.dictionaries(names, properties, max_size=2),
    device_id=st.none() | texts,
)
checks = st.builds(
    lambda context, answers, after, revision, sdk: AnsweredCheck(
        environment="production",
        revision=revision,
        at=START + timedelta(microseconds=after),
        context=context,
        results=[result(flag, value) for flag, value in answers.items()],
        sdk=sdk,
    ),
    contexts,
    st.dictionaries(names, st.booleans() | st.none() | names, min_size=1, max_size=3),
    st.integers(0, 10**13),
    st.integers(0, 2**61),
    texts,
)


@settings(max_examples=40, deadline=None)
@forall(st.lists(checks, min_size=1, max_size=12))
def test_every_json_value_of_every_context_comes_back_as_it_was(offered: list[AnsweredCheck]) -> None:
    with TemporaryDirectory() as home:
        segment(Path(home), offered)
        recording = recording_of(Path(home))
    assert answered(recording) == expected(offered)
    assert recording.size == recording.facts.contexts == len({exact(one.context) for one in offered})
    assert recording.facts.subjects == len({one.context.distinct_id for one in offered})
    assert recording.facts.checks == sum(len(one.results) for one in offered)


@settings(max_examples=15, deadline=None)
@forall(st.lists(st.tuples(checks, st.integers(0, 3)), min_size=1, max_size=12))
def test_checks_spread_over_segments_give_the_same_recording(offered: list[tuple[AnsweredCheck, int]]) -> None:
    with TemporaryDirectory() as whole, TemporaryDirectory() as split:
        segment(Path(whole), [one for one, _ in offered])
        for number in {number for _, number in offered}:
            segment(Path(split), [one for one, part in reversed(offered) if part == number], source=str(number))
        assert same(recording_of(Path(whole)), recording_of(Path(split)))


def test_equal_numbers_of_different_types_are_different_contexts(tmp_path: Path) -> None:
    alike = [1, 1.0, True, "1", 0, 0.0, -0.0, False, "", None, "null", [], {}]
    segment(tmp_path, [check(Context("ada", {"n": value})) for value in alike] + [check(Context("ada"))])
    recording = recording_of(tmp_path)
    assert recording.size == len(alike) + 1
    assert sorted(map(repr, recording.properties["n"].values)) == sorted(map(repr, [*alike, MISSING]))


def test_the_order_of_properties_does_not_make_another_context(tmp_path: Path) -> None:
    segment(
        tmp_path, [check(Context("ada", {"plan": "pro", "age": 3})), check(Context("ada", {"age": 3, "plan": "pro"}))]
    )
    assert recording_of(tmp_path).size == 1


def test_contexts_are_sorted_by_subject(tmp_path: Path) -> None:
    segment(tmp_path, [check(name) for name in ("mia", "ada", "zoe", "bob")])
    recording = recording_of(tmp_path)
    assert [recording.context(index).distinct_id for index in range(4)] == ["ada", "bob", "mia", "zoe"]


def test_what_is_no_hash_is_not_recorded_as_one(tmp_path: Path) -> None:
    segment(tmp_path, [check("ada", hashes={"checkout": (2**60, None)})])
    assert not recording_of(tmp_path).buckets


def test_hashes_come_back_where_they_were_recorded(tmp_path: Path) -> None:
    segment(
        tmp_path,
        [
            check("ada", hashes={"checkout": (2**60 - 1, 0)}),
            check("bob", hashes={"checkout": (7, None)}),
            check("mia"),
        ],
    )
    buckets = recording_of(tmp_path).buckets
    assert buckets["checkout", "rollout"].tolist() == [2**60 - 1, 7, int(NOT_RECORDED)]
    assert buckets["checkout", "variant"].tolist() == [0, int(NOT_RECORDED), int(NOT_RECORDED)]
    assert buckets["checkout", "rollout"].dtype == np.uint64


def test_a_check_without_answers_leaves_nothing(tmp_path: Path) -> None:
    segment(tmp_path, [check("ada"), check("bob", {})])
    assert recording_of(tmp_path).size == 1


def nested(levels: int) -> list[object]:
    value: list[object] = []
    for _ in range(levels):
        value = [value]
    return value


@pytest.mark.parametrize(
    "context",
    [
        Context("ada", {"when": START}),
        Context("ada", {"deep": nested(100)}),
        Context("ada", {"bottomless": nested(100_000)}),
        Context("ada", {"half \ud800": 1}),
        Context("ada", {1: "a name that is no text"}),  # type: ignore[dict-item]
        Context("ada", {"number": 10**5000}),
        Context("ada", {"infinity": float("inf")}),
        Context("ada", {"inside": [{"nan": float("nan")}]}),
        Context("ada", groups={"half \ud800": "acme"}),
        Context(None),  # type: ignore[arg-type]
    ],
    ids=lambda context: str(list(context.properties) or context.distinct_id),
)
def test_what_no_file_can_hold_is_refused_and_leaves_no_trace(tmp_path: Path, context: Context) -> None:
    draft = Draft(Origin("production", "recorded", "test"))
    with pytest.raises(Unrecordable):
        draft.add(check(context))
    assert draft.checks == 0
    assert len(draft.contexts) == 0


@pytest.mark.parametrize(
    "bad",
    [
        {"revision": -1},
        {"revision": 2**63},
        {"answers": {"half \ud800": True}},
        {"answers": {"checkout": "half \ud800"}},
    ],
    ids=str,
)
def test_a_check_out_of_range_is_refused_and_leaves_no_trace(bad: dict[str, object]) -> None:
    draft = Draft(Origin("production", "recorded", "test"))
    with pytest.raises(Unrecordable):
        draft.add(check(**bad))  # type: ignore[arg-type]
    assert draft.checks == 0
    assert len(draft.contexts) == 0


def test_a_segment_takes_a_bounded_number_of_property_names() -> None:
    draft = Draft(Origin("production", "recorded", "test"))
    draft.add(check(Context("ada", {f"p{number}": 1 for number in range(900)})))
    with pytest.raises(Unrecordable, match="columns"):
        draft.add(check(Context("bob", {f"q{number}": 1 for number in range(900)})))
    draft.add(check(Context("mia", {"p1": 2})))
    assert draft.checks == 2


def test_clients_that_name_themselves_at_random_are_bounded(tmp_path: Path) -> None:
    manifest = segment(tmp_path, [check(sdk=f"bot/{number}" + "x" * 200) for number in range(700)])
    assert len(manifest.sdks) == 501
    assert manifest.sdks["(other)"] == 200
    assert max(map(len, manifest.sdks)) == 100


def test_column_names_that_differ_in_case_only_are_different_properties(tmp_path: Path) -> None:
    names = {letter: letter for letter in string.ascii_letters}
    segment(tmp_path, [check(Context("ada", names))])
    assert recording_of(tmp_path).context(0).properties == names
