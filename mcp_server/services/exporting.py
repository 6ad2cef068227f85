"""Definitions as one text in PostHog's feed form."""

from evaluator import json_text
from mcp_server.services.definitions import feed_of
from mcp_server.services.home import Home


def export_feed(home: Home, environment: str) -> str:
    """All flags, cohorts and settings as they were stored, number for number, ending with a line feed."""
    with home.store.read() as reader:
        reader.environment(environment)
        bodies = {document.ref: document.body for document in reader.documents(environment)}
    return json_text.dumps(feed_of(bodies), indent=2) + "\n"
