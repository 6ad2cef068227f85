"""From stored documents to what the evaluator takes, and back to PostHog's feed form."""

from collections.abc import Iterable, Sequence
from typing import Any

from evaluator import Definitions, Ruleset, compile_definitions
from evaluator.facts import Facts
from mcp_server.services.document import SETTINGS_KEY, Document, Ref
from mcp_server.services.proposal import DocumentEdit

Bodies = dict[Ref, dict[str, Any]]
"""The definitions of an environment: every document's body."""

SETTINGS = Ref(kind="settings", key=SETTINGS_KEY)
SETTINGS_FIELDS = ("group_type_mapping", "property_matching_version", "timezone")


def bodies_of(documents: Iterable[Document]) -> Bodies:
    """The documents' bodies, each flag with its revision as PostHog's edit counter ``version``."""
    return {
        document.ref: {**document.body, "version": document.revision} if document.ref.kind == "flag" else document.body
        for document in documents
    }


def edited(bodies: Bodies, edits: Sequence[DocumentEdit]) -> Bodies:
    """The definitions after the edits."""
    result = dict(bodies)
    for edit in edits:
        if edit.after is None:
            result.pop(edit.ref, None)
        else:
            result[edit.ref] = edit.after
    return result


def feed_of(bodies: Bodies) -> dict[str, Any]:
    """The definitions as one object in PostHog's feed form (flags, cohorts, group_type_mapping, ...)."""
    return {
        "flags": [body for ref, body in sorted(bodies.items(), key=_order) if ref.kind == "flag"],
        "cohorts": {ref.key: body for ref, body in sorted(bodies.items(), key=_order) if ref.kind == "cohort"},
        **bodies.get(SETTINGS, {}),
    }


def ruleset_of(bodies: Bodies) -> Ruleset:
    """The compiled definitions."""
    return compile_definitions(Definitions.from_posthog(feed_of(bodies)))


def facts_of(bodies: Bodies) -> Facts:
    """Memberships of the static cohorts."""
    return Definitions.from_posthog(feed_of(bodies)).facts()


def _order(item: tuple[Ref, Any]) -> tuple[str, str]:
    return item[0].kind, item[0].key
