"""What people do with recorded traffic beside replaying it: bring it in and out, count it, generate it, delete it."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from pathlib import Path

from evaluator import Context, Result, evaluate_all
from mcp_server.services.actor import Actor
from mcp_server.services.definitions import bodies_of, facts_of, ruleset_of
from mcp_server.services.errors import InvalidInput, NotFound, Unavailable
from mcp_server.services.generation import GenerationPlan, Progress
from mcp_server.services.home import Home
from mcp_server.services.proposal import OPEN_STATES
from mcp_server.services.record import Record
from mcp_server.services.snapshot import Snapshot
from mcp_server.services.snapshots import newest_snapshot, register_snapshot
from mcp_server.services.statistics import TrafficStatistics
from mcp_server.services.traffic_files import FileFormat, ImportReport, ImportRequest, Pruned

RETENTION = timedelta(days=30)
"""How long recorded traffic is kept, unless a person prunes it sooner."""


def generate_traffic(
    home: Home,
    environment: str,
    actor: Actor,
    *,
    checks: int,
    seed: int,
    subjects: int | None,
    hours: int,
    progress: Progress = lambda done, total: None,
) -> Snapshot:
    """Writes synthetic checks, answered by the definitions in force, and registers them as a snapshot.

    Raises InvalidInput in an environment that is not a sandbox: its verdicts would never rest on them.
    """
    with home.store.read() as reader:
        facts = reader.environment(environment)
        bodies = bodies_of(reader.documents(environment))
    if not facts.sandbox:
        raise InvalidInput(
            f"{environment} is not a sandbox, and synthetic traffic is no evidence about real people.",
            hint="Create a sandbox: drysail environments create NAME --sandbox.",
            code="NOT_A_SANDBOX",
        )
    ruleset, memberships = ruleset_of(bodies), facts_of(bodies)

    def answers(context: Context, at: datetime) -> Sequence[Result]:
        return tuple(evaluate_all(ruleset, context, now=at, facts=memberships).values())

    end = home.clock()
    plan = GenerationPlan(
        environment=environment,
        revision=facts.revision,
        checks=checks,
        seed=seed,
        start=end - timedelta(hours=hours),
        end=end,
        subjects=subjects,
    )
    home.traffic.generate(plan, answers, progress)
    snapshot = register_snapshot(home, environment, "synthetic", actor)
    if snapshot is None:
        raise Unavailable("The generated traffic cannot be found.", hint="Check that the disk is writable.")
    return snapshot


class ImportOptions(Record):
    """How files are imported, as a person says it; see ``ImportRequest``. ``mapping`` are texts ``WHAT=COLUMN``."""

    format: FileFormat | None = None
    mapping: tuple[str, ...] = ()
    strict: bool = False
    restart: bool = False


def bring_in(
    home: Home,
    environment: str,
    path: Path,
    options: ImportOptions = ImportOptions(),  # noqa: B008 - frozen
    progress: Progress = lambda done, total: None,
) -> ImportReport:
    """Imports one file into an environment. Raises like ``Traffic.bring_in``, and NotFound for the environment."""
    with home.store.read() as reader:
        reader.environment(environment)
    request = ImportRequest(
        environment=environment,
        path=path,
        now=home.clock(),
        format=options.format,
        mapping=tuple(_pair(text) for text in options.mapping),
        strict=options.strict,
        restart=options.restart,
    )
    return home.traffic.bring_in(request, progress)


def _pair(text: str) -> tuple[str, str]:
    target, equals, column = text.partition("=")
    if not equals or not target or not column:
        raise InvalidInput(
            f"--map {text!r} is not WHAT=COLUMN.",
            hint="For example --map distinct_id=user_id, or --map property.plan=plan.",
            code="BAD_MAPPING",
        )
    return target.strip(), column


def traffic_statistics(home: Home, environment: str, snapshot_id: str | None = None) -> TrafficStatistics:
    """What a snapshot holds; the newest one unless told otherwise. Raises NotFound where there is none."""
    return home.traffic.statistics(chosen_snapshot(home, environment, snapshot_id))


def export_lines(home: Home, environment: str, snapshot_id: str | None = None) -> Iterator[str]:
    """A snapshot as JSON lines. Raises NotFound."""
    return home.traffic.export(chosen_snapshot(home, environment, snapshot_id))


def export_parquet(home: Home, environment: str, path: Path, snapshot_id: str | None = None) -> Snapshot:
    """Writes a snapshot as one Parquet file, and returns what it is of. Raises NotFound, and OSError."""
    snapshot = chosen_snapshot(home, environment, snapshot_id)
    home.traffic.export_parquet(snapshot, path)
    return snapshot


def prune_traffic(home: Home, environment: str, older_than: timedelta = RETENTION) -> Pruned:
    """Deletes segments that ended before that, and those that bigger ones replaced.

    What the newest snapshot and open proposals rest on stays.
    """
    now = home.clock()
    with home.store.read() as reader:
        pinned = list(reader.snapshots(environment)[:1])
        for proposal in reader.proposals(environment, states=list(OPEN_STATES), limit=10_000):
            evidence = reader.evidence(proposal.evidence_digest or "")
            found = None if evidence is None or evidence.traffic is None else reader.snapshot(evidence.traffic.snapshot)
            pinned += [] if found is None else [found]
    keep = {str(segment["id"]) for snapshot in pinned for segment in snapshot.manifest["segments"]}
    return home.traffic.prune(environment, before=now - older_than, keep=keep, now=now)


def chosen_snapshot(home: Home, environment: str, snapshot_id: str | None = None) -> Snapshot:
    """The snapshot of that id, or the environment's newest. Raises NotFound."""
    if snapshot_id is None:
        snapshot = newest_snapshot(home, environment)
        if snapshot is None:
            raise NotFound(
                f"{environment} has no snapshot yet.", hint="Run `drysail traffic snapshot` first.", code="NO_TRAFFIC"
            )
        return snapshot
    with home.store.read() as reader:
        found = reader.snapshot(snapshot_id)
        known = [each.id for each in reader.snapshots(environment)[:5]]
    if found is None or found.environment != environment:
        there = f"The newest are {', '.join(known)}." if known else "Run `drysail traffic snapshot` first."
        raise NotFound(f"{environment} has no snapshot {snapshot_id!r}.", hint=there, code="NO_SNAPSHOT")
    return found
