"""How long a replay takes: Drysail's columns, its own evaluator in a loop, and the PostHog Python SDK in a loop.

    python benchmarks/replay.py [--checks 1000000] [--seed 7] [--json]

A change of everything in one flag is replayed on the generated traffic of a shop, with about nine checks per distinct
context. The loops evaluate the old and the new definition once per check, as a script would. They are measured on
a part of the traffic and scaled up to all checks (``*_measured`` says how many were run). ``cold`` is a first replay,
``warm`` one with another version of the change on the same traffic, as when a rollout is corrected. The transition
matrix of the replay must equal that of the evaluator, context for context, or the benchmark fails.
"""

import argparse
import json
import platform
import resource
import sys
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from importlib.metadata import version
from time import perf_counter
from typing import Any

import numpy as np

from benchmarks.posthog_client import client_of, engine
from benchmarks.shop_traffic import (
    COUNTRIES,
    FLAG,
    NOW,
    PLANS,
    SIGNUPS,
    VERSIONS,
    Json,
    Traffic,
    email,
    feed,
    flag_after,
    flag_before,
    generate,
    subject,
)
from evaluator import MISSING, Context, Definitions, Ruleset, compile_definitions, evaluate
from policies.impact import FlagValue, Impact, TrafficFacts
from policies.replay.recording import Answers, Column, Recording
from policies.replay.replayer import Replayer

BATCH = 10_000
"""Contexts that are built at once for a loop; building them is not measured."""

Matrix = dict[tuple[FlagValue, FlagValue], tuple[int, int]]
"""By old and new value: distinct subjects and checks."""


def main() -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser(description="Time of a replay, against loops over the checks.")
    parser.add_argument("--checks", type=int, default=1_000_000, help="recorded checks (default: 1000000)")
    parser.add_argument("--sdk-sample", type=int, default=5000, help="contexts for the SDK's loop (default: 5000)")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--json", action="store_true", help="print one JSON object instead of a table")
    options = parser.parse_args()
    report = _measured(generate(options.checks, options.seed), options.sdk_sample)
    print(json.dumps(report, indent=2) if options.json else _table(report))
    if not report["identical"]:
        sys.exit("The replay and the evaluator disagree.")


def _measured(traffic: Traffic, sdk_sample: int) -> dict[str, Any]:
    """Replay first, so that the peak of memory is its own."""
    before, after, corrected = (_ruleset(flag) for flag in (flag_before(), flag_after(), flag_after(40)))
    recording, build_seconds = _timed(lambda: _recording(traffic))
    replayer: list[Replayer] = []
    impact, cold_seconds = _timed(lambda: _cold(recording, before, after, replayer))
    _, warm_seconds = _timed(lambda: replayer[0].replay(corrected, edited=[FLAG]))
    peak_mb = _peak_mb()
    reference, rows_seconds, rows_measured = _loop_over_contexts(traffic, before, after)
    sdk_seconds, sdk_measured = _loop_of_the_sdk(traffic, sdk_sample)
    checks = int(traffic.checks.sum())
    return {
        "python": platform.python_version(),
        "numpy": np.__version__,
        "posthog": version("posthog"),
        "checks": checks,
        "subjects": len(traffic.countries),
        "contexts": len(traffic.subjects),
        "sdk_seconds": round(sdk_seconds * checks / sdk_measured, 3),
        "sdk_measured": sdk_measured,
        "rows_seconds": round(rows_seconds * checks / rows_measured, 3),
        "rows_measured": rows_measured,
        "build_seconds": round(build_seconds, 3),
        "cold_seconds": round(cold_seconds, 3),
        "warm_seconds": round(warm_seconds, 3),
        "peak_mb": peak_mb,
        "identical": _matrix(impact) == reference,
    }


def _ruleset(flag: Json) -> Ruleset:
    return compile_definitions(Definitions.from_posthog(feed(flag)))


def _cold(recording: Recording, before: Ruleset, after: Ruleset, keep: list[Replayer]) -> Impact:
    keep.append(Replayer(recording, before, now=NOW))
    return keep[0].replay(after, edited=[FLAG])


