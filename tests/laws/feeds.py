"""Hypothesis strategies: definitions that people write, definitions that nobody should, and subjects to ask for."""

from collections.abc import Mapping
from typing import Any

from hypothesis import strategies as st

from evaluator import REDACTED, Context

FLAG_KEYS = ("f0", "f1", "f2", "f3", "ghost")
COHORT_IDS = (1, 2, 3, 404)
PROPERTIES = ("plan", "country", "age", "distinct_id", "$feature_enrollment/f0")
GROUP_TYPES = {"0": "company", "1": "project"}
VALUES = ("pro", "free", "UK", "true", True, False, None, 5, 7.5, "1.2.3", "-7d", "2026-11-16", ["pro"], [], {"a": 1})
OPERATORS = (
    "exact",
    "is_not",
    "is_set",
    "is_not_set",
    "icontains",
    "gt",
    "lte",
    "semver_gte",
    "is_date_before",
    "regex",
)

json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**20), 10**20) | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
percentages = st.sampled_from([0, 1, 25, 50, 99.5, 100, 100, None])


def _property_filter() -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries(
        {
            "key": st.sampled_from(PROPERTIES),
            "type": st.sampled_from(["person", "person", "group"]),
            "operator": st.sampled_from(OPERATORS),
            "value": st.sampled_from(VALUES),
        },
        optional={"group_type_index": st.sampled_from([0, 1, 5, None]), "negation": st.booleans()},
    )


def _cohort_filter() -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries(
        {"key": st.just("id"), "type": st.just("cohort"), "value": st.sampled_from(COHORT_IDS)},
        optional={"operator": st.sampled_from(["in", "not_in", "exact"]), "negation": st.booleans()},
    )


def _flag_filter() -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries(
        {
            "key": st.sampled_from(FLAG_KEYS),
            "type": st.just("flag"),
            "operator": st.just("flag_evaluates_to"),
            "value": st.sampled_from([True, False, "a", "b", None]),
        }
    )


filters = st.one_of(_property_filter(), _property_filter(), _cohort_filter(), _flag_filter())

conditions = st.fixed_dictionaries(
    {"properties": st.lists(filters, max_size=3), "rollout_percentage": percentages},
    optional={
        "variant": st.sampled_from(["a", "b", "ghost"]),
        "aggregation_group_type_index": st.sampled_from([None, 0, 1, 5]),
    },
)

variants = st.sampled_from([(50, 50), (100, 0), (10, 20), (0, 0)]).map(
    lambda weights: {
        "variants": [{"key": key, "rollout_percentage": weight} for key, weight in zip("ab", weights, strict=True)]
    }
)


def flags(key: str) -> st.SearchStrategy[dict[str, Any]]:
    """A flag as people write it."""
    return st.fixed_dictionaries(
        {
            "key": st.just(key),
            "active": st.sampled_from([True, True, True, False]),
            "filters": st.fixed_dictionaries(
                {"groups": st.lists(conditions, max_size=3)},
                optional={
                    "multivariate": variants,
                    "payloads": st.just({"true": "1", "a": '"A"'}),
                    "holdout": st.just({"id": 1, "exclusion_percentage": 30}),
                    "feature_enrollment": st.booleans(),
                    "early_exit": st.booleans(),
                    "aggregation_group_type_index": st.sampled_from([None, None, 0, 5]),
                },
            ),
        },
        optional={
            "bucketing_identifier": st.sampled_from(["device_id", "distinct_id"]),
            "ensure_experience_continuity": st.booleans(),
        },
    )


def plain_flags(key: str) -> st.SearchStrategy[dict[str, Any]]:
    """A flag that asks for nothing but properties of the person."""
    asked = _property_filter().map(lambda entry: {**entry, "type": "person"})
    condition = st.fixed_dictionaries(
        {"properties": st.lists(asked, max_size=3), "rollout_percentage": percentages},
        optional={"variant": st.sampled_from(["a", "ghost"])},
    )
    inner = st.fixed_dictionaries(
        {"groups": st.lists(condition, max_size=3)}, optional={"multivariate": variants, "early_exit": st.booleans()}
    )
    return st.fixed_dictionaries({"key": st.just(key), "active": st.just(True), "filters": inner})


