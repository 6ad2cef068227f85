"""Turns definitions into a ruleset."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, tzinfo
from typing import Any

from evaluator.ask import ask_cohorts
from evaluator.compile_cohort import CompiledCohorts, compile_cohorts
from evaluator.compile_filter import Reading
from evaluator.compile_flag import compile_flag, quarantined_flag, remarks
from evaluator.compiled import CompiledFlag
from evaluator.definitions.document import Definitions, flag_name
from evaluator.definitions.problem import DefinitionWarning, Problem, Undecodable
from evaluator.definitions.time_zone import zone_named
from evaluator.dependencies import order_flags
from evaluator.index import ConditionIndex
from evaluator.json_text import brief
from evaluator.prepared import PreparedAnswers
from evaluator.program import build_program
from evaluator.ruleset import Ruleset


def compile_definitions(definitions: Definitions) -> Ruleset:
    """Compiles everything, once per change.

    Never fails: a flag that cannot be read is quarantined, which is told in ``warnings``, and harms no other.
    """
    warnings = list(definitions.warnings)
    zone = _zone(definitions.timezone, warnings)
    reading = Reading(definitions.matching_version, zone, definitions.group_types, shared={})
    cohorts = compile_cohorts(definitions.cohorts, reading)
    warnings.extend(cohorts.warnings)
    flags = {
        key: _compile(flag, reading, cohorts, warnings) for key, flag in _by_key(definitions.flags, warnings).items()
    }
    ordered = order_flags({key: flag.dependencies if flag.served else () for key, flag in flags.items()})
    for key, problem in ordered.unmet.items():
        flags[key] = replace(flags[key], missing_dependency=True)
        warnings.append(DefinitionWarning("flag", key, "warning", problem))
    questions = ask_cohorts(cohorts.usable)
    programs = {key: build_program(flag, ordered.requires[key], questions) for key, flag in flags.items()}
    served = tuple(programs[key] for key in ordered.order if flags[key].served)
    return Ruleset(
        definitions=definitions,
        flags=flags,
        cohorts=cohorts.usable,
        order=ordered.order,
        problems=tuple(warnings),
        cohort_references=cohorts.references,
        questions=questions,
        programs=programs,
        served=served,
        prepared=PreparedAnswers(programs, flags),
        index=ConditionIndex(served, flags),
    )


def _compile(
    flag: Mapping[str, Any], reading: Reading, cohorts: CompiledCohorts, warnings: list[DefinitionWarning]
) -> CompiledFlag:
    try:
        compiled = compile_flag(flag, reading, cohorts)
    except Undecodable as undecodable:
        warnings.append(DefinitionWarning("flag", flag["key"], "quarantined", undecodable.problem))
        return quarantined_flag(flag, undecodable.problem)
    doubts = remarks(flag, compiled, cohorts)
    warnings.extend(DefinitionWarning("flag", compiled.key, "warning", problem) for problem in doubts)
    return compiled


def _by_key(flags: tuple[Any, ...], warnings: list[DefinitionWarning]) -> dict[str, Mapping[str, Any]]:
    """The flags that can be asked for, one for each key: the first that is not deleted."""
    found: dict[str, Mapping[str, Any]] = {}
    for position, flag in enumerate(flags):
        name = flag_name(flag, position)
        if not isinstance(flag, Mapping) or flag.get("key") != name:
            fix = "Make it an object with a key that is a non-empty text."
            problem = Problem("key", "no_key", "The flag has no key, so nobody can ask for it.", fix)
            warnings.append(DefinitionWarning("flag", name, "quarantined", problem))
        elif name not in found or (found[name].get("deleted") is True and flag.get("deleted") is not True):
            found[name] = flag
        elif flag.get("deleted") is not True:
            problem = Problem(
                "key", "duplicate_key", "Another flag has the same key; this one has no effect.", "Rename it."
            )
            warnings.append(DefinitionWarning("flag", name, "quarantined", problem))
    return found


def _zone(name: str, warnings: list[DefinitionWarning]) -> tzinfo:
    zone = zone_named(name)
    if zone is not None:
        return zone
    problem = Problem(
        "timezone",
        "unknown_timezone",
        f"There is no time zone {brief(name)}; UTC is used.",
        "Use an IANA name, such as “Europe/Berlin”.",
    )
    warnings.append(DefinitionWarning("settings", "timezone", "warning", problem))
    return UTC
