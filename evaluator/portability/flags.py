"""One flag: what holds for it as a whole, and every filter of its conditions."""

from collections.abc import Iterator, Mapping
from typing import Any

from evaluator.compiled import CohortTest, CompiledCondition, CompiledFlag, FlagTest, Never, PropertyTest, Test
from evaluator.definitions.problem import Problem
from evaluator.describe import printable
from evaluator.hashing import holdout_hash
from evaluator.portability.cohorts import membership_lints, metadata_lint, operator_lint
from evaluator.portability.filters import filter_lints
from evaluator.portability.project import Project
from evaluator.portability.table import lint


def flag_lints(flag: CompiledFlag, project: Project) -> Iterator[Problem]:
    """Everything about the flag that SDKs answer otherwise, in the flag itself.

    Nothing for a flag that fails, or is off, for everybody, or that feeds never carry: other warnings tell that.
    """
    definition = flag.definition
    if flag.error is not None or definition.get("deleted") is True or definition.get("has_encrypted_payloads") is True:
        return
    if "false" in flag.payloads:
        message = "Nobody gets the payload of “false” here; a Python SDK evaluating locally returns it for off."
        yield lint(38, "filters.payloads.false", message, "Take it out, or use a variant for it.")
    if flag.missing_dependency:
        return
    yield from _identity_lints(flag, definition.get("filters") or {})
    yield from _request_lints(definition)
    for position, (_, key) in enumerate(flag.variants):
        if not key:
            message = "A variant without a key has the value “”; a Python SDK evaluating locally says true."
            yield lint(58, f"filters.multivariate.variants[{position}].key", message, "Give the variant a key.")
    for condition in flag.conditions:
        yield from _condition_lints(flag, condition, project)


def _identity_lints(flag: CompiledFlag, filters: Mapping[str, Any]) -> Iterator[Problem]:
    if flag.continuity:
        message = "The flag keeps its answers across log-in; a Python SDK evaluating locally never decides it."
        yield lint(
            5, "ensure_experience_continuity", message, "Take it out if SDKs are to evaluate the flag themselves."
        )
    if flag.device_bucketing and flag.aggregation is None:
        message = (
            "Without a device id, the property “$device_id” or the distinct id stands in where it can; "
            "a Python SDK evaluating locally does not decide."
        )
        yield lint(6, "bucketing_identifier", message, "Pass “device_id” with every check.")
    if flag.enrollment:
        name = f"$feature_enrollment/{printable(flag.key)}"
        message = (
            f"For a person without “{name}” the conditions decide; a Python SDK evaluating locally does not decide."
        )
        if flag.aggregation is not None:
            message = "A Python SDK evaluating locally never decides early access to a flag on a group."
        yield lint(7, "filters.feature_enrollment", message, f"Pass “{name}” with every check.")
    if not flag.definition.get("bucketing_identifier") and filters.get("bucketing_identifier") == "device_id":
        message = "Inside “filters” it is not read; a Python SDK evaluating locally hashes the device id because of it."
        yield lint(54, "filters.bucketing_identifier", message, "Put it beside “filters”, or take it out.")
    if flag.aggregation is not None and _decides_without_group(flag):
        message = (
            "A check that does not name the flag's group can still get it; a Python SDK evaluating locally says off."
        )
        yield lint(51, "filters.aggregation_group_type_index", message, "Name the group with every check.")


def _decides_without_group(flag: CompiledFlag) -> bool:
    """Whether anything but conditions on the flag's own group can turn it on."""
    if flag.enrollment or any(condition.aggregation != flag.aggregation for condition in flag.conditions):
        return True
    holdout = flag.holdout
    return holdout is not None and (holdout.bound is None or holdout_hash("") <= holdout.bound)


def _request_lints(definition: Mapping[str, Any]) -> Iterator[Problem]:
    if definition.get("evaluation_runtime") == "client":
        message = "Servers do not get the flag; a Python SDK evaluating locally decides it like any other."
        yield lint(37, "evaluation_runtime", message, "Do not count on it to keep the flag from servers.")
    contexts = definition.get("evaluation_contexts")
    if isinstance(contexts, list) and contexts:
        message = (
            "Checks that name other contexts do not get the flag; a Python SDK evaluating locally knows no contexts."
        )
        yield lint(37, "evaluation_contexts", message, "Do not count on them to keep the flag from servers.")


def _condition_lints(flag: CompiledFlag, condition: CompiledCondition, project: Project) -> Iterator[Problem]:
    path = f"filters.groups[{condition.index}]"
    about = flag.aggregation if condition.aggregation is None else condition.aggregation
    if condition.aggregation is None and flag.aggregation is not None:
        message = (
            "The condition is about the person; a Python SDK evaluating locally takes it for one on the flag's group."
        )
        place = f"{path}.aggregation_group_type_index"
        yield lint(53, place, message, "Move it to a flag of its own that is not on a group.")
    for index, test in enumerate(condition.tests):
        yield from _test_lints(test, f"{path}.properties[{index}]", about, project)


def _test_lints(test: Test, path: str, about: int | None, project: Project) -> Iterator[Problem]:
    """``about`` is the group type whose properties SDKs take for the whole condition, None for the person."""
    match test:
        case PropertyTest():
            if test.group_index != about:
                yield _other_source(test, path, about)
            yield from filter_lints(test, path, project.zone)
        case CohortTest():
            if about is not None:
                message = (
                    "The cohort is asked about the person; a Python SDK evaluating locally asks it about the group."
                )
                yield lint(9, path, message, "Move it to a condition on persons.")
            yield from membership_lints(test, path, project)
        case FlagTest():
            if about is not None or _asks_groups(project.flags.get(test.flag)):
                message = (
                    f"Flag “{printable(test.flag)}” is answered for its own subject; a Python SDK evaluating locally "
                    "answers it with the properties of this condition, and leaves out its conditions on groups."
                )
                yield lint(35, path, message, "Let both flags be about persons.")
        case Never():
            yield from _never_lints(test, path)


def _other_source(test: PropertyTest, path: str, about: int | None) -> Problem:
    asked = "the person" if test.group_index is None else f"group type {test.group_index}"
    there = "the person" if about is None else f"group type {about}"
    message = (
        f"“{printable(test.property)}” is looked up in {asked}; "
        f"a Python SDK evaluating locally looks it up in {there}, like all of the condition."
    )
    return lint(8, path, message, "Ask for properties of one source in one condition.")


def _never_lints(test: Never, path: str) -> Iterator[Problem]:
    match test.filter.get("type"):
        case "cohort":
            yield operator_lint(test.filter.get("operator"), path)
        case "person_metadata":
            yield metadata_lint(path)
        case "group":
            message = "The filter names no known group type, so nobody matches; "
            message += "a Python SDK evaluating locally asks whatever the condition is about."
            yield lint(8, path, message, "Add the group type's index, or add it to “group_type_mapping”.")


def _asks_groups(flag: CompiledFlag | None) -> bool:
    if flag is None:
        return False
    return flag.aggregation is not None or any(condition.aggregation is not None for condition in flag.conditions)
