"""What commands do with a home's traffic beside replaying it."""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from pathlib import Path

from evaluator import Context, Result, evaluate_all
from mcp_server.composition.home import person
from mcp_server.services.definitions import bodies_of, facts_of, ruleset_of
from mcp_server.services.errors import InvalidInput, NotFound, Unavailable
from mcp_server.services.home import Home
from mcp_server.services.proposal import OPEN_STATES
from mcp_server.services.snapshot import Snapshot
from mcp_server.services.snapshots import newest_snapshot, register_snapshot
from mcp_server.services.statistics import TrafficStatistics
from mcp_server.settings import Settings
from mcp_server.traffic.archive import TrafficArchive
from mcp_server.traffic.generator import GenerationPlan, generate
from mcp_server.traffic.importing import ImportReport, import_jsonl
from mcp_server.traffic.retention import Pruned

Progress = Callable[[int, int], None]

RETENTION = timedelta(days=30)
"""How long recorded traffic is kept, unless a person prunes it sooner."""


def generate_traffic(
    home: Home,
    settings: Settings,
    environment: str,
    *,
    checks: int,
    seed: int,
    subjects: int | None,
    hours: int,
    progress: Progress,
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
    generate(settings.home, answers, plan, progress)
    snapshot = register_snapshot(home, environment, "synthetic", person())
    if snapshot is None:
        raise Unavailable("The generated traffic cannot be found.", hint="Check that the disk is writable.")
    return snapshot


def statistics(home: Home, settings: Settings, environment: str) -> TrafficStatistics:
    """What the newest snapshot holds. Raises NotFound where there is none."""
    return TrafficArchive(settings.home).statistics(_newest(home, environment))


def import_traffic(settings: Settings, environment: str, path: Path) -> ImportReport:
    """Brings in checks from a file of JSON lines."""
    with path.open("rb") as file:
        return import_jsonl(settings.home, environment, file)


def export_traffic(home: Home, settings: Settings, environment: str) -> Iterator[str]:
    """The newest snapshot as JSON lines."""
    return TrafficArchive(settings.home).export(_newest(home, environment))


def prune(home: Home, archive: TrafficArchive, environment: str, older_than: timedelta) -> Pruned:
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
    return archive.prune(environment, before=now - older_than, keep=keep, now=now)


def _newest(home: Home, environment: str) -> Snapshot:
    snapshot = newest_snapshot(home, environment)
    if snapshot is None:
        raise NotFound(
            f"{environment} has no snapshot yet.", hint="Run `drysail traffic snapshot` first.", code="NO_TRAFFIC"
        )
    return snapshot
