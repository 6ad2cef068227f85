"""Compiles one flag of the feed. What is malformed stays in its place as ``Unknown``: it matters if it is asked."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from evaluator.hashing import SCALE, holdout_bound, rollout_bound, variant_bounds
from evaluator.local.compiled import LocalCondition, LocalFlag, LocalHoldout
from evaluator.local.filters import compile_filter
from evaluator.local.text import text_of
from evaluator.local.unknown import BEYOND_PYTHON, MALFORMED, Unknown


def compile_flag(key: str, flag: Mapping[str, Any], *, explicit_equality: bool) -> LocalFlag:
    """The flag, whatever its shape. One that Python cannot follow or write is beyond SDKs as well."""
    try:
        return _compile_flag(key, flag, explicit_equality=explicit_equality)
    except BEYOND_PYTHON:
        return LocalFlag(key, bool(flag.get("active")), malformed=True)


def _compile_flag(key: str, flag: Mapping[str, Any], *, explicit_equality: bool) -> LocalFlag:
    active, continuity = bool(flag.get("active")), bool(flag.get("ensure_experience_continuity"))
    filters = flag.get("filters") or {}
    if not isinstance(filters, Mapping):
        return LocalFlag(key, active, continuity=continuity, malformed=True)
    variants = _variants(filters)
    variant_keys = variants if isinstance(variants, Unknown) else [variant["key"] for variant in variants]
    aggregation = filters.get("aggregation_group_type_index")
    bucketing = flag.get("bucketing_identifier") or filters.get("bucketing_identifier")
    return LocalFlag(
        key=key,
        active=active,
        continuity=continuity,
        group_index=None if aggregation is None else str(aggregation),
        device_bucketing=bucketing == "device_id",
        enrollment=filters.get("feature_enrollment") is True,
        early_exit=bool(filters.get("early_exit")),
        holdout=_holdout(filters.get("holdout")),
        variant_keys=variant_keys,
        variants=variants if isinstance(variants, Unknown) else _bounds(variants),
        conditions=_conditions(filters, () if isinstance(variant_keys, Unknown) else variant_keys, explicit_equality),
        payloads=_payloads(filters.get("payloads")),
    )


def _variants(filters: Mapping[str, Any]) -> Sequence[Mapping[str, Any]] | Unknown:
    multivariate = filters.get("multivariate") or {}
    variants = multivariate.get("variants") or [] if isinstance(multivariate, Mapping) else MALFORMED
    if not isinstance(variants, list):
        return MALFORMED
    named = all(isinstance(variant, Mapping) and isinstance(variant.get("key"), str) for variant in variants)
    return variants if named else MALFORMED


def _bounds(variants: Sequence[Mapping[str, Any]]) -> Sequence[tuple[int, str]] | Unknown:
    percentages = [variant.get("rollout_percentage") for variant in variants]
    numbers = [percentage for percentage in percentages if isinstance(percentage, int | float)]
    if len(numbers) < len(percentages):
        return MALFORMED
    return tuple(zip(variant_bounds(numbers), (variant["key"] for variant in variants), strict=True))


def _holdout(holdout: Any) -> LocalHoldout | Unknown | None:
    if not holdout:
        return None
    if not isinstance(holdout, Mapping):
        return MALFORMED
    identity, percentage = holdout.get("id"), holdout.get("exclusion_percentage")
    if identity is None or percentage is None:
        return None
    try:
        return LocalHoldout(f"holdout-{identity}", holdout_bound(float(percentage)))
    except (TypeError, ValueError, OverflowError):
        return MALFORMED


def _conditions(
    filters: Mapping[str, Any], variant_keys: Collection[str], explicit_equality: bool
) -> Sequence[LocalCondition | Unknown]:
    groups = filters.get("groups") or []
    if not isinstance(groups, list):
        return (MALFORMED,)
    flag_aggregation = filters.get("aggregation_group_type_index")
    return tuple(
        _condition(group, flag_aggregation, variant_keys, explicit_equality)
        if isinstance(group, Mapping)
        else MALFORMED
        for group in groups
    )


def _condition(
    condition: Mapping[str, Any], flag_aggregation: Any, variant_keys: Collection[str], explicit_equality: bool
) -> LocalCondition:
    aggregation = condition.get("aggregation_group_type_index")
    entries = condition.get("properties") or []
    override = condition.get("variant")
    return LocalCondition(
        filters=tuple(
            compile_filter(entry, explicit_equality=explicit_equality)
            for entry in (entries if isinstance(entries, list) else [entries])
        ),
        group_index=None if aggregation is None or aggregation == flag_aggregation else str(aggregation),
        bound=_rollout(condition.get("rollout_percentage")),
        override=override if override and override in variant_keys else None,
    )


def _rollout(percentage: Any) -> int | Unknown | None:
    """SDKs hash at 100 percent too, which shows only where an id cannot be hashed."""
    if percentage is None:
        return None
    if not isinstance(percentage, int | float):
        return MALFORMED
    bound = rollout_bound(percentage)
    return SCALE if bound is None else bound


def _payloads(payloads: Any) -> Mapping[str, str]:
    if not isinstance(payloads, Mapping):
        return {}
    texts = {name: text_of(payload) for name, payload in payloads.items() if payload is not None}
    return {name: text for name, text in texts.items() if text is not None}
