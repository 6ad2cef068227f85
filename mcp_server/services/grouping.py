"""Which documents belong together: new ones and what needs them, one and all that it names."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from mcp_server.services.definitions import SETTINGS, Bodies
from mcp_server.services.document import Ref
from mcp_server.services.proposal import DocumentEdit


def related(edits: Sequence[DocumentEdit]) -> list[tuple[DocumentEdit, ...]]:
    """One proposal per changed document; new documents and those that need them go together, in one."""
    new = {edit.ref for edit in edits if edit.base_revision == 0}
    needing = {edit.ref: references(edit.after or {}) & new - {edit.ref} for edit in edits}
    together = {ref for ref, needed in needing.items() if needed} | {
        ref for needed in needing.values() for ref in needed
    }
    joint = tuple(edit for edit in edits if edit.ref in together)
    return [*([joint] if joint else []), *((edit,) for edit in edits if edit.ref not in together)]


def reached(bodies: Bodies, refs: Iterable[Ref]) -> Bodies:
    """Of the definitions, these documents, all that they name, directly or not, and the settings."""
    waiting = [ref for ref in refs if ref in bodies]
    needed = {SETTINGS, *waiting}
    while waiting:
        named = references(bodies[waiting.pop()]) & bodies.keys() - needed
        needed |= named
        waiting.extend(named)
    return {ref: body for ref, body in bodies.items() if ref in needed}


def references(body: Mapping[str, Any]) -> set[Ref]:
    """The flags and cohorts that a definition names, however deep."""
    found: set[Ref] = set()
    waiting: list[Any] = [body]
    while waiting:
        part = waiting.pop()
        if isinstance(part, Mapping):
            if part.get("type") == "flag":
                found.add(Ref(kind="flag", key=str(part.get("key"))))
            if part.get("type") == "cohort":
                found.add(Ref(kind="cohort", key=str(part.get("value"))))
            waiting.extend(part.values())
        elif isinstance(part, list):
            waiting.extend(part)
    return found
