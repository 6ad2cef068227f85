"""What the services need from the outside. Implemented in ``store`` and ``traffic``."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Protocol

from evaluator.context import Context, JsonValue
from mcp_server.services.audit import AuditEntry, AuditEvent
from mcp_server.services.damage import QuarantinedSegment
from mcp_server.services.document import Document, DocumentKind, Ref, Revision
from mcp_server.services.environment import Environment, Key
from mcp_server.services.generation import Evaluate, GenerationPlan, Progress
from mcp_server.services.proposal import Approval, DocumentEdit, Evidence, Proposal, ProposalState
from mcp_server.services.record import Record
from mcp_server.services.snapshot import WHOLE, Part, Snapshot
from mcp_server.services.statistics import TrafficStatistics
from mcp_server.services.traffic_files import Forgotten, ImportReport, ImportRequest, Pruned, Trace
from policies.impact import FlagValue, Provenance
from policies.replay.recording import Recording


class Clock(Protocol):
    """Tells the time; always aware UTC."""

    def __call__(self) -> datetime: ...


class ActivePolicy(Record):
    """The policy file that judges in this home, as text, and where it came from."""

    name: str
    digest: str
    text: str
    activated_at: datetime
    activated_by: str


class Server(Record):
    """A running ``drysail serve``: which revision of each environment it answers with, and since when."""

    id: str
    url: str
    pid: int
    revisions: dict[str, int]
    live_at: datetime
    """When it took the newest of these revisions into service."""
    seen_at: datetime


class Reader(Protocol):
    """One consistent view of the store."""

    def environments(self) -> Sequence[Environment]: ...
    def environment(self, name: str) -> Environment:
        """Raises NotFound, naming the environments that exist."""
        ...

    def keys(self, environment: str | None = None) -> Sequence[Key]: ...
    def key_hashes(self) -> Sequence[tuple[str, Key]]:
        """(SHA-256 hex of the token, key) of every unrevoked key, for a server that checks in memory."""
        ...

    def document(self, environment: str, ref: Ref) -> Document | None: ...
    def documents(self, environment: str, kind: DocumentKind | None = None) -> Sequence[Document]:
        """Ordered by kind, then key."""
        ...

    def revisions(self, environment: str, ref: Ref, limit: int = 100) -> Sequence[Revision]:
        """Newest first."""
        ...

    def revision(self, environment: str, ref: Ref, revision: int) -> Revision | None: ...
    def last_reviewed(self, environment: str, ref: Ref) -> Revision | None:
        """The newest revision that a person approved."""
        ...

    def all_last_reviewed(self, environment: str) -> Sequence[Revision]:
        """``last_reviewed`` of every document that has one, in one query. Ordered by kind, then key."""
        ...

    def retired_keys(self, environment: str) -> dict[str, datetime]:
        """Flag keys that once existed (now removed or deleted) and when they were retired."""
        ...

    def proposal(self, proposal_id: str) -> Proposal:
        """Raises NotFound."""
        ...

    def proposals(
        self,
        environment: str | None = None,
        states: Sequence[ProposalState] | None = None,
        flag: str | None = None,
        limit: int = 100,
    ) -> Sequence[Proposal]:
        """Newest first."""
        ...

    def proposal_by_idempotency_key(self, key: str) -> Proposal | None: ...
    def evidence(self, digest: str) -> Evidence | None: ...
    def approvals(self, proposal_id: str) -> Sequence[Approval]: ...
    def active_policy(self) -> ActivePolicy | None: ...
    def audit(self, after: int = 0, limit: int = 1000) -> Sequence[AuditEntry]:
        """Entries with a greater sequence number, oldest first."""
        ...

    def snapshots(self, environment: str) -> Sequence[Snapshot]:
        """Newest first."""
        ...

    def snapshot(self, snapshot_id: str) -> Snapshot | None: ...
    def servers(self, seen_since: datetime) -> Sequence[Server]: ...


class Writer(Reader, Protocol):
    """One transaction. Everything in it happens, or nothing does.

    Flags, cohorts and settings can be written by ``write_document`` alone, and that demands the id of a proposal
    that this same transaction has moved to ``applied``.
    """

    def add_environment(self, environment: Environment) -> None:
        """Raises Conflict if the name is taken."""
        ...

    def make_real(self, name: str) -> None:
        """Ends an environment's life as a sandbox, for ever."""
        ...

    def add_key(self, key: Key, token_sha256: str) -> None: ...
    def revoke_key(self, key_id: str, at: datetime) -> None:
        """Raises NotFound."""
        ...

    def add_proposal(self, proposal: Proposal, idempotency_key: str | None = None) -> None: ...
    def move_proposal(
        self,
        proposal_id: str,
        *,
        expected: Sequence[ProposalState],
        to: ProposalState,
        note: str = "",
        evidence_digest: str | None = None,
        applied_at: datetime | None = None,
        applied_revision: int | None = None,
    ) -> bool:
        """Compare-and-set on the state; False if it was in none of the expected ones.

        ``note`` replaces the old one; None leaves a field alone. Raises NotFound, and Refused for a move that no
        caller may make: out of a closed state, to ``approved`` without an approval of the evidence, to ``applied``
        unless exactly this evidence was allowed or approved.
        """
        ...

    def add_evidence(self, evidence: Evidence) -> None: ...
    def add_approval(self, approval: Approval) -> None: ...
    def write_document(
        self, environment: str, edit: DocumentEdit, *, proposal_id: str, reviewed: bool, at: datetime
    ) -> int:
        """Compare-and-set on the revision; returns the new one.

        Raises Stale, or Refused without an applied proposal."""
        ...

    def bump_environment(self, name: str) -> int:
        """Adds one to the environment's revision and returns it."""
        ...

    def activate_policy(self, policy: ActivePolicy) -> None: ...
    def append_audit(self, event: AuditEvent) -> AuditEntry: ...
    def register_snapshot(self, snapshot: Snapshot) -> None: ...
    def report_server(self, server: Server) -> None:
        """Inserts or updates by id."""
        ...

    def forget_server(self, server_id: str) -> None: ...


