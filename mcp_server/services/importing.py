"""Importing definitions from PostHog's feed form."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from evaluator.definitions.problem import DefinitionWarning
from mcp_server.services.actor import Actor, ActorKind
from mcp_server.services.applying import apply
from mcp_server.services.condition_ids import identified
from mcp_server.services.document import Document, Ref
from mcp_server.services.errors import InvalidInput, Refused
from mcp_server.services.grouping import related
from mcp_server.services.home import Home
from mcp_server.services.incoming import read_feed
from mcp_server.services.ports import Reader
from mcp_server.services.proposal import DocumentEdit, ProposalKind
from mcp_server.services.proposing import Intent, Judged, propose


@dataclass(frozen=True, slots=True)
class Imported:
    """What an import did. ``bootstrap`` was applied at once; ``proposals`` wait for their verdicts' consequences.

    ``lints`` are those of what came in or is proposed: where SDKs that evaluate by themselves can answer otherwise.
    """

    bootstrap: Judged | None
    proposals: tuple[Judged, ...]
    unchanged: int
    refused: tuple[DefinitionWarning, ...]
    notes: tuple[DefinitionWarning, ...]
    lints: tuple[DefinitionWarning, ...]


def import_feed(home: Home, environment: str, feed: Mapping[str, Any], *, reason: str, actor: Actor) -> Imported:
    """Brings definitions in.

    The first import into an environment without flags and traffic is one bootstrap proposal, which only a person may
    make; it is applied at once. Later ones make a proposal per changed flag or cohort. A definition that cannot be
    served is refused: reported, left out, and nothing else is harmed.
    """
    read = read_feed(feed)
    incoming = read.bodies
    if not incoming and not read.refused:
        raise InvalidInput("The file holds no flags.", hint='It needs {"flags": [...]}.', code="EMPTY_IMPORT")
    with home.store.read() as reader:
        reader.environment(environment)
        current = {document.ref: document for document in reader.documents(environment)}
        first = not current and not reader.snapshots(environment) and not _ever_changed(reader, environment)
    edits = [
        edit for edit in (_edit(current.get(ref), ref, body) for ref, body in incoming.items()) if edit is not None
    ]
    if first:
        bootstrap = _bootstrap(home, environment, edits, reason, actor) if edits else None
        proposals: tuple[Judged, ...] = ()
    else:
        bootstrap = None
        proposals = tuple(
            propose(
                home,
                Intent(environment=environment, edits=group, reason=reason, actor=actor, kind=ProposalKind.IMPORT),
            )
            for group in related(edits)
        )
    brought = {(edit.ref.kind, edit.ref.key) for edit in edits}
    return Imported(
        bootstrap=bootstrap,
        proposals=proposals,
        unchanged=len(incoming) - len(edits),
        refused=read.refused,
        notes=read.notes,
        lints=tuple(warning for warning in read.lints if (warning.kind, warning.key) in brought),
    )


def _bootstrap(home: Home, environment: str, edits: list[DocumentEdit], reason: str, actor: Actor) -> Judged:
    if actor.kind is not ActorKind.PERSON:
        raise Refused("Only a person can make the first import.", hint="Run `drysail flags import` in a terminal.")
    intent = Intent(
        environment=environment, edits=tuple(edits), reason=reason, actor=actor, kind=ProposalKind.BOOTSTRAP
    )
    judged = propose(home, intent)
    applied = apply(home, judged.proposal.id, actor)
    return Judged(proposal=applied.proposal, evidence=applied.evidence)


def _ever_changed(reader: Reader, environment: str) -> bool:
    return reader.environment(environment).revision > 0


def _edit(current: Document | None, ref: Ref, body: dict[str, Any]) -> DocumentEdit | None:
    if current is None:
        after = identified(body, None) if ref.kind == "flag" else body
        return DocumentEdit(ref=ref, base_revision=0, base_digest=None, before=None, after=after)
    after = _keeping_own_data(current, body)
    if after == current.body:
        return None
    return DocumentEdit(
        ref=ref,
        base_revision=current.revision,
        base_digest=current.digest,
        before=current.body,
        after=after,
    )


def _keeping_own_data(current: Document, incoming: dict[str, Any]) -> dict[str, Any]:
    """A file from elsewhere knows nothing of Drysail's metadata and edit counters, so these stay."""
    body = current.body
    kept: dict[str, Any] = {name: body[name] for name in ("version", "id") if name in body and name not in incoming}
    merged: dict[str, Any] = {**incoming, **kept}
    if current.ref.kind == "flag":
        merged = identified(merged, body)
    ours, theirs = body.get("drysail"), merged.get("drysail")
    counters = [part.get("next_condition") for part in (ours, theirs) if isinstance(part, dict)]
    own: dict[str, Any] = {**(ours if isinstance(ours, dict) else {}), **(theirs if isinstance(theirs, dict) else {})}
    known = [counter for counter in counters if isinstance(counter, int)]
    if known:
        own["next_condition"] = max(known)
    return {**merged, "drysail": own} if own else merged
