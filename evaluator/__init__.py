"""What a feature flag means: definitions, matching, bucketing, cohorts, explanations, differences.

Pure: no I/O, no clock, no randomness. Evaluation never raises and never waits.
"""

from evaluator.analysis import Analysis, Effect, analyse, compare_effect
from evaluator.compile import compile_definitions
from evaluator.context import MISSING, REDACTED, Context
from evaluator.definitions import Definitions
from evaluator.evaluate import evaluate, evaluate_all
from evaluator.explaining.alternatives import Alternatives
from evaluator.explaining.contexts import ContextComparison, compare_contexts
from evaluator.explaining.counterfactual import what_would_change
from evaluator.explaining.explain import explain
from evaluator.explaining.explanation import Explanation
from evaluator.explaining.revisions import RevisionComparison, compare_revisions
from evaluator.facts import NO_FACTS, Facts
from evaluator.needs import Needs, dependents, needs
from evaluator.result import Reason, Result
from evaluator.ruleset import Ruleset
from evaluator.validate import validate_flag
from evaluator.version import EVALUATION_VERSION

__all__ = [
    "EVALUATION_VERSION",
    "MISSING",
    "NO_FACTS",
    "REDACTED",
    "Alternatives",
    "Analysis",
    "Context",
    "ContextComparison",
    "Definitions",
    "Effect",
    "Explanation",
    "Facts",
    "Needs",
    "Reason",
    "Result",
    "RevisionComparison",
    "Ruleset",
    "analyse",
    "compare_contexts",
    "compare_effect",
    "compare_revisions",
    "compile_definitions",
    "dependents",
    "evaluate",
    "evaluate_all",
    "explain",
    "needs",
    "validate_flag",
    "what_would_change",
]
