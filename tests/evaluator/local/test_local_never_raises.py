"""Whatever stands in the feed and whoever asks: an answer, never an exception."""

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from evaluator import Context
from evaluator.answers import UNDETERMINED_CODE
from evaluator.local import compile_local, evaluate_local
from evaluator.local.operators import OPERATORS
from evaluator.local.unknown import Cause
from evaluator.result import Reason
from tests.evaluator.local.feeds import NOW, ask, condition, flag, person

anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(), max_size=6),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=6,
)
KNOWN = [
    "key",
    "type",
    "operator",
    "value",
    "groups",
    "properties",
    "rollout_percentage",
    "variant",
    "variants",
    "id",
    "multivariate",
    "holdout",
    "exclusion_percentage",
    "payloads",
    "aggregation_group_type_index",
    "filters",
    "values",
    "dependency_chain",
    "bucketing_identifier",
    "early_exit",
    "negation",
    "feature_enrollment",
]
TELLING = ["AND", "OR", "cohort", "flag", "person", "f", "1", "flag_evaluates_to", "device_id", *sorted(OPERATORS)]
document = st.recursive(
    anything | st.sampled_from(TELLING),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KNOWN), inner, max_size=6),
    max_leaves=20,
)
flags = st.lists(
    st.fixed_dictionaries(
        {"key": st.sampled_from(["f", "g"]), "active": st.just(True), "filters": document},
        optional={"bucketing_identifier": st.sampled_from(["device_id", 5])},
    )
    | document,
    max_size=3,
)
feeds = st.fixed_dictionaries(
    {"flags": flags},
    optional={
        "cohorts": st.dictionaries(st.sampled_from(["1", "2", "True"]), document, max_size=3) | anything,
        "group_type_mapping": st.just({"0": "company"}) | anything,
        "property_matching_version": anything,
    },
)


@settings(max_examples=400, deadline=None)
@given(feed=feeds, properties=st.dictionaries(st.sampled_from(["1", "f", "value"]), anything), group=anything)
def test_a_feed_of_any_shape_gets_an_answer(feed: dict[str, Any], properties: dict[str, Any], group: Any) -> None:
    context = Context("ada", properties, {"company": group}, {"company": properties})
    result = evaluate_local(compile_local(feed), "f", context, now=NOW)
    assert result.key == "f"
    assert (result.value is None) == (result.reason is Reason.UNDETERMINED) == (result.error is not None)
    assert result.enabled == (result.value not in (None, False))
    assert result.error is None or result.error in set(Cause)


@settings(max_examples=400, deadline=None)
@given(operator=st.sampled_from(sorted(OPERATORS)), wanted=anything, found=anything)
def test_a_filter_of_any_kind_gets_an_answer(operator: str, wanted: Any, found: Any) -> None:
    result = ask([flag(condition(person("p", operator, wanted)))], properties={"p": found})
    assert result.value in (True, False, None)


def test_values_and_trees_of_any_depth_get_an_answer() -> None:
    value: Any = "x"
    tree: Any = {"type": "AND", "values": [person("p", "exact", "x")]}
    for _ in range(5_000):
        value, tree = [value], {"type": "AND", "values": [tree]}
    deep = condition(person("p", "exact", value), {"type": "cohort", "value": 1, "operator": "in"})
    result = ask([flag(deep)], feed={"cohorts": {"1": tree}}, properties={"p": value})
    assert result.value is None


def test_a_redacted_value_has_one_code_in_both_profiles() -> None:
    assert Cause.REDACTED == UNDETERMINED_CODE
