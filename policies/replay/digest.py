"""The digest that binds evidence to an impact."""

from evaluator.json_text import digest
from policies.impact import Impact


def impact_digest(impact: Impact) -> str:
    """SHA-256 of the impact's canonical JSON, in hex."""
    return digest(impact.model_dump(mode="json"))