plain_feeds = st.tuples(*(plain_flags(f"p{number}") for number in range(5))).map(lambda flags: {"flags": list(flags)})

_leaves = _property_filter() | _cohort_filter()
trees = st.recursive(
    st.fixed_dictionaries({"type": st.sampled_from(["AND", "OR"]), "values": st.lists(_leaves, max_size=3)}),
    lambda inner: st.fixed_dictionaries(
        {"type": st.sampled_from(["AND", "OR", "property"]), "values": st.lists(inner | _leaves, max_size=2)}
    ),
    max_leaves=4,
)

feeds = st.fixed_dictionaries(
    {
        "flags": st.tuples(*(flags(key) for key in FLAG_KEYS[:4])).map(list),
        "cohorts": st.fixed_dictionaries(
            {"1": trees, "2": trees, "3": st.just({"is_static": True, "drysail": {"members": ["u1", "u2"]}})}
        ),
        "group_type_mapping": st.just(GROUP_TYPES),
    }
)


@st.composite
def damaged_feeds(draw: st.DrawFn) -> dict[str, Any]:
    """A feed in which some values, anywhere inside its parts, were replaced by arbitrary JSON."""
    feed = draw(feeds)
    for _ in range(draw(st.integers(1, 3))):
        part = draw(st.sampled_from(sorted(feed)))
        place = draw(st.sampled_from(_places(feed[part])))
        feed = {**feed, part: _with(feed[part], place, _damaged(draw, feed[part][place]))}
    return feed


def _damaged(draw: st.DrawFn, value: Any) -> Any:
    places = _places(value)
    if not places or draw(st.integers(0, 3)) == 0:
        return draw(json_values)
    place = draw(st.sampled_from(places))
    return _with(value, place, _damaged(draw, value[place]))


def _places(value: Any) -> list[Any]:
    return list(value) if isinstance(value, Mapping) else list(range(len(value))) if isinstance(value, list) else []


def _with(value: Any, place: Any, new: Any) -> Any:
    copy = dict(value) if isinstance(value, Mapping) else list(value)
    copy[place] = new
    return copy


property_maps = st.dictionaries(st.sampled_from(PROPERTIES), st.sampled_from(VALUES), max_size=4)

contexts = st.builds(
    Context,
    distinct_id=st.sampled_from(["", "u1", "u2", "u3", "ada", "bob", "x" * 300]),
    properties=property_maps,
    groups=st.dictionaries(st.sampled_from(["company", "project"]), st.sampled_from(["acme", "", 42, True, None])),
    group_properties=st.dictionaries(st.sampled_from(["company", "project"]), property_maps),
    device_id=st.sampled_from([None, "", "dev-1", "dev-2"]),
    hash_key_overrides=st.dictionaries(st.sampled_from(FLAG_KEYS), st.sampled_from(["anon-1", "anon-2"])),
)

odd_contexts = st.builds(
    Context,
    distinct_id=st.text(max_size=5),
    properties=st.dictionaries(st.sampled_from(PROPERTIES) | st.text(max_size=3), json_values, max_size=4),
    groups=st.dictionaries(st.sampled_from(["company", "project"]), json_values),
    group_properties=st.dictionaries(
        st.sampled_from(["company", "project"]), st.dictionaries(st.sampled_from(PROPERTIES), json_values, max_size=2)
    ),
    device_id=st.none() | st.text(max_size=3),
)


@st.composite
def redactions(draw: st.DrawFn) -> tuple[Context, Context]:
    """A context, and the same one with some of its values redacted. What was absent may seem redacted, too."""
    known = draw(contexts)
    hidden = draw(st.sets(st.sampled_from(PROPERTIES), min_size=1))
    hidden_groups = draw(st.sets(st.sampled_from(["company", "project"]), max_size=1))
    redacted = Context(
        distinct_id=known.distinct_id,
        properties={**known.properties, **dict.fromkeys(hidden, REDACTED)},
        groups={**known.groups, **dict.fromkeys(hidden_groups, REDACTED)},
        group_properties={
            name: {**known.group_properties.get(name, {}), **dict.fromkeys(hidden, REDACTED)}
            for name in ("company", "project")
        },
        device_id=known.device_id,
        hash_key_overrides=known.hash_key_overrides,
    )
    return known, redacted
