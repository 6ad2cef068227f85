"""Builds cases from short descriptions, so that a test says only what it is about."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from policies.case import Case, Edit
from policies.impact import (
    Attribution,
    Breakdown,
    BreakdownRow,
    ConditionCoverage,
    Fidelity,
    FlagImpact,
    Impact,
    TrafficFacts,
    Transition,
)
from policies.policy import Entry, Policy
from policies.rules.registry import RULES
from policies.verdict import Level

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
SUBJECTS = 10_000

EMPTY_COUNTS = {"reached": 0, "matched": 0, "in_rollout": 0, "decided": 0, "undetermined": 0, "eligible": 0}


def definition(*conditions: Mapping[str, Any], key: str = "checkout", **fields: Any) -> dict[str, Any]:
    """A flag of conditions like ``{"id": "c1", "rollout": 10, "filters": {"plan": "enterprise"}}``."""
    own = {"condition_ids": [each["id"] for each in conditions], **fields.pop("drysail", {})}
    groups = [
        {"properties": _filters(each.get("filters", {})), "rollout_percentage": each.get("rollout", 100)}
        for each in conditions
    ]
    filters = {"groups": groups, **fields.pop("filters", {})}
    return {"key": key, "active": True, "filters": filters, "drysail": own, **fields}


def _filters(filters: Any) -> list[Any]:
    if isinstance(filters, list):
        return filters
    return [{"key": name, "value": value, "operator": "exact"} for name, value in filters.items()]


def flag_impact(flag: str = "checkout", *, subjects: int = SUBJECTS, **counts: Any) -> FlagImpact:
    """An impact on one flag. What follows from ``on_before`` and ``on_after`` need not be said."""
    on_before, on_after = counts.get("on_before", 0), counts.get("on_after", 0)
    entered = counts.setdefault("entered", max(on_after - on_before, 0))
    left = counts.setdefault("left", max(on_before - on_after, 0))
    switched = counts.setdefault("switched", 0)
    counts.setdefault("changed", entered + left + switched)
    tables: dict[str, Any] = {
        "transitions": tuple(Transition(checks=1, **row) for row in counts.pop("transitions", ())),
        "attribution": tuple(Attribution(side="after", **row) for row in counts.pop("attribution", ())),
        "coverage_before": _coverage(counts.pop("coverage_before", {})),
        "coverage_after": _coverage(counts.pop("coverage_after", {})),
        "breakdowns": tuple(_breakdown(name, rows) for name, rows in counts.pop("breakdowns", {}).items()),
    }
    zeros = {"on_before": 0, "on_after": 0, "payload_changed": 0, "undetermined": 0, "errors": 0, "examples": ()}
    known = {"flag": flag, "edited": True, "subjects": subjects, "checks": 50_000}
    return FlagImpact(**{**zeros, **known, **tables, **counts})


def _coverage(rows: Mapping[str, Mapping[str, int]]) -> tuple[ConditionCoverage, ...]:
    return tuple(
        ConditionCoverage(id=name, index=index, **{**EMPTY_COUNTS, **counts})
        for index, (name, counts) in enumerate(rows.items())
    )


def _breakdown(name: str, changed: Mapping[str, int]) -> Breakdown:
    rows = [
        BreakdownRow(value=value, subjects=max(count, 1), on_before=0, on_after=count, changed=count)
        for value, count in changed.items()
    ]
    others = next((row for row in rows if row.value == "others"), None)
    return Breakdown(property=name, rows=tuple(row for row in rows if row is not others), others=others)


def impact_of(*flags: FlagImpact, subjects: int = SUBJECTS, **fields: Any) -> Impact:
    """An impact of flags that move the same subjects; 90 % of the subjects were compared, and none differs."""
    fidelity = {"compared": 9 * subjects // 10, "differing": 0, "compared_checks": 9, "differing_checks": 0}
    fidelity |= {"causes": {}, **fields.pop("fidelity", {})}
    known = {
        "changed_subjects": max((flag.changed for flag in flags), default=0),
        "undetermined_subjects": max((flag.undetermined for flag in flags), default=0),
        **fields,
    }
    return Impact(
        flags=flags, subjects=subjects, fidelity=Fidelity(**fidelity), now=NOW, evaluation_version="test", **known
    )


def traffic(**fields: Any) -> TrafficFacts:
    """Fresh traffic of production, recorded in full. ``age_hours`` and ``span_hours`` stand for its two times."""
    newest = NOW - timedelta(hours=fields.pop("age_hours", 1))
    first = newest - timedelta(hours=fields.pop("span_hours", 48))
    known = {
        "snapshot": "s1",
        "digest": "0" * 64,
        "environment": "production",
        "provenance": "recorded",
        "largest_gap_seconds": 600,
        "subjects": SUBJECTS,
        "contexts": SUBJECTS,
        "checks": 50_000,
        "dropped": 0,
        "sampled_ppm": 1_000_000,
        **fields,
    }
    return TrafficFacts(first_at=first, newest_at=newest, **known)


def flag_edit(before: Mapping[str, Any] | None, after: Mapping[str, Any] | None, key: str = "checkout") -> Edit:
    """The edit of one flag."""
    return Edit("flag", key, before, after)


def raised(before: float, after: float, *, key: str = "checkout", **fields: Any) -> Edit:
    """An edit of nothing but the rollout of condition ``c1``."""
    old, new = (
        definition({"id": "c1", "rollout": rollout, "filters": {"plan": "pro"}}, key=key, **fields)
        for rollout in (before, after)
    )
    return flag_edit(old, new, key)


def case(*edits: Edit, **fields: Any) -> Case:
    """A change of production by a person; without edits, that of ``checkout`` from 10 % to 20 %."""
    known: dict[str, Any] = {
        "environment": "production",
        "sandbox": False,
        "actor": "person",
        "now": NOW,
        "edits": edits or (raised(10, 20),),
        "impact": impact_of(flag_impact(on_before=1000, on_after=2000, coverage_after={"c1": {"matched": SUBJECTS}})),
        "traffic": traffic(),
        **fields,
    }
    return Case(**known)


def policy_of(*rules: str, level: Level | None = None, **params: Any) -> Policy:
    """A policy of these rules, with their defaults or the given parameters."""
    entries = (
        Entry(rule=rule, level=level or RULES[rule].level, params=RULES[rule].params(**params)) for rule in rules
    )
    return Policy(version=1, name="test", entries=tuple(entries))
