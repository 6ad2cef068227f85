"""The only statements that change a flag, a cohort or the settings."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlmodel import Session, col, delete, select, update

from evaluator import json_text
from mcp_server.services.document import Ref
from mcp_server.services.errors import InvalidInput, Stale
from mcp_server.services.proposal import DocumentEdit
from mcp_server.store.rows import DocumentRow, RevisionRow
from mcp_server.store.savepoint import savepoint


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a revision comes from."""

    proposal_id: str
    reviewed: bool
    at: datetime


def write_revision(session: Session, environment: str, edit: DocumentEdit, origin: Origin) -> int:
    """Appends the revision that the edit makes and moves the current document to it. Returns its number.

    Numbers go on where a removed document left off. Raises Stale if the document is not what the edit is based on.
    """
    newest = _newest(session, environment, edit.ref)
    _check_base(newest, edit)
    revision = RevisionRow(
        environment=environment,
        kind=edit.ref.kind,
        key=edit.ref.key,
        revision=newest.revision + 1,
        digest=_digest(edit),
        body=edit.after,
        alive=edit.after is not None and edit.after.get("deleted") is not True,
        proposal_id=origin.proposal_id,
        at=origin.at,
        reviewed=origin.reviewed,
    )
    with savepoint(session):
        session.add(revision)
        session.flush()
        _make_current(session, edit, revision)
    return revision.revision


@dataclass(frozen=True, slots=True)
class _Newest:
    """``revision`` counts removals too; ``present`` says whether there is a document to base an edit on."""

    revision: int
    digest: str | None
    present: bool


def _newest(session: Session, environment: str, ref: Ref) -> _Newest:
    found = session.exec(
        select(RevisionRow.revision, RevisionRow.digest, col(RevisionRow.body).is_not(None))
        .where(RevisionRow.environment == environment, RevisionRow.kind == ref.kind, RevisionRow.key == ref.key)
        .order_by(col(RevisionRow.revision).desc())
        .limit(1)
    ).first()
    return _Newest(0, None, False) if found is None else _Newest(*found)


def _check_base(newest: _Newest, edit: DocumentEdit) -> None:
    name = f"{edit.ref.kind.capitalize()} {edit.ref.key!r}"
    current = newest.revision if newest.present else 0
    if current != edit.base_revision:
        found = f"is at revision {current}" if current else "does not exist"
        expected = f"revision {edit.base_revision}" if edit.base_revision else "its absence"
        raise Stale(f"{name} {found}; the change is based on {expected}.", hint="Rebase the proposal.")
    if current and edit.base_digest is not None and newest.digest != edit.base_digest:
        raise Stale(
            f"{name} has another content at revision {current} than the change is based on.",
            hint="Rebase the proposal.",
        )
    if not current and edit.after is None:
        raise InvalidInput(f"{name} does not exist and cannot be removed.", hint="Leave it out of the change.")


def _digest(edit: DocumentEdit) -> str:
    try:
        return json_text.digest(edit.after)
    except json_text.NotCanonical as error:
        raise InvalidInput(
            f"{edit.ref.kind.capitalize()} {edit.ref.key!r} cannot be stored: {error}.", code="NOT_CANONICAL"
        ) from error


def _make_current(session: Session, edit: DocumentEdit, revision: RevisionRow) -> None:
    """Compare-and-set of the current document, whatever was found out before."""
    based_on = (
        col(DocumentRow.environment) == revision.environment,
        col(DocumentRow.kind) == revision.kind,
        col(DocumentRow.key) == revision.key,
        col(DocumentRow.revision) == edit.base_revision,
    )
    values: dict[str, Any] = {
        "revision": revision.revision,
        "digest": revision.digest,
        "body": edit.after,
        "updated_at": revision.at,
    }
    if edit.base_revision == 0:
        session.add(DocumentRow(environment=revision.environment, kind=edit.ref.kind, key=edit.ref.key, **values))
        return
    statement = update(DocumentRow).values(**values) if edit.after is not None else delete(DocumentRow)
    options = {"synchronize_session": False}
    if session.exec(statement.where(*based_on), execution_options=options).rowcount != 1:
        raise Stale(
            f"{edit.ref.kind.capitalize()} {edit.ref.key!r} is no longer at revision {edit.base_revision}.",
            hint="Rebase the proposal.",
        )
