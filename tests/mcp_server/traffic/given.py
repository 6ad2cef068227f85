"""Checks, segments and snapshots for the tests of traffic."""

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb

from evaluator.context import REDACTED, Context
from evaluator.result import Reason, Result
from mcp_server.services.ports import AnsweredCheck
from mcp_server.services.snapshot import Snapshot
from mcp_server.services.traffic_files import ImportReport, ImportRequest
from mcp_server.traffic.archive import TrafficArchive
from mcp_server.traffic.draft import Draft, Origin
from mcp_server.traffic.layout import TrafficFolder
from mcp_server.traffic.manifest import SegmentManifest, microseconds
from mcp_server.traffic.segment import write_segment
from policies.impact import FlagValue, Provenance
from policies.replay.recording import Recording

START = datetime(2026, 11, 20, 10, 0, tzinfo=UTC)
NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
PRODUCTION = "production"


def result(flag: str, value: FlagValue) -> Result:
    """An answer as the evaluator gives it."""
    return Result(
        key=flag,
        enabled=bool(value),
        variant=value if isinstance(value, str) else None,
        value=value,
        payload=None,
        reason=Reason.CONDITION_MATCH,
        condition_index=0,
        error=None,
        description="",
    )


def check(
    context: Context | str = "ada",
    answers: Mapping[str, FlagValue] | None = None,
    *,
    after: float = 0,
    revision: int = 1,
    environment: str = PRODUCTION,
    sdk: str = "posthog-python/7.91.1",
    hashes: Mapping[str, tuple[int | None, int | None]] | None = None,
) -> AnsweredCheck:
    """A check ``after`` so many seconds; a text is the distinct id of a context without properties."""
    return AnsweredCheck(
        environment=environment,
        revision=revision,
        at=START + timedelta(seconds=after),
        context=context if isinstance(context, Context) else Context(distinct_id=context),
        results=[result(flag, value) for flag, value in ({"checkout": True} if answers is None else answers).items()],
        sdk=sdk,
        hashes=lambda: hashes or {},
    )


def segment(
    home: Path,
    checks: Iterable[AnsweredCheck],
    *,
    kept: Iterable[str] | None = None,
    provenance: Provenance = "recorded",
    source: str = "test",
    dropped: int = 0,
    sampled_ppm: int = 1_000_000,
    environment: str = PRODUCTION,
) -> SegmentManifest:
    """Writes the checks as one segment."""
    draft = Draft(Origin(environment, provenance, source, None if kept is None else frozenset(kept), sampled_ppm))
    draft.dropped = dropped
    for one in checks:
        draft.add(one)
    return write_segment(TrafficFolder.of(home, environment), draft.finish())


def brought_in(
    home: Path, content: bytes | Iterable[str | bytes], name: str = "traffic.jsonl", **options: Any
) -> ImportReport:
    """Imports a file with this content, given as bytes or as lines."""
    if not isinstance(content, bytes):
        content = b"".join((line.encode() if isinstance(line, str) else line).rstrip(b"\n") + b"\n" for line in content)
    path = home.with_name(f"{home.name}-files") / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return import_of(home, path, **options)


def import_of(home: Path, path: Path, **options: Any) -> ImportReport:
    """Imports a file."""
    mapping = tuple(options.pop("mapping", {}).items())
    request = ImportRequest(environment=PRODUCTION, path=path, mapping=mapping, **{"now": NOW, **options})
    return TrafficArchive(home).bring_in(request)


def snapshot_of(home: Path, provenance: Provenance = "recorded", environment: str = PRODUCTION) -> Snapshot:
    """A snapshot of everything there is."""
    snapshot = TrafficArchive(home).collect(environment, provenance, NOW)
    assert snapshot is not None
    return snapshot


def recording_of(home: Path, provenance: Provenance = "recorded", environment: str = PRODUCTION) -> Recording:
    """Everything there is, loaded."""
    return TrafficArchive(home).load(snapshot_of(home, provenance, environment))


def everything_on_disk(home: Path) -> str:
    """Names and bytes of all files as text, and every value of the Parquet ones, which are compressed."""
    found = []
    for path in sorted(home.rglob("*")):
        found.append(str(path.relative_to(home)))
        if path.is_file():
            found.append(path.read_bytes().decode("latin-1"))
        if path.suffix == ".parquet":
            try:
                found.append(repr(duckdb.execute("SELECT * FROM read_parquet($1)", [str(path)]).fetchall()))
            except duckdb.Error:
                continue  # a damaged file holds no more than its bytes
    return "\n".join(found)


def exact(context: Context) -> str:
    """A text that differs for contexts that differ in anything, types of equal numbers included."""

    def plain(properties: Mapping[str, Any]) -> dict[str, Any]:
        return {name: "<redacted>" if value is REDACTED else [value] for name, value in properties.items()}

    return json.dumps(
        [
            context.distinct_id,
            context.device_id,
            sorted(plain(context.properties).items()),
            sorted(plain(context.groups).items()),
            sorted((group, sorted(plain(sent).items())) for group, sent in context.group_properties.items() if sent),
        ]
    )


Row = tuple[str, str, FlagValue, int]


def answered(recording: Recording) -> dict[Row, tuple[int, int, int]]:
    """(context, flag, value, revision) to checks, first and last microsecond."""
    rows = {}
    for flag, answers in recording.answers.items():
        for row in range(len(answers.codes)):
            context = exact(recording.context(int(answers.contexts[row])))
            key = (context, flag, answers.values[answers.codes[row]], int(answers.revisions[row]))
            assert key not in rows
            rows[key] = (int(answers.checks[row]), int(answers.first_us[row]), int(answers.last_us[row]))
    return rows


def expected(checks: Sequence[AnsweredCheck]) -> dict[Row, tuple[int, int, int]]:
    """What ``answered`` should say of a recording of these checks."""
    counts: Counter[Row] = Counter()
    times: dict[Row, list[int]] = {}
    for one in checks:
        for answer in one.results:
            key = (exact(one.context), answer.key, answer.value, one.revision)
            counts[key] += 1
            times.setdefault(key, []).append(microseconds(one.at))
    return {key: (counts[key], min(times[key]), max(times[key])) for key in counts}


def same(left: Recording, right: Recording) -> bool:
    """Whether two recordings are equal in everything but the name of their snapshot."""
    return _comparable(left) == _comparable(right)


def _comparable(recording: Recording) -> list[Any]:
    return [
        recording.facts.model_copy(update={"snapshot": "", "digest": ""}),
        [exact(recording.context(index)) for index in range(recording.size)],
        [
            (flag, *(column.tolist() for column in (a.contexts, a.codes, a.revisions, a.checks, a.first_us, a.last_us)))
            for flag, a in recording.answers.items()
        ],
        {key: column.tolist() for key, column in recording.buckets.items()},
        recording.kept_properties,
        {flag: answers.values for flag, answers in recording.answers.items()},
    ]
