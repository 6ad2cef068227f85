"""Reading definitions that come from outside: what can be served, and what has to stay out and why."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from evaluator import Definitions, compile_definitions
from evaluator.definitions.problem import BadDefinitions, DefinitionWarning
from evaluator.validate import validate_flag
from mcp_server.services.definitions import SETTINGS, SETTINGS_FIELDS, Bodies
from mcp_server.services.document import Ref
from mcp_server.services.errors import InvalidInput


@dataclass(frozen=True, slots=True)
class Incoming:
    """The definitions of a file. ``refused`` are left out of ``bodies``; ``notes`` tell what was converted.

    ``lints`` tell where SDKs that evaluate by themselves can answer otherwise.
    """

    bodies: Bodies
    refused: tuple[DefinitionWarning, ...]
    notes: tuple[DefinitionWarning, ...]
    lints: tuple[DefinitionWarning, ...]


def read_feed(feed: Mapping[str, Any]) -> Incoming:
    """Reads PostHog's feed form. A flag that could not be served, or not be written, is refused alone.

    Raises InvalidInput where the whole has another shape.
    """
    try:
        definitions = Definitions.from_posthog(feed)
    except BadDefinitions as error:
        raise InvalidInput(
            error.problem.message, hint=error.problem.fix, code="BAD_DEFINITIONS", place=error.problem.path
        ) from error
    warnings = list(dict.fromkeys([*definitions.warnings, *compile_definitions(definitions).warnings]))
    refused = [warning for warning in warnings if warning.level == "quarantined"]
    out = {(warning.kind, warning.key) for warning in refused}
    bodies: Bodies = {}
    for flag in definitions.flags:
        key = flag.get("key") if isinstance(flag, Mapping) else None
        if not isinstance(key, str) or ("flag", key) in out:
            continue
        problems = validate_flag(flag, definitions)
        refused.extend(DefinitionWarning("flag", key, "quarantined", problem) for problem in problems)
        if not problems:
            bodies[Ref(kind="flag", key=key)] = dict(flag)
    for cohort_id, cohort in definitions.cohorts.items():
        if ("cohort", cohort_id) not in out:
            bodies[Ref(kind="cohort", key=cohort_id)] = dict(cohort)
    settings = {name: definitions.settings[name] for name in SETTINGS_FIELDS if definitions.settings.get(name)}
    if settings:
        bodies[SETTINGS] = settings
    notes = tuple(warning for warning in warnings if warning.level in ("converted", "warning"))
    left_out = {(warning.kind, warning.key) for warning in refused}
    lints = tuple(
        warning
        for warning in warnings
        if warning.level == "portability" and (warning.kind, warning.key) not in left_out
    )
    return Incoming(bodies=bodies, refused=tuple(refused), notes=notes, lints=lints)
