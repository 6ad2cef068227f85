"""Whether evidence still holds: everything it was made from must be what is in force now."""

from datetime import timedelta

from evaluator import EVALUATION_VERSION
from mcp_server.services.change import Change, change_digest, closure, pins_of
from mcp_server.services.evidence import evidence_digest
from mcp_server.services.home import Home
from mcp_server.services.policy_in_force import policy_in_force
from mcp_server.services.ports import Reader
from mcp_server.services.proposal import Evidence, Pin, Proposal
from mcp_server.services.proposing import Base

TRAFFIC_LIFE = timedelta(hours=72)
"""A replay whose newest check is older than this at apply no longer describes who is there."""


def what_moved(home: Home, reader: Reader, proposal: Proposal, evidence: Evidence) -> tuple[str, ...]:
    """One sentence for each thing that is not as it was when the evidence was made; empty if all is."""
    moved = [*_documents_moved(reader, proposal, evidence)]
    if evidence.lineage != home.store.lineage:
        moved.append("The evidence was made in another store.")
    if evidence_digest(evidence) != evidence.digest or change_digest(proposal.edits) != evidence.change_digest:
        moved.append("The stored evidence does not match its digest.")
    policy = policy_in_force(reader)
    if policy.digest != evidence.policy_digest:
        moved.append(f"Another policy is active ({policy.name}, {policy.digest[:12]}).")
    if evidence.evaluation_version != EVALUATION_VERSION:
        moved.append(
            f"The evaluator is now {EVALUATION_VERSION}; the evidence was made with {evidence.evaluation_version}."
        )
    moved.extend(_traffic_moved(home, reader, evidence))
    return tuple(moved)


def _documents_moved(reader: Reader, proposal: Proposal, evidence: Evidence) -> list[str]:
    base = Base.of(reader, proposal.environment)
    moved = []
    for edit in proposal.edits:
        revision, _ = base.revisions.get(edit.ref, (0, ""))
        if revision != edit.base_revision:
            moved.append(
                _moved_document(reader, proposal.environment, Pin(ref=edit.ref, revision=edit.base_revision, digest=""))
            )
    if moved:
        return moved
    pins = {pin.ref: pin for pin in evidence.pins}
    now = {pin.ref: pin for pin in pins_of(closure(Change(base=base.bodies, edits=proposal.edits)), base.revisions)}
    for ref in sorted({*pins, *now}, key=lambda ref: (ref.kind, ref.key)):
        if ref not in now:
            moved.append(f"{ref.kind.capitalize()} {ref.key!r} no longer has to do with the change.")
        elif ref not in pins:
            moved.append(f"{ref.kind.capitalize()} {ref.key!r} now has to do with the change.")
        elif pins[ref] != now[ref]:
            moved.append(_moved_document(reader, proposal.environment, pins[ref]))
    return moved


def _moved_document(reader: Reader, environment: str, pin: Pin) -> str:
    name = f"{pin.ref.kind.capitalize()} {pin.ref.key!r}"
    history = reader.revisions(environment, pin.ref, limit=1)
    if not history:
        return f"{name} is gone."
    newest = history[0]
    author = reader.proposal(newest.proposal_id).actor.principal
    return (
        f"{name} moved from revision {pin.revision} to {newest.revision} "
        f"(proposal {newest.proposal_id} by {author}, {newest.at:%Y-%m-%d %H:%M} UTC)."
    )


def _traffic_moved(home: Home, reader: Reader, evidence: Evidence) -> list[str]:
    if evidence.traffic is None:
        return []
    snapshot = reader.snapshot(evidence.traffic.snapshot)
    if snapshot is None or snapshot.digest != evidence.traffic.digest:
        return [f"Snapshot {evidence.traffic.snapshot} is no longer registered."]
    if evidence.traffic.provenance == "synthetic" and not reader.environment(evidence.environment).sandbox:
        return [f"{evidence.environment} is no longer a sandbox, and the replay rests on synthetic traffic."]
    age = home.clock() - evidence.traffic.newest_at
    if age > TRAFFIC_LIFE:
        hours = int(TRAFFIC_LIFE.total_seconds() // 3600)
        return [f"The newest check that was replayed is more than {hours} hours old."]
    return []
