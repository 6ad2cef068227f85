"""Definitions other than those in force: of a past revision, of a past moment, or as a proposal would have them."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property

from evaluator import Ruleset, needs
from evaluator.facts import Facts
from mcp_server.services.changing import flag_document
from mcp_server.services.definitions import SETTINGS, Bodies, bodies_of, facts_of, ruleset_of
from mcp_server.services.document import Document, Ref, Revision
from mcp_server.services.errors import InvalidInput, NotFound
from mcp_server.services.home import Home
from mcp_server.services.ports import Reader

MOST_REVISIONS = 100_000
"""Revisions of one document that are searched for a past moment."""


@dataclass(frozen=True)
class Edition:
    """Definitions that a check can be asked of. ``now`` is the moment that it is asked for.

    ``name`` says which they are, for a sentence; ``in_force`` that they are the current ones, which a change would
    start from.
    """

    bodies: Bodies
    now: datetime
    name: str
    in_force: bool = field(default=False)

    @cached_property
    def ruleset(self) -> Ruleset:
        """The definitions, compiled."""
        return ruleset_of(self.bodies)

    @cached_property
    def facts(self) -> Facts:
        """Static memberships."""
        return facts_of(self.bodies)


def edition_in_force(home: Home, environment: str, key: str) -> Edition:
    """What is in force now. Raises NotFound for an unknown flag."""
    with home.store.read() as reader:
        document = flag_document(reader, environment, key)
        bodies = bodies_of(reader.documents(environment))
    return Edition(bodies, home.clock(), f"revision {document.revision}, in force", in_force=True)


def edition_of(home: Home, environment: str, key: str, named: str | None) -> Edition:
    """The definitions that a text names: nothing or ``current``, a revision of the flag, or a past time (ISO 8601).

    A revision is that of the flag alone, beside everything else as it is now; a time is that of everything. Raises
    NotFound with what there is, InvalidInput for any other text.
    """
    text = (named or "").strip()
    if text in ("", "current"):
        return edition_in_force(home, environment, key)
    with home.store.read() as reader:
        document = flag_document(reader, environment, key)
        if text.isascii() and text.isdecimal():
            return _of_revision(home, reader, document, int(text))
        return _of_moment(reader, document, moment_of(text), home.clock())


def editions_of_proposal(home: Home, environment: str, key: str, proposal_id: str) -> tuple[Edition, Edition]:
    """The definitions before and after a proposal's change, beside everything else as it is now. Raises NotFound."""
    with home.store.read() as reader:
        flag_document(reader, environment, key)
        proposal = reader.proposal(proposal_id)
        if proposal.environment != environment:
            raise NotFound(
                f"Proposal {proposal_id} belongs to {proposal.environment}, not to {environment}.",
                hint=f"Ask for environment {proposal.environment}.",
                code="NO_SUCH_PROPOSAL",
            )
        documents = bodies_of(reader.documents(environment))
    before, after = dict(documents), dict(documents)
    for edit in proposal.edits:
        for bodies, body in ((before, edit.before), (after, edit.after)):
            bodies.pop(edit.ref, None)
            if body is not None:
                bodies[edit.ref] = body
    now = home.clock()
    return Edition(before, now, f"before {proposal_id}"), Edition(after, now, f"with {proposal_id} ({proposal.state})")


def moment_of(text: str) -> datetime:
    """A time as people and agents write it; without an offset it is UTC. Raises InvalidInput."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise InvalidInput(
            f"{text!r} is no revision number and no time.",
            hint="Give a revision such as 3, or a time such as 2026-11-22T17:00Z.",
            code="NO_SUCH_REVISION",
        ) from None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)


def _of_revision(home: Home, reader: Reader, document: Document, number: int) -> Edition:
    found = reader.revision(document.environment, document.ref, number)
    if found is None or found.body is None:
        count = f"revisions 1 to {document.revision}" if document.revision > 1 else "revision 1 alone"
        raise NotFound(
            f"Flag {document.ref.key!r} has no revision {number} in {document.environment}.",
            hint=f"It has {count}.",
            code="NO_SUCH_REVISION",
        )
    bodies = bodies_of(reader.documents(document.environment))
    bodies[document.ref] = {**found.body, "version": number}
    in_force = number == document.revision
    name = f"revision {number}{', in force' if in_force else ''}"
    return Edition(bodies, home.clock(), name, in_force=in_force)


def _of_moment(reader: Reader, document: Document, at: datetime, now: datetime) -> Edition:
    """Everything that the flag needed at that moment, followed from one document to the next."""
    if at > now:
        raise InvalidInput(f"{at.isoformat()} is still to come.", hint="Give a past time.", code="BAD_TIME")
    bodies: Bodies = {}
    sought: set[Ref] = set()
    wanted = {document.ref, SETTINGS}
    while wanted:
        sought |= wanted
        for ref in wanted:
            found = _in_force_at(reader, document.environment, ref, at)
            if found is not None and found.body is not None:
                version = {"version": found.revision} if ref.kind == "flag" else {}
                bodies[ref] = {**found.body, **version}
        if document.ref not in bodies:
            raise _too_early(reader, document, at)
        needed = needs(ruleset_of(bodies), [document.ref.key])
        flags = {Ref(kind="flag", key=key) for key in needed.flags}
        wanted = (flags | {Ref(kind="cohort", key=key) for key in needed.cohorts}) - sought
    revision = bodies[document.ref]["version"]
    return Edition(bodies, at, f"revision {revision}, in force at {at.isoformat(timespec='seconds')}")


def _in_force_at(reader: Reader, environment: str, ref: Ref, at: datetime) -> Revision | None:
    revisions = reader.revisions(environment, ref, limit=MOST_REVISIONS)
    return next((revision for revision in revisions if revision.at <= at), None)


def _too_early(reader: Reader, document: Document, at: datetime) -> NotFound:
    revisions = reader.revisions(document.environment, document.ref, limit=MOST_REVISIONS)
    return NotFound(
        f"Flag {document.ref.key!r} did not exist in {document.environment} at {at.isoformat(timespec='seconds')}.",
        hint=f"Its first revision is from {revisions[-1].at.isoformat(timespec='seconds')}.",
        code="NO_SUCH_REVISION",
    )
