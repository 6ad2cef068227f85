"""What a change must satisfy before it is worth judging."""

from collections.abc import Sequence
from typing import Any

from evaluator import Definitions
from evaluator.validate import validate_flag
from mcp_server.services.definitions import bodies_of, edited, feed_of
from mcp_server.services.errors import Conflict, InvalidInput, Stale
from mcp_server.services.home import Home
from mcp_server.services.proposal import DocumentEdit


def check_edits(home: Home, environment: str, edits: Sequence[DocumentEdit]) -> None:
    """Raises InvalidInput for a flag that cannot be served, Stale where the base has moved, Conflict for no change."""
    if not edits:
        raise InvalidInput("The change is empty.", code="NO_CHANGE")
    with home.store.read() as reader:
        reader.environment(environment)
        documents = {document.ref: document for document in reader.documents(environment)}
    for edit in edits:
        current = documents.get(edit.ref)
        revision = 0 if current is None else current.revision
        if revision != edit.base_revision:
            raise Stale(
                f"{edit.ref.kind.capitalize()} {edit.ref.key!r} is at revision {revision}, "
                f"the change was made for {edit.base_revision}.",
                hint="Read it again and repeat the change.",
            )
        if edit.after == edit.before:
            raise Conflict(
                f"The change leaves {edit.ref.kind} {edit.ref.key!r} as it is.",
                hint="Leave it out.",
                code="NO_CHANGE",
            )
    after = Definitions.from_posthog(feed_of(edited(bodies_of(documents.values()), edits)))
    for edit in edits:
        if edit.ref.kind == "flag" and edit.after is not None:
            _check_flag(edit.after, after)


def _check_flag(flag: dict[str, Any], definitions: Definitions) -> None:
    problems = validate_flag(flag, definitions)
    if problems:
        first = problems[0]
        more = f" ({len(problems) - 1} more problems.)" if len(problems) > 1 else ""
        raise InvalidInput(
            f"Flag {flag.get('key')!r}: {first.message}",
            hint=first.fix + more,
            code=first.code.upper(),
            place=first.path,
        )
