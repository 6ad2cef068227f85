"""The definitions as PostHog SDKs download them for evaluating locally."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from evaluator.compile_flag import DATA_ERROR
from evaluator.compiled import CompiledCohort, CompiledFlag
from evaluator.definitions.cohort_document import tree_of
from evaluator.definitions.document import Definitions
from evaluator.dependencies import order_flags
from evaluator.graph import reachable

SURVEY_PREFIX = "survey-targeting-"
"""PostHog's keys for flags that belong to surveys, which SDKs never evaluate themselves."""


def build_feed(
    definitions: Definitions,
    flags: Mapping[str, CompiledFlag],
    cohorts: Mapping[str, CompiledCohort],
    references: Mapping[str, Sequence[str]],
) -> dict[str, Any]:
    """The feed: flags ordered by key, with Drysail's own data taken out, and the dynamic cohorts that they reach.

    Left out are flags that are deleted, quarantined, of surveys, or have encrypted payloads. Filters on flags carry
    the ``dependency_chain`` that SDKs need: the flags to evaluate, in order, the target last; empty where it cannot be
    evaluated.
    """
    carried = {key: flags[key] for key in sorted(flags) if _is_carried(flags[key])}
    chains = _chains(carried)
    named = {cohort_id for flag in carried.values() for cohort_id in flag.cohorts}
    reached = {*named, *reachable(named, references)}
    mapping = definitions.settings.get("group_type_mapping")
    return {
        "flags": [_flag(flag.definition, chains) for flag in carried.values()],
        "group_type_mapping": dict(mapping) if isinstance(mapping, Mapping) else {},
        "cohorts": {
            cohort_id: _tree(tree_of(definitions.cohorts[cohort_id]))
            for cohort_id, cohort in sorted(cohorts.items())
            if cohort_id in reached and cohort.tree is not None
        },
        "minimal_flag_called_events": definitions.settings.get("minimal_flag_called_events") is True,
        "property_matching_version": definitions.matching_version,
    }


def _is_carried(flag: CompiledFlag) -> bool:
    definition = flag.definition
    if definition.get("deleted") is True or definition.get("has_encrypted_payloads") is True:
        return False
    return flag.error != DATA_ERROR and not flag.key.startswith(SURVEY_PREFIX)


def _chains(flags: Mapping[str, CompiledFlag]) -> dict[str, list[str]]:
    """For each flag that can be evaluated: the flags to evaluate for it, itself last."""
    ordered = order_flags({key: flag.dependencies for key, flag in flags.items()})
    return {key: [*ordered.requires[key], key] for key in ordered.order if key not in ordered.unmet}


def _flag(definition: Mapping[str, Any], chains: Mapping[str, list[str]]) -> dict[str, Any]:
    feed = {name: value for name, value in definition.items() if name != "drysail"}
    filters = feed.get("filters")
    if isinstance(filters, Mapping) and any(_is_flag_filter(entry) for entry in _entries(filters)):
        feed["filters"] = {**filters, "groups": [_condition(group, chains) for group in filters["groups"]]}
    return feed


def _entries(filters: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    for group in filters.get("groups") or ():
        yield from group.get("properties") or ()


def _condition(group: Mapping[str, Any], chains: Mapping[str, list[str]]) -> dict[str, Any]:
    properties = group.get("properties")
    if not properties:
        return dict(group)
    return {
        **group,
        "properties": [
            {**entry, "dependency_chain": chains.get(entry["key"], [])} if _is_flag_filter(entry) else entry
            for entry in properties
        ],
    }


def _is_flag_filter(entry: Mapping[str, Any]) -> bool:
    return entry.get("type") == "flag"


def _tree(entry: Any) -> Any:
    """The tree with PostHog's older ``property`` groups written as AND, which is all that SDKs understand."""
    if not entry or "values" not in entry:
        return entry or {}
    kind = "AND" if entry["type"] == "property" else entry["type"]
    return {**entry, "type": kind, "values": [_tree(value) for value in entry["values"]]}
