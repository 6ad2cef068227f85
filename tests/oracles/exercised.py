"""What a case exercises, in words, so that a run can prove that it left nothing out."""

from collections.abc import Iterator
from typing import Any, Final

from evaluator.context import Context
from tests.oracles.random_definitions import GROUP_TYPES, Feed
from tests.oracles.random_values import OPERATORS

_FEATURES: Final = """
cohort in | cohort not_in | cohort exact | cohort with another operator | cohort not in the feed | cohort AND |
cohort OR | cohort in a cohort | group in a cohort | empty cohort | malformed cohort | negated leaf |
depends on true | depends on false | depends on a variant | malformed dependency | dependency without chain |
dependency without definition | depends on an inactive flag | depends on a continuity flag |
depends on a device flag | depends on a group flag | dependency of a group flag | flag on a group |
condition on another group | condition null in a group flag | group type unmapped | group not passed |
group key is no text | no group properties | $group_key passed | variants | incomplete variants | pinned variant |
pinned unknown variant | fractional rollout | no rollout | holdout | holdout beyond 0 to 100 | enrollment |
enrollment unanswered | early exit | several conditions | no condition | device bucketing |
device bucketing in filters | no device id | payloads | continuity | inactive | explicit equality |
legacy equality | empty distinct id | long distinct id | malformed flag | distinct_id passed
"""
EXPECTED: Final = frozenset(
    {f"operator {name}" for names in OPERATORS.values() for name in names}
    | {name.strip() for name in _FEATURES.split("|")}
)


def features(feed: Feed, flag: Feed, context: Context) -> Iterator[str]:
    """Everything that this flag and this subject bring together."""
    yield "explicit equality" if feed.get("property_matching_version") == 2 else "legacy equality"
    if flag.get("ensure_experience_continuity"):
        yield "continuity"
    if not flag["active"]:
        yield "inactive"
    filters = flag["filters"]
    if not isinstance(filters, dict) or not isinstance(filters.get("groups"), list) or None in filters["groups"]:
        yield "malformed flag"
        return
    yield from _flag_features(flag, filters, context)
    yield from _subject_features(flag, filters, context)
    for condition in filters["groups"]:
        yield from _condition_features(condition, filters, context)
        for entry in condition.get("properties") or ():
            yield from _filter_features(feed, filters, entry)


def _flag_features(flag: Feed, filters: Feed, context: Context) -> Iterator[str]:
    groups = filters["groups"]
    if len(groups) != 1:
        yield "several conditions" if groups else "no condition"
    variants = (filters.get("multivariate") or {}).get("variants")
    if isinstance(variants, list) and variants:
        yield "variants"
        if sum(variant.get("rollout_percentage", 0) for variant in variants) < 99:
            yield "incomplete variants"
    if isinstance(filters.get("holdout"), dict):
        yield "holdout" if 0 <= filters["holdout"]["exclusion_percentage"] <= 100 else "holdout beyond 0 to 100"
    if filters.get("feature_enrollment") is True:
        answered = f"$feature_enrollment/{flag['key']}" in context.properties
        yield "enrollment" if answered else "enrollment unanswered"
    if filters.get("early_exit"):
        yield "early exit"
    if filters.get("payloads"):
        yield "payloads"
    if "device_id" in (flag.get("bucketing_identifier"), filters.get("bucketing_identifier")):
        yield "device bucketing" if "bucketing_identifier" in flag else "device bucketing in filters"


def _subject_features(flag: Feed, filters: Feed, context: Context) -> Iterator[str]:
    if not context.distinct_id:
        yield "empty distinct id"
    if len(context.distinct_id) > 200:
        yield "long distinct id"
    if "distinct_id" in context.properties:
        yield "distinct_id passed"
    if "device_id" in (flag.get("bucketing_identifier"), filters.get("bucketing_identifier")) and not context.device_id:
        yield "no device id"
    if filters.get("aggregation_group_type_index") is not None:
        yield "flag on a group"
        yield from _group_features(filters["aggregation_group_type_index"], context)


