"""How long a replay takes, beside four other ways to find out the same.

    python benchmarks/replay.py [--checks 1000000] [--seed 7] [--json]

A change of everything in one flag (rollouts, a list of values, a version, another audience by date, the weights of the
variants) is replayed on the traffic of a shop: a tenth as many customers as checks, few of whom make most checks, and
about nine checks per distinct context. All rows are measured in one run:

* the PostHog SDK in a loop over the checks, by its public API and by the engine inside it, which is faster and what all
  ratios are of; and Drysail's own evaluator in a loop. They are measured on a part and scaled up to all checks
  (``*_measured`` says how many were run);
* one SQL statement in DuckDB on a Parquet file with one row per check, which counts moves, and moves by two properties;
* the replay in a new process that loads the snapshot from disk, all checksums included: without any recorded hash, with
  only those that the evaluator took to answer, and again with another rollout (``warm``). It gives the whole impact:
  moves, attribution, coverage of every condition, breakdowns, examples and fidelity.

The store is made by the code that makes it in production. The counts of every row must equal those of the evaluator,
one by one, or the benchmark fails.
"""

import argparse
import json
import os
import platform
import resource
import sys
from collections.abc import Callable, Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Any

import numpy as np
from posthog.client import Client

from benchmarks.posthog_client import Value, client_of, engine, public_api
from benchmarks.replay_reference import SPLIT_BY, count_one_by_one, digest_of_impact
from benchmarks.replay_runs import compiled, in_new_process
from benchmarks.replay_sql import ask, write_raw_log
from benchmarks.replay_store import Log, build, log_of
from benchmarks.shop_traffic import FLAG, Traffic, feed, flag_after, flag_before, generate
from evaluator import Context


def main() -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser(description="Time of a replay, against four other ways.")
    parser.add_argument("--checks", type=int, default=1_000_000, help="recorded checks (default: 1000000)")
    parser.add_argument("--sdk-sample", type=int, default=5000, help="contexts for the SDK's loop (default: 5000)")
    parser.add_argument("--rounds", type=int, default=3, help="new processes per row; the median counts (default: 3)")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--json", action="store_true", help="print one JSON object instead of a table")
    options = parser.parse_args()
    with TemporaryDirectory(prefix="drysail-benchmark-") as folder:
        report = _measured(options, Path(folder))
    print(json.dumps(report, indent=2) if options.json else _table(report))
    if not report["identical"]:
        sys.exit("The ways disagree.")


def _measured(options: argparse.Namespace, folder: Path) -> dict[str, Any]:
    traffic = generate(options.checks, options.seed)
    before, after = (compiled(flag) for flag in (flag_before(), flag_after()))
    checks, contexts = int(traffic.checks.sum()), len(traffic.subjects)
    reference = count_one_by_one(traffic, before, after)
    sdk_seconds, sdk_measured = _loop_of_the_sdk(traffic, options.sdk_sample, engine)
    sdk_api_seconds, _ = _loop_of_the_sdk(traffic, options.sdk_sample, public_api)
    log = log_of(traffic, reference.answers, reference.hashed_mask(), options.seed)
    write_raw_log(folder / "raw.parquet", traffic, log)
    raw = folder / "raw.parquet"
    matrix, duckdb_matrix_seconds = _timed(lambda: ask(raw, before, after, FLAG))
    matrix_again, duckdb_raw_seconds = _timed(lambda: ask(raw, before, after, FLAG, SPLIT_BY))
    bare = _stored(folder / "bare", traffic, log, options.rounds, buckets=False)
    full = _stored(folder / "full", traffic, log, options.rounds, buckets=True)
    same_counts = {digest_of_impact(each["split"]) for each in (bare, full)} == {reference.digest()}
    return {
        **_versions(),
        "checks": checks,
        "subjects": len(traffic.countries),
        "contexts": contexts,
        "sdk_seconds": round(sdk_seconds * checks / sdk_measured, 3),
        "sdk_api_seconds": round(sdk_api_seconds * checks / sdk_measured, 3),
        "sdk_measured": sdk_measured,
        "rows_seconds": round(reference.seconds * checks / contexts, 3),
        "rows_measured": contexts,
        "duckdb_raw_seconds": round(duckdb_raw_seconds, 3),
        "duckdb_matrix_seconds": round(duckdb_matrix_seconds, 3),
        "cold_nobucket_seconds": round(bare["seconds"], 3),
        "cold_seconds": round(full["seconds"], 3),
        "load_seconds": round(full["load_seconds"], 3),
        "import_seconds": round(full["import_seconds"], 3),
        "warm_seconds": round(full["warm_seconds"], 4),
        "build_seconds": round(full["build_seconds"], 3),
        "store_mb": full["store_mb"],
        "peak_mb": max(bare["peak_mb"], full["peak_mb"]),
        "build_peak_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
        "digest": full["digest"],
        "identical": same_counts and bare["digest"] == full["digest"] and matrix == matrix_again == reference.matrix(),
    }


