"""JSON values of any shape, and flags that are sometimes what they should be."""

from typing import Any

from hypothesis import strategies as st

keys = st.sampled_from(
    ["key", "type", "value", "operator", "properties", "rollout_percentage", "variant", "groups", "x"]
)
scalars = (
    st.none()
    | st.booleans()
    | st.integers(-3, 3)
    | st.sampled_from([2**70, 10**400])
    | st.sampled_from([0.0, -0.0, 1.0, 12.5, float("nan"), float("inf")])
    | st.sampled_from(["a", "b", "", "DE", "exact", "is_not", "cohort", "flag", "line\nbreak", "\ud800"])
)
values = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=3), max_leaves=8
)


def _object(**fields: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    """An object with some of the fields, each as it should be or, now and then, anything."""
    return st.fixed_dictionaries({}, optional={name: field | values for name, field in fields.items()})


percentages = st.sampled_from([0, 10, 10.0, 50, 100, None])
filters = _object(
    key=st.sampled_from(["plan", "country", "age"]),
    type=st.sampled_from(["person", "cohort", "flag", "group"]),
    operator=st.sampled_from(["exact", "is_not", "gt", "in"]),
    value=st.sampled_from(["pro", 5, "5"]) | st.lists(st.sampled_from(["DE", "FR", "IT"]), max_size=3),
)
conditions = _object(properties=st.lists(filters, max_size=3), rollout_percentage=percentages, variant=st.just("a"))
variants = st.fixed_dictionaries(
    {"key": st.sampled_from(["a", "b", "c"])}, optional={"rollout_percentage": percentages}
)
rules = _object(
    groups=st.lists(conditions, max_size=4),
    multivariate=_object(variants=st.lists(variants, max_size=3)),
    payloads=st.dictionaries(st.sampled_from(["true", "a"]), st.sampled_from(["1", "2"])),
    holdout=_object(id=st.integers(1, 2), exclusion_percentage=percentages),
    early_exit=st.booleans(),
    feature_enrollment=st.booleans(),
    aggregation_group_type_index=st.sampled_from([None, 0, 1]),
)
flags = _object(
    key=st.just("f"),
    active=st.booleans(),
    filters=rules,
    drysail=_object(
        condition_ids=st.lists(st.sampled_from(["c1", "c2", "c3", "c4"]), max_size=4),
        next_condition=st.integers(1, 5),
        owner=st.sampled_from(["ann", "bob"]),
    ),
    bucketing_identifier=st.sampled_from(["distinct_id", "device_id"]),
    ensure_experience_continuity=st.booleans(),
)
