"""Matching a filter against a property value, as PostHog's server does it."""

from evaluator.matching.errors import BadFilter
from evaluator.matching.predicate import OPERATORS, CompiledPredicate, compile_predicate

__all__ = ["OPERATORS", "BadFilter", "CompiledPredicate", "compile_predicate"]