class Store(Protocol):
    """The database of a home."""

    @property
    def lineage(self) -> str:
        """Random identity given at creation."""
        ...

    def read(self) -> AbstractContextManager[Reader]: ...
    def write(self) -> AbstractContextManager[Writer]:
        """``BEGIN IMMEDIATE`` (or its like); commits at the end of the block, rolls back on an exception."""
        ...

    def serving_version(self) -> int:
        """A number that moves whenever anything that a server answers with may have changed. Cheap to poll."""
        ...

    def close(self) -> None:
        """Closes the connections. The store must not be used afterwards."""
        ...


class GivenAnswer(Protocol):
    """What a recording keeps of one flag's answer. The evaluator's results are such answers."""

    @property
    def key(self) -> str: ...
    @property
    def value(self) -> FlagValue: ...


@dataclass(frozen=True, slots=True)
class AnsweredCheck:
    """One request's answers, as the serving path hands them to the recorder."""

    environment: str
    revision: int
    at: datetime
    context: Context
    results: Sequence[GivenAnswer]
    sdk: str
    """Name and version of the client (``posthog-python/7.91.1``)."""
    hashes: Callable[[], Mapping[str, tuple[int | None, int | None]]] = dict
    """Tells, by flag key, the 60-bit rollout and variant hashes of the distinct id that the answers took. Recording
    them spares a replay the hashing. Asked by the writer, once for each context that is new to a segment; a flag that
    hashes a device or a group must not be listed."""


