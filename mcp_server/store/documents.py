"""The only statements that change a flag, a cohort or the settings."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, delete, insert, literal, select, update
from sqlmodel import col

from evaluator import json_text
from mcp_server.services.errors import InvalidInput, Stale
from mcp_server.services.proposal import DocumentEdit
from mcp_server.store.rows import DocumentRow, RevisionRow
from mcp_server.store.savepoint import savepoint

# Statements are made once: an import writes thousands of documents in one transaction.
ITS_HISTORY = (
    col(RevisionRow.environment) == bindparam("its_environment"),
    col(RevisionRow.kind) == bindparam("its_kind"),
    col(RevisionRow.key) == bindparam("its_key"),
)
NEWEST_REVISION = (
    select(col(RevisionRow.revision), col(RevisionRow.digest), col(RevisionRow.body).is_not(None))
    .where(*ITS_HISTORY)
    .order_by(col(RevisionRow.revision).desc())
    .limit(literal(1))
)
APPEND = insert(RevisionRow)
MADE = (*ITS_HISTORY, col(RevisionRow.revision) == bindparam("made"))
CREATE = insert(DocumentRow).from_select(
    ["environment", "kind", "key", "revision", "digest", "body", "updated_at"],
    select(
        col(RevisionRow.environment),
        col(RevisionRow.kind),
        col(RevisionRow.key),
        col(RevisionRow.revision),
        col(RevisionRow.digest),
        col(RevisionRow.body),
        col(RevisionRow.at),
    ).where(*MADE),
)
WHERE_IT_IS_BASED = (
    col(DocumentRow.environment) == bindparam("its_environment"),
    col(DocumentRow.kind) == bindparam("its_kind"),
    col(DocumentRow.key) == bindparam("its_key"),
    col(DocumentRow.revision) == bindparam("base"),
)
REPLACE = (
    update(DocumentRow)
    .where(*WHERE_IT_IS_BASED)
    .values(
        revision=bindparam("made"),
        digest=select(col(RevisionRow.digest)).where(*MADE).scalar_subquery(),
        body=select(col(RevisionRow.body)).where(*MADE).scalar_subquery(),
        updated_at=select(col(RevisionRow.at)).where(*MADE).scalar_subquery(),
    )
)
REMOVE = delete(DocumentRow).where(*WHERE_IT_IS_BASED)


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a revision comes from."""

    proposal_id: str
    reviewed: bool
    at: datetime


def write_revision(connection: Connection, environment: str, edit: DocumentEdit, origin: Origin) -> int:
    """Appends the revision that the edit makes and moves the current document to it. Returns its number.

    Numbers go on where a removed document left off. Raises Stale if the document is not what the edit is based on.
    """
    its = {"its_environment": environment, "its_kind": edit.ref.kind, "its_key": edit.ref.key}
    newest = _newest(connection, its)
    _check_base(newest, edit)
    made = newest.revision + 1
    with savepoint(connection):
        connection.execute(
            APPEND,
            {
                "environment": environment,
                "kind": edit.ref.kind,
                "key": edit.ref.key,
                "revision": made,
                "digest": _digest(edit),
                "body": edit.after,
                "alive": edit.after is not None and edit.after.get("deleted") is not True,
                "proposal_id": origin.proposal_id,
                "at": origin.at,
                "reviewed": origin.reviewed,
            },
        )
        _make_current(connection, edit, {**its, "made": made, "base": edit.base_revision})
    return made


@dataclass(frozen=True, slots=True)
class _Newest:
    """``revision`` counts removals too; ``present`` says whether there is a document to base an edit on."""

    revision: int
    digest: str | None
    present: bool


def _newest(connection: Connection, its: dict[str, str]) -> _Newest:
    found = connection.execute(NEWEST_REVISION, its).first()
    return _Newest(0, None, False) if found is None else _Newest(*found)


def _check_base(newest: _Newest, edit: DocumentEdit) -> None:
    current = newest.revision if newest.present else 0
    if current != edit.base_revision:
        found = f"is at revision {current}" if current else "does not exist"
        expected = f"revision {edit.base_revision}" if edit.base_revision else "its absence"
        raise Stale(f"{_name(edit)} {found}; the change is based on {expected}.", hint="Rebase the proposal.")
    if current and edit.base_digest is not None and newest.digest != edit.base_digest:
        raise Stale(
            f"{_name(edit)} has another content at revision {current} than the change is based on.",
            hint="Rebase the proposal.",
        )
    if not current and edit.after is None:
        raise InvalidInput(f"{_name(edit)} does not exist and cannot be removed.", hint="Leave it out of the change.")


def _digest(edit: DocumentEdit) -> str:
    try:
        return json_text.digest(edit.after)
    except json_text.NotCanonical as error:
        raise InvalidInput(f"{_name(edit)} cannot be stored: {error}.", code="NOT_CANONICAL") from error


def _make_current(connection: Connection, edit: DocumentEdit, names: dict[str, Any]) -> None:
    """Compare-and-set: only where the document is at the edit's base, whatever was found out before."""
    if edit.base_revision == 0:
        connection.execute(CREATE, names)
        return
    changed = connection.execute(REPLACE if edit.after is not None else REMOVE, names)
    if changed.rowcount != 1:
        raise Stale(f"{_name(edit)} is no longer at revision {edit.base_revision}.", hint="Rebase the proposal.")


def _name(edit: DocumentEdit) -> str:
    return f"{edit.ref.kind.capitalize()} {edit.ref.key!r}"
