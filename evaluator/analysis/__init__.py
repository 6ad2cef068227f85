"""Static analysis: what provably has no effect in a flag, and what a change provably does, without any traffic."""

from evaluator.analysis.effect import compare_effect
from evaluator.analysis.findings import analyse
from evaluator.analysis.model import Analysis, Effect, Finding

__all__ = ["Analysis", "Effect", "Finding", "analyse", "compare_effect"]
