"""Definitions as documents: reading, keeping and naming their parts. ``evaluator.compile`` works out what they mean."""

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
