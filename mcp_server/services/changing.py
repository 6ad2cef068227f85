"""From what somebody wants to a change of documents: modify, create, switch off, undo."""

from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from typing import Any

from evaluator.definitions.condition_ids import with_condition_ids
from mcp_server.services.actor import Actor
from mcp_server.services.document import Document, Ref
from mcp_server.services.errors import Conflict, InvalidInput, NotFound, Stale
from mcp_server.services.home import Home
from mcp_server.services.operations import apply_operations, parse_operations
from mcp_server.services.ports import Reader
from mcp_server.services.proposal import DocumentEdit, ProposalKind, ProposalState
from mcp_server.services.proposing import Intent
from mcp_server.services.safety import approved_body, safe_value

NEAR_DUPLICATE = 0.85
"""Keys at least this similar (difflib ratio) are pointed out when a flag is created."""


def flag_document(reader: Reader, environment: str, key: str) -> Document:
    """The flag. Raises NotFound with near misses."""
    reader.environment(environment)
    document = reader.document(environment, Ref(kind="flag", key=key))
    if document is not None:
        return document
    keys = [found.ref.key for found in reader.documents(environment, "flag")]
    near = get_close_matches(key, keys, n=3)
    hint = f"Did you mean {', '.join(near)}?" if near else "find_flags shows all of them."
    raise NotFound(f"There is no flag {key!r} in {environment}.", hint=hint, code="NO_SUCH_FLAG")


def modify(
    home: Home,
    environment: str,
    key: str,
    operations: Sequence[Mapping[str, Any]],
    *,
    reason: str,
    actor: Actor,
    expect: dict[str, Any] | None = None,
    idempotency_key: str | None = None,
) -> Intent:
    """The intent to apply operations to one flag."""
    parsed = parse_operations(operations)
    with home.store.read() as reader:
        document = flag_document(reader, environment, key)
    after = apply_operations(document.body, parsed)
    return Intent(
        environment=environment,
        edits=(replacing(document, after),),
        reason=reason,
        actor=actor,
        operations=tuple(dict(operation) for operation in operations),
        expect=expect,
        idempotency_key=idempotency_key,
    )


def create(
    home: Home,
    environment: str,
    definition: Mapping[str, Any],
    operations: Sequence[Mapping[str, Any]] = (),
    *,
    reason: str,
    actor: Actor,
) -> Intent:
    """The intent to add a flag. It starts off, whatever is asked. Raises Conflict where the key exists."""
    key = definition.get("key")
    if not isinstance(key, str) or not key:
        raise InvalidInput("A flag needs a key.", hint='For example "new-checkout".', place="key")
    with home.store.read() as reader:
        reader.environment(environment)
        existing = reader.documents(environment, "flag")
    if key in [document.ref.key for document in existing]:
        raise Conflict(f"Flag {key!r} exists in {environment}.", hint="Use modify_flag.", code="FLAG_EXISTS")
    number = max((int(document.body.get("id") or 0) for document in existing), default=0) + 1
    body = with_condition_ids({"id": number, "filters": {"groups": []}, **definition})
    if operations:
        body = apply_operations(body, parse_operations(operations))
    body |= {"active": False, "deleted": False}
    edit = DocumentEdit(ref=Ref(kind="flag", key=key), base_revision=0, base_digest=None, before=None, after=body)
    return Intent(environment=environment, edits=(edit,), reason=reason, actor=actor)


def near_duplicates(home: Home, environment: str, key: str) -> list[str]:
    """Existing keys that differ from this one so little that it may be meant."""
    with home.store.read() as reader:
        keys = [document.ref.key for document in reader.documents(environment, "flag")]
    return [near for near in get_close_matches(key, keys, n=3, cutoff=NEAR_DUPLICATE) if near != key]


def switch_off(home: Home, environment: str, key: str, *, reason: str, actor: Actor) -> Intent:
    """The intent to give everybody the flag's declared safe value (off, where none is declared)."""
    with home.store.read() as reader:
        document = flag_document(reader, environment, key)
        safe = safe_value(approved_body(reader, environment, document.ref))
    if safe is False:
        operations: list[dict[str, Any]] = [{"op": "set_active", "value": False}]
    else:
        everybody: dict[str, Any] = {"op": "add_condition", "filters": [], "rollout_percentage": 100, "position": 0}
        if isinstance(safe, str):
            everybody["variant"] = safe
        operations = [{"op": "set_active", "value": True}, everybody]
    return modify(home, environment, key, operations, reason=reason, actor=actor)


def undo(home: Home, proposal_id: str, *, reason: str, actor: Actor) -> Intent:
    """The intent to bring back what was in force before an applied proposal.

    Raises Conflict if it was never applied, Stale if one of its documents was changed since.
    """
    with home.store.read() as reader:
        proposal = reader.proposal(proposal_id)
        if proposal.state is not ProposalState.APPLIED:
            raise Conflict(
                f"Proposal {proposal_id} is {proposal.state}, so there is nothing to undo.", code="NOT_APPLIED"
            )
        edits = []
        for edit in proposal.edits:
            document = reader.document(proposal.environment, edit.ref)
            newest = reader.revisions(proposal.environment, edit.ref, limit=1)
            if not newest or newest[0].proposal_id != proposal_id:
                raise Stale(
                    f"{edit.ref.kind.capitalize()} {edit.ref.key!r} was changed again since {proposal_id}"
                    + (f" (by {newest[0].proposal_id})." if newest else "."),
                    hint="Undo the newer change first, or modify it by hand.",
                )
            edits.append(_inverse(document, edit))
    return Intent(
        environment=proposal.environment,
        edits=tuple(edits),
        reason=reason,
        actor=actor,
        kind=ProposalKind.REVERT,
        reverts=proposal_id,
    )


def replacing(document: Document, after: dict[str, Any] | None) -> DocumentEdit:
    """The edit that takes a document from its newest revision to another body."""
    return DocumentEdit(
        ref=document.ref,
        base_revision=document.revision,
        base_digest=document.digest,
        before=document.body,
        after=after,
    )


def _inverse(document: Document | None, edit: DocumentEdit) -> DocumentEdit:
    """The way back. A flag that did not exist is archived, not removed: its key stays taken."""
    if document is not None:
        gone = {**document.body, "active": False, "deleted": True} if document.ref.kind == "flag" else None
        return replacing(document, gone if edit.before is None else edit.before)
    return DocumentEdit(ref=edit.ref, base_revision=0, base_digest=None, before=None, after=edit.before)