@dataclass(slots=True)
class RecorderCounters:
    """What became of the checks so far. Those offered and neither recorded, dropped nor sampled out are on their way.

    ``waiting`` is the number of requests in the recorder's queue now.
    """

    offered: int = 0
    recorded: int = 0
    dropped: int = 0
    sampled_out: int = 0
    segments: int = 0
    failed_writes: int = 0
    waiting: int = 0


class Recorder(Protocol):
    """Takes copies of answered checks. Never blocks, never raises; what does not fit is counted as dropped.

    All methods are safe from any thread.
    """

    def offer(self, check: AnsweredCheck) -> None:
        """Takes a check that was answered here."""
        ...

    def offer_events(self, environment: str, events: Sequence[Mapping[str, JsonValue]], *, sdk: str) -> int:
        """Takes, of the events that an SDK sends, those that tell how it evaluated a flag by itself.

        ``sdk`` is the client where an event does not name it. Returns how many of these events could not be read.
        """
        ...

    @property
    def counters(self) -> Mapping[Provenance, RecorderCounters]:
        """What became of the checks, by where they come from."""
        ...


class Traffic(Protocol):
    """The recorded traffic of a home."""

    def collect(self, environment: str, provenance: Provenance, now: datetime) -> Snapshot | None:
        """A snapshot of the segments that are complete now; None if there are none. The caller registers it."""
        ...

    def verify(self, snapshot: Snapshot) -> None:
        """Reads every file of a snapshot and compares its checksum. Raises like ``load``."""
        ...

    def load(self, snapshot: Snapshot, part: Part = WHOLE) -> Recording:
        """Reads a snapshot and checks every checksum.

        Raises Unavailable (``SNAPSHOT_GONE``, ``SNAPSHOT_CORRUPT``), and InvalidInput for a part without checks.
        """
        ...

    def statistics(self, snapshot: Snapshot, *, top: int = 10) -> TrafficStatistics:
        """What a snapshot holds, with the ``top`` most frequent values of each property. Raises like ``load``."""
        ...

    def bring_in(self, request: ImportRequest, progress: Progress) -> ImportReport:
        """Imports one file; an import that was interrupted goes on where it stopped.

        Raises InvalidInput, NotFound, Conflict (the file changed, or is being imported) and Unavailable (the disk).
        """
        ...

    def export(self, snapshot: Snapshot) -> Iterator[str]:
        """A snapshot as the lines of a traffic file, without line ends. Raises like ``load``."""
        ...

    def export_parquet(self, snapshot: Snapshot, path: Path) -> None:
        """Writes a snapshot as one Parquet file. Raises like ``load``, and OSError."""
        ...

    def generate(self, plan: GenerationPlan, evaluate: Evaluate, progress: Progress) -> None:
        """Writes synthetic segments. Raises InvalidInput for an impossible plan, or where there is no flag."""
        ...

    def prune(self, environment: str, *, before: datetime, keep: Collection[str], now: datetime) -> Pruned:
        """Deletes segments that ended before a moment and those that were replaced; never those in ``keep``."""
        ...

    def trace(self, environment: str, subject: str) -> Trace:
        """What ``forget`` would take away. Raises Unavailable if a segment is damaged."""
        ...

    def forget(self, environment: str, subject: str, now: datetime) -> Forgotten:
        """Deletes whatever was recorded of a distinct id or device id, everywhere in the environment.

        Raises Unavailable if a segment is damaged or the disk refuses; the same call then finishes the work.
        """
        ...

    def quarantine(self, environment: str, segment: str, now: datetime) -> QuarantinedSegment:
        """Moves one segment aside, whatever state it is in. Raises NotFound."""
        ...

    def quarantine_damaged(self, environment: str, now: datetime) -> Sequence[QuarantinedSegment]:
        """Moves every damaged segment aside, each with a note; what is moved is returned.

        Raises Unavailable for what is not damaged but cannot be read, and where the disk refuses.
        """
        ...

    def quarantined(self, environment: str) -> Sequence[QuarantinedSegment]:
        """What was moved aside and is not back, oldest first."""
        ...
