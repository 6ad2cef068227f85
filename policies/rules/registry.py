"""All built-in rules by id."""

from collections.abc import Mapping
from types import MappingProxyType

from policies.rules import blast, coverage, definition, dependency, fidelity, intent, metadata, ramp, sticky, traffic
from policies.rules.rule import AnyRule

_ALL: tuple[AnyRule, ...] = (
    ramp.STEP,
    ramp.FIRST_EXPOSURE,
    ramp.DRIFT_BUDGET,
    blast.CHANGED_SHARE,
    blast.CHANGED_COUNT,
    blast.CATCH_ALL,
    sticky.REASSIGN,
    intent.MISMATCH,
    traffic.SAMPLE,
    traffic.FRESH,
    traffic.PROVENANCE,
    fidelity.FIDELITY,
    fidelity.COMPARED,
    coverage.UNKNOWN,
    coverage.CONDITION,
    definition.KEY_REUSE,
    dependency.READY,
    metadata.GUARDED,
)

RULES: Mapping[str, AnyRule] = MappingProxyType({rule.id: rule for rule in _ALL})
