"""Portability lints: where an SDK that evaluates downloaded definitions answers otherwise than the server."""

from evaluator.portability.lints import portability_warnings, warnings_about
from evaluator.portability.project import Project
from evaluator.portability.table import DIFFERENCES, NODE_ONLY, Lint

__all__ = ["DIFFERENCES", "NODE_ONLY", "Lint", "Project", "portability_warnings", "warnings_about"]