def _recording(traffic: Traffic) -> Recording:
    """The traffic as a snapshot in memory. A recorder interns as it goes; this is what it would have interned."""
    subjects, contexts = traffic.subjects, len(traffic.subjects)
    nothing = np.zeros(contexts, dtype=np.int32)
    emails = [email(customer, host) for customer, host in enumerate(traffic.mail_hosts.tolist())]
    columns = {
        "country": Column(traffic.countries[subjects], COUNTRIES),
        "plan": Column(traffic.plans[subjects], PLANS),
        "email": Column(subjects, emails),
        "app_version": Column(traffic.versions, VERSIONS),
        "signup_date": Column(traffic.signups[subjects], SIGNUPS),
    }
    moments = np.full(contexts, round(NOW.timestamp() * 1_000_000), dtype=np.int64)
    answers = Answers(
        contexts=np.arange(contexts, dtype=np.int32),
        values=(False,),
        codes=nothing,
        revisions=np.ones(contexts, dtype=np.int64),
        checks=traffic.checks,
        first_us=moments,
        last_us=moments,
    )
    return Recording(
        facts=_facts(traffic),
        subjects=Column(subjects, [subject(customer) for customer in range(len(traffic.countries))]),
        device_ids=Column(nothing, (MISSING,)),
        properties=columns,
        groups={},
        group_properties={},
        answers={FLAG: answers},
    )


def _facts(traffic: Traffic) -> TrafficFacts:
    return TrafficFacts(
        snapshot="benchmark",
        digest="0" * 64,
        environment="production",
        provenance="synthetic",
        first_at=NOW,
        newest_at=NOW,
        largest_gap_seconds=0,
        subjects=len(traffic.countries),
        contexts=len(traffic.subjects),
        checks=int(traffic.checks.sum()),
        dropped=0,
        sampled_ppm=1_000_000,
    )


def _loop_over_contexts(traffic: Traffic, before: Ruleset, after: Ruleset) -> tuple[Matrix, float, int]:
    """The matrix by the evaluator alone: every context once, weighted by its checks. Also the time of the loop."""
    seconds = 0.0
    who: dict[tuple[FlagValue, FlagValue], set[str]] = defaultdict(set)
    checks: dict[tuple[FlagValue, FlagValue], int] = defaultdict(int)
    contexts = len(traffic.subjects)
    for first in range(0, contexts, BATCH):
        rows = range(first, min(first + BATCH, contexts))
        batch = [traffic.context(row) for row in rows]
        start = perf_counter()
        moves = [(_value(before, context), _value(after, context)) for context in batch]
        seconds += perf_counter() - start
        for context, move, weight in zip(batch, moves, traffic.checks[first : rows.stop].tolist(), strict=True):
            who[move].add(context.distinct_id)
            checks[move] += weight
    return {move: (len(who[move]), checks[move]) for move in who}, seconds, contexts


def _value(ruleset: Ruleset, context: Context) -> FlagValue:
    return evaluate(ruleset, FLAG, context, now=NOW).value


def _loop_of_the_sdk(traffic: Traffic, sample: int) -> tuple[float, int]:
    """The engine function inside the SDK's client: faster than its public API, which adds events and snapshots."""
    before, after = (engine(client_of(feed(flag)), FLAG) for flag in (flag_before(), flag_after()))
    rows = range(0, len(traffic.subjects), max(1, len(traffic.subjects) // sample))
    contexts = [traffic.context(row) for row in rows]
    _, seconds = _timed(lambda: [(before(context), after(context)) for context in contexts])
    return seconds, len(contexts)


def _matrix(impact: Impact) -> Matrix:
    return {(move.before, move.after): (move.subjects, move.checks) for move in impact.flags[0].transitions}


def _timed(run: Callable[[], Any]) -> tuple[Any, float]:
    start = perf_counter()
    result = run()
    return result, perf_counter() - start


def _peak_mb() -> int:
    """Greatest memory of the process so far."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return round(peak / (1024 * 1024 if sys.platform == "darwin" else 1024))


def _table(report: Mapping[str, Any]) -> str:
    sizes = f"{report['checks']:,} checks, {report['subjects']:,} subjects, {report['contexts']:,} contexts"
    versions = f"Python {report['python']}, numpy {report['numpy']}, posthog {report['posthog']}"
    rows: Sequence[tuple[str, str, str]] = [
        ("posthog engine in a loop", "sdk_seconds", f"scaled up from {report['sdk_measured']:,}"),
        ("drysail evaluator in a loop", "rows_seconds", f"scaled up from {report['rows_measured']:,}"),
        ("drysail replay, cold", "cold_seconds", f"peak memory {report['peak_mb']:,} MB, data included"),
        ("drysail replay, warm", "warm_seconds", "another version of the change, same traffic"),
    ]
    lines = [f"{versions}; {sizes}", ""]
    for name, field, note in rows:
        ratio = report["sdk_seconds"] / max(report[field], 0.001)
        lines.append(f"{name:28}{report[field]:>10.3f} s{ratio:>9.0f}x   {note}")
    lines += [
        "",
        f"recording built in {report['build_seconds']:.3f} s; same transitions as the evaluator: "
        f"{'yes' if report['identical'] else 'NO'}",
    ]
    return "\n".join(lines)


if __name__ == "__main__":
    main()
