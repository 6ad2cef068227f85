"""The local profile: what a PostHog SDK decides by itself from downloaded definitions.

A prediction of posthog-python 7.91.1, held against that package by differential tests. The server profile is canonical;
``docs/semantics.md`` lists where the two differ.
"""

from evaluator.local.compiled import LocalRuleset
from evaluator.local.evaluate import evaluate_local
from evaluator.local.ruleset import compile_local

__all__ = ["LocalRuleset", "compile_local", "evaluate_local"]
