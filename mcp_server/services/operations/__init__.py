"""Typed intents: what a change may say, and what it does to a flag's definition.

``apply_operations`` is the one entry; each operation is a small function in ``conditions``, ``variants`` or ``whole``.
"""

from mcp_server.services.operations.apply import apply_operations
from mcp_server.services.operations.grammar import GRAMMAR, Operation, grammar_text, parse_operations

__all__ = ["GRAMMAR", "Operation", "apply_operations", "grammar_text", "parse_operations"]
