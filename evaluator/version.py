"""Names the semantics of evaluation."""

from typing import Final

EVALUATION_VERSION: Final = "1"
"""Moves only when some definition and context can get another answer than before. Evidence is bound to it."""
