"""Definitions as documents: reading, keeping and checking them. What they mean is worked out in
``evaluator.compile``."""

from evaluator.definitions.condition_ids import condition_ids, with_condition_ids
from evaluator.definitions.document import Definitions
from evaluator.definitions.problem import BadDefinitions, DefinitionWarning, Problem

__all__ = [
    "BadDefinitions",
    "DefinitionWarning",
    "Definitions",
    "Problem",
    "condition_ids",
    "with_condition_ids",
]