def _versions() -> dict[str, Any]:
    return {
        "python": platform.python_version(),
        "numpy": np.__version__,
        "duckdb": version("duckdb"),
        "posthog": version("posthog"),
        "cores": os.cpu_count(),
    }


def _stored(home: Path, traffic: Traffic, log: Log, rounds: int, *, buckets: bool) -> dict[str, Any]:
    """Builds a store, and replays on it in new processes."""
    snapshot, build_seconds = _timed(lambda: build(home, traffic, log, buckets=buckets))
    size = sum(path.stat().st_size for path in home.rglob("*") if path.is_file())
    found = in_new_process(home, snapshot, rounds)
    return {**found, "build_seconds": build_seconds, "store_mb": round(size / 1_000_000)}


def _loop_of_the_sdk(
    traffic: Traffic, sample: int, way: Callable[[Client, str], Callable[[Context], Value]]
) -> tuple[float, int]:
    before, after = (way(client_of(feed(flag)), FLAG) for flag in (flag_before(), flag_after()))
    rows = range(0, len(traffic.subjects), max(1, len(traffic.subjects) // sample))
    contexts = [traffic.context(row) for row in rows]
    _, seconds = _timed(lambda: [(before(context), after(context)) for context in contexts])
    return seconds, len(contexts)


def _timed(run: Callable[[], Any]) -> tuple[Any, float]:
    start = perf_counter()
    result = run()
    return result, perf_counter() - start


def _table(report: Mapping[str, Any]) -> str:
    sizes = f"{report['checks']:,} checks, {report['subjects']:,} subjects, {report['contexts']:,} contexts"
    versions = (
        f"Python {report['python']}, numpy {report['numpy']}, DuckDB {report['duckdb']}, posthog {report['posthog']}, "
        f"{report['cores']} cores"
    )
    rows: Sequence[tuple[str, str, str]] = [
        ("posthog's API in a loop", "sdk_api_seconds", f"scaled up from {report['sdk_measured']:,}"),
        ("posthog's engine in a loop", "sdk_seconds", f"scaled up from {report['sdk_measured']:,}; what x is"),
        ("drysail evaluator in a loop", "rows_seconds", f"scaled up from {report['rows_measured']:,}"),
        ("one SQL statement in DuckDB", "duckdb_raw_seconds", "moves, and moves by two properties; one row per check"),
        ("the same for moves alone", "duckdb_matrix_seconds", ""),
        ("drysail replay, no hashes", "cold_nobucket_seconds", "new process, from disk"),
        ("drysail replay", "cold_seconds", f"the same with recorded hashes; {report['load_seconds']:.3f} s to load"),
        ("drysail replay, after an edit", "warm_seconds", "another rollout, same process"),
    ]
    lines = [versions, sizes, ""]
    for name, field, note in rows:
        ratio = report["sdk_seconds"] / report[field]
        lines.append(f"{name:30}{report[field]:>10.3f} s{ratio:>9,.0f}x   {note}")
    lines += [
        "",
        f"store built in {report['build_seconds']:.2f} s ({report['checks'] / report['build_seconds']:,.0f} checks/s), "
        f"{report['store_mb']:,} MB on disk; peak memory of a replay {report['peak_mb']:,} MB",
        f"same counts as the evaluator, one by one: {'yes' if report['identical'] else 'NO'} ({report['digest'][:12]})",
    ]
    return "\n".join(lines)


if __name__ == "__main__":
    main()
