"""Reading and verifying the audit log."""

from dataclasses import dataclass

from mcp_server.services.audit import AuditEntry, verify_chain
from mcp_server.services.errors import Unavailable
from mcp_server.services.home import Home

PAGE = 1000


@dataclass(frozen=True, slots=True)
class Walked:
    """An intact chain. ``head`` is the hash of its last entry, empty for an empty chain."""

    entries: int
    head: str


def all_entries(home: Home) -> list[AuditEntry]:
    """The whole log, oldest first."""
    entries: list[AuditEntry] = []
    with home.store.read() as reader:
        while page := reader.audit(after=entries[-1].sequence if entries else 0, limit=PAGE):
            entries.extend(page)
    return entries


def verify(home: Home, head: str | None = None) -> Walked:
    """Walks the chain. Raises Unavailable (``AUDIT_BROKEN``) naming the first bad entry, or a head that is missing."""
    entries = all_entries(home)
    broken = verify_chain(entries)
    if broken is not None:
        raise Unavailable(
            f"The audit chain is broken at entry {broken}: it was changed, or one before it is missing.",
            hint="Compare the database with a backup; entries before it are intact.",
            code="AUDIT_BROKEN",
        )
    if head is not None and head not in {entry.hash for entry in entries}:
        raise Unavailable(
            f"The head {head[:16]} is not in the chain: the log was rewritten or cut.",
            hint="Compare the database with a backup.",
            code="AUDIT_BROKEN",
        )
    return Walked(entries=len(entries), head=entries[-1].hash if entries else "")
