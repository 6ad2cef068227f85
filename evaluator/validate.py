"""What a flag must satisfy to be written. Stricter than reading: what is only read was perhaps written elsewhere."""

from collections.abc import Iterator, Mapping
from math import fsum
from typing import Any, Final

from evaluator.compile_filter import FREE_READING, compiled_predicate, is_unusable
from evaluator.compiled import Predicate
from evaluator.definitions.document import Definitions
from evaluator.definitions.problem import Problem, Undecodable
from evaluator.definitions.structure import canonical_problem, is_integer, structural_problems
from evaluator.describe import printable
from evaluator.json_text import InvalidJson, NotCanonical, brief, canonical, loads, path_text
from evaluator.references import reference_problems

LONGEST_KEY: Final = 400
"""Characters of a flag's key; PostHog's limit."""

_BEYOND: Final = 10**9
"""Beyond any sensible percentage and any number of conditions."""

WEIGHT_TOLERANCE: Final = 1e-6
"""How far the sum of variants' weights may be from 100: enough for thirds of it, written with decimals."""


def validate_flag(flag: Mapping[str, Any], definitions: Definitions | None = None) -> list[Problem]:
    """Everything that keeps the flag from being written, in document order; empty for a good one.

    With ``definitions``, also what it refers to must exist there: flags (without circles), variants of flags, cohorts
    and group types. A flag of the same key in them is the one that is replaced.
    """
    problems = [*structural_problems(flag), *canonical_problem(flag)]
    if problems:
        return problems
    filters: Mapping[str, Any] = flag.get("filters") or {}
    problems = [
        *_key_problems(flag["key"]),
        *_variant_problems(filters),
        *_payload_problems(filters.get("payloads")),
        *_holdout_problems(filters.get("holdout")),
        *_own_problems(flag),
    ]
    for index, condition in enumerate(filters.get("groups") or ()):
        problems.extend(_condition_problems(condition, filters, f"filters.groups[{index}]"))
    if definitions is not None:
        problems.extend(reference_problems(flag, definitions))
    return problems


def _key_problems(key: str) -> Iterator[Problem]:
    if key != key.strip() or not key.isprintable():
        message = "The key has blanks around it or characters that cannot be seen."
        yield Problem("key", "bad_key", message, "Use letters, digits, “-” and “_”.")
    if len(key) > LONGEST_KEY:
        yield Problem("key", "bad_key", f"The key has {len(key)} characters.", f"Use at most {LONGEST_KEY}.")


def _variant_problems(filters: Mapping[str, Any]) -> Iterator[Problem]:
    multivariate = filters.get("multivariate")
    if multivariate is None:
        return
    path = "filters.multivariate.variants"
    variants = multivariate.get("variants") or []
    if not variants:
        message = "A multivariate flag needs at least one variant."
        yield Problem(path, "no_variants", message, "Add variants, or set “multivariate” to null for a boolean flag.")
        return
    keys: set[str] = set()
    for index, variant in enumerate(variants):
        name = variant["key"]
        if not name or name in keys:
            message = f"Variant “{printable(name)}” occurs twice." if name else "The variant has no key."
            yield Problem(f"{path}[{index}].key", "bad_variant_key", message, "Give every variant a key of its own.")
        keys.add(name)
        yield from _percentage_problems(variant["rollout_percentage"], f"{path}[{index}].rollout_percentage")
    total = fsum(min(max(variant["rollout_percentage"], -_BEYOND), _BEYOND) for variant in variants)
    if abs(total - 100) > WEIGHT_TOLERANCE:
        message = f"The variants' percentages add up to {total:g}."
        yield Problem(path, "variant_weights", message, "Make them add up to 100.")


def _payload_problems(payloads: Any) -> Iterator[Problem]:
    if payloads is None:
        return
    if not isinstance(payloads, Mapping):
        message = "“filters.payloads” must be an object from variant key (or “true”) to JSON text."
        yield Problem("filters.payloads", "wrong_type", message, 'Write it like {"true": "{\\"limit\\": 5}"}.')
        return
    for name, payload in payloads.items():
        if payload is not None and not _is_json(payload):
            message = f"The payload of “{printable(name)}” is no JSON text."
            fix = "Encode the value as JSON and store that as text; a plain text needs quotes inside its quotes."
            yield Problem(path_text(("filters", "payloads", name)), "bad_payload", message, fix)


def _is_json(payload: Any) -> bool:
    if not isinstance(payload, str):
        return False
    try:
        canonical(loads(payload))
    except (InvalidJson, NotCanonical):
        return False
    return True


def _holdout_problems(holdout: Mapping[str, Any] | None) -> Iterator[Problem]:
    if holdout is not None:
        yield from _percentage_problems(holdout["exclusion_percentage"], "filters.holdout.exclusion_percentage")