def _group_features(index: int, context: Context) -> Iterator[str]:
    name = GROUP_TYPES.get(str(index))
    if name is None:
        yield "group type unmapped"
    elif name not in context.groups:
        yield "group not passed"
    else:
        if not isinstance(context.groups[name], str):
            yield "group key is no text"
        if name not in context.group_properties:
            yield "no group properties"
        elif "$group_key" in context.group_properties[name]:
            yield "$group_key passed"


def _condition_features(condition: Feed, filters: Feed, context: Context) -> Iterator[str]:
    rollout = condition.get("rollout_percentage")
    yield "no rollout" if rollout is None else "fractional rollout" if rollout not in (0, 100) else "whole rollout"
    if condition.get("variant"):
        variants = (filters.get("multivariate") or {}).get("variants")
        known = [variant.get("key") for variant in variants] if isinstance(variants, list) else []
        yield "pinned variant" if condition["variant"] in known else "pinned unknown variant"
    flag_level = filters.get("aggregation_group_type_index")
    own = condition.get("aggregation_group_type_index", flag_level)
    if own is None and flag_level is not None:
        yield "condition null in a group flag"
    elif own != flag_level:
        yield "condition on another group"
        yield from _group_features(own, context)


def _filter_features(feed: Feed, filters: Feed, entry: Any) -> Iterator[str]:
    if not isinstance(entry, dict):
        yield "malformed flag"
    elif entry.get("type") == "cohort":
        yield from _cohort_features(feed["cohorts"], entry)
    elif entry.get("type") == "flag":
        yield from _dependency_features(feed, filters, entry)
    else:
        yield f"operator {entry.get('operator', 'exact')}"


def _cohort_features(cohorts: Feed, entry: Feed) -> Iterator[str]:
    operator = entry["operator"] or "in"
    yield f"cohort {operator}" if operator in ("in", "not_in", "exact") else "cohort with another operator"
    if str(entry["value"]) not in cohorts:
        yield "cohort not in the feed"
    else:
        yield from _tree_features(cohorts[str(entry["value"])])


def _tree_features(tree: Any) -> Iterator[str]:
    if tree == {} or (isinstance(tree, dict) and tree.get("values") == []):
        yield "empty cohort"
    elif not isinstance(tree, dict) or "values" not in tree:
        yield "malformed cohort"
    else:
        yield f"cohort {tree['type']}"
        for entry in tree["values"]:
            if not isinstance(entry, dict):
                yield "malformed cohort"
            elif "values" in entry:
                yield "group in a cohort"
                yield from _tree_features(entry)
            elif entry.get("type") == "cohort":
                yield "cohort in a cohort"
            if isinstance(entry, dict) and entry.get("negation"):
                yield "negated leaf"


def _dependency_features(feed: Feed, filters: Feed, entry: Feed) -> Iterator[str]:
    chain, expected = entry.get("dependency_chain"), entry["value"]
    targets = {flag["key"]: flag for flag in feed["flags"]}
    if entry["operator"] != "flag_evaluates_to" or not entry["key"] or not isinstance(expected, bool | str):
        yield "malformed dependency"
    elif not chain:
        yield "dependency without chain"
    elif any(key not in targets for key in chain):
        yield "dependency without definition"
    else:
        yield f"depends on {str(expected).lower() if isinstance(expected, bool) else 'a variant'}"
        yield from _target_features(targets[entry["key"]])
        if filters.get("aggregation_group_type_index") is not None:
            yield "dependency of a group flag"


def _target_features(target: Feed) -> Iterator[str]:
    filters = target["filters"] if isinstance(target["filters"], dict) else {}
    if not target["active"]:
        yield "depends on an inactive flag"
    if target.get("ensure_experience_continuity"):
        yield "depends on a continuity flag"
    if "device_id" in (target.get("bucketing_identifier"), filters.get("bucketing_identifier")):
        yield "depends on a device flag"
    if filters.get("aggregation_group_type_index") is not None:
        yield "depends on a group flag"
