"""Sealing evidence: the digest that verdicts and approvals are bound to."""

from typing import Any

from evaluator.json_text import digest
from mcp_server.services.proposal import Evidence

EVIDENCE_FORMAT = 1


def sealed(content: dict[str, Any]) -> Evidence:
    """The evidence with its digest."""
    unsealed = Evidence(**content, digest="")
    return unsealed.model_copy(update={"digest": evidence_digest(unsealed)})


def evidence_digest(evidence: Evidence) -> str:
    """SHA-256 of the canonical JSON of everything but the digest itself."""
    return digest(evidence.model_dump(mode="json", exclude={"digest"}))