def _own_problems(flag: Mapping[str, Any]) -> Iterator[Problem]:
    own = flag.get("drysail")
    if own is not None and not isinstance(own, Mapping):
        yield Problem("drysail", "wrong_type", "“drysail” must be an object.", "Leave it out.")
    elif own and "condition_ids" in own:
        ids, count = own["condition_ids"], len((flag.get("filters") or {}).get("groups") or ())
        texts = isinstance(ids, list) and all(isinstance(name, str) and name for name in ids)
        if not texts or len(ids) != count or len(set(ids)) != count:
            message = "The list of condition ids must name each condition once, in order."
            yield Problem("drysail.condition_ids", "condition_ids", message, "Leave it out; ids are given on writing.")
    if isinstance(own, Mapping) and is_integer(own.get("next_condition")) and own["next_condition"] >= _BEYOND:
        message = "The next condition id is beyond any number of conditions."
        yield Problem("drysail.next_condition", "condition_ids", message, "Leave it out; ids are given on writing.")


def _condition_problems(condition: Mapping[str, Any], filters: Mapping[str, Any], path: str) -> Iterator[Problem]:
    percentage = condition.get("rollout_percentage")
    if percentage is not None:
        yield from _percentage_problems(percentage, f"{path}.rollout_percentage")
    aggregation = condition.get("aggregation_group_type_index", filters.get("aggregation_group_type_index"))
    for index, entry in enumerate(condition.get("properties") or ()):
        yield from _filter_problems(entry, aggregation, f"{path}.properties[{index}]")


def _percentage_problems(percentage: float, path: str) -> Iterator[Problem]:
    if not 0 <= percentage <= 100:
        message = f"A percentage of {brief(percentage)} is out of range."
        yield Problem(path, "bad_percentage", message, "Use a number from 0 to 100.")


def _filter_problems(entry: Mapping[str, Any], aggregation: int | None, path: str) -> Iterator[Problem]:
    """A filter that cannot be read, or that can never match whoever the subject is."""
    try:
        predicate = compiled_predicate(entry, FREE_READING, path).predicate
    except Undecodable as undecodable:
        yield undecodable.problem
        return
    match entry.get("type", "person"):
        case "cohort":
            yield from _cohort_problems(entry, path)
        case "flag":
            yield from _flag_problems(entry, path)
        case "group" if entry.get("group_type_index") is None and aggregation is None:
            message = "The filter asks for a group, but neither it nor its condition names a group type."
            yield Problem(path, "no_group_type", message, "Add “group_type_index”.")
        case _:
            yield from _property_problems(entry, predicate, path)


def _property_problems(entry: Mapping[str, Any], predicate: Predicate, path: str) -> Iterator[Problem]:
    operator, value = entry.get("operator") or "exact", entry.get("value")
    if not entry["key"]:
        yield Problem(f"{path}.key", "no_property", "The filter names no property.", "Name one.")
    if operator in ("in", "not_in", "flag_evaluates_to"):
        message = f"A filter on a property cannot use “{operator}”."
        yield Problem(
            f"{path}.operator", "bad_operator", message, "Use “exact” with a list of values to match any of them."
        )
    elif operator not in ("is_set", "is_not_set") and value is None:
        message = "The filter compares with null, which never matches."
        yield Problem(f"{path}.value", "null_value", message, "Use “is_set” or “is_not_set”, or give a value.")
    elif is_unusable(entry, predicate):
        message = f"“{operator}” cannot be applied to {brief(value)}, so the filter never matches."
        yield Problem(f"{path}.value", "unusable_value", message, "Give a value of the kind that the operator takes.")


def _cohort_problems(entry: Mapping[str, Any], path: str) -> Iterator[Problem]:
    if entry.get("operator") not in (None, "in", "not_in", "exact"):
        message = f"A filter on a cohort cannot use “{entry['operator']}”."
        yield Problem(f"{path}.operator", "bad_operator", message, "Use “in” or “not_in”.")
    if not is_integer(entry.get("value")):
        message = f"The cohort is named by {brief(entry.get('value'))}, which is no integer."
        yield Problem(f"{path}.value", "bad_cohort_id", message, "Name the cohort by its numeric id.")


def _flag_problems(entry: Mapping[str, Any], path: str) -> Iterator[Problem]:
    if entry.get("operator") != "flag_evaluates_to":
        message = "A filter on a flag takes the operator “flag_evaluates_to” only."
        yield Problem(f"{path}.operator", "bad_operator", message, "Use “flag_evaluates_to”.")
    if not entry["key"]:
        yield Problem(f"{path}.key", "no_flag", "The filter names no flag.", "Name one by its key.")
    if not isinstance(entry.get("value"), bool | str):
        message = f"A flag never evaluates to {brief(entry.get('value'))}."
        yield Problem(f"{path}.value", "bad_flag_value", message, "Use true, false or the key of a variant.")
