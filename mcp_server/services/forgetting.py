"""Deleting one subject from the recorded traffic of an environment."""

from mcp_server.services.actor import Actor
from mcp_server.services.audit import AuditEvent
from mcp_server.services.errors import InvalidInput
from mcp_server.services.home import Home
from mcp_server.services.snapshots import newest_snapshot, register_snapshot
from mcp_server.services.traffic_files import Forgotten, Trace


def trace_subject(home: Home, environment: str, subject: str) -> Trace:
    """What a deletion of this distinct id or device id would take away. Raises NotFound for the environment."""
    _check(home, environment, subject)
    return home.traffic.trace(environment, subject)


def forget_subject(home: Home, environment: str, subject: str, actor: Actor) -> Forgotten:
    """Deletes a subject from all traffic of an environment, and registers what is left as a new snapshot.

    What was judged on snapshots that held the subject is stale from then on (``SNAPSHOT_GONE``). The audit log says
    that somebody was deleted, by a keyed token and not by name. May be repeated, and has to be after a failure.
    """
    _check(home, environment, subject)
    before = newest_snapshot(home, environment)
    forgotten = home.traffic.forget(environment, subject, home.clock())
    with home.store.write() as writer:
        writer.append_audit(
            AuditEvent(
                at=home.clock(),
                action="traffic.subject_deleted",
                environment=environment,
                subject=forgotten.token,
                actor=actor,
                details={
                    "rewritten": list(forgotten.rewritten),
                    "deleted": list(forgotten.deleted),
                    "quarantined": forgotten.quarantined,
                    "unfinished": forgotten.unfinished,
                },
            )
        )
    if before is not None:
        register_snapshot(home, environment, before.facts.provenance, actor)
    return forgotten


def _check(home: Home, environment: str, subject: str) -> None:
    with home.store.read() as reader:
        reader.environment(environment)
    if not subject:
        raise InvalidInput("The empty text is no subject's id.", hint="Name a distinct id.", place="--subject")
