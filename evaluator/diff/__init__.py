"""What differs between two definitions of a flag, in terms of what a flag is made of."""

from evaluator.diff.flags import diff
from evaluator.diff.model import ConditionDiff, FieldChange, FilterChange, FlagDiff, VariantDiff

__all__ = ["ConditionDiff", "FieldChange", "FilterChange", "FlagDiff", "VariantDiff", "diff"]
