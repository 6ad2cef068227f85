"""How long one check takes: Drysail's evaluator against others, which decide equivalent flags in the same process.

    python benchmarks/evaluate.py [--subjects 2000] [--rounds 9] [--seed 7] [--json]

The flag has two conditions of two filters, a rollout of 30 % and three variants; a hundred flags are a hundred of that
build. Every evaluator works from memory, sends no events and gets its subjects prepared. They take turns; a figure is
the median over the rounds of the mean CPU time per check, percentiles are of single calls by the clock. Read the
ratios: they carry over to other machines.
"""

import argparse
import gc
import json
import platform
import statistics
import sys
from collections.abc import Callable, Mapping, Sequence
from hashlib import sha1
from importlib.metadata import version
from math import sqrt
from time import perf_counter_ns, thread_time_ns
from typing import Any

from benchmarks.compiling import compile_seconds, resident_megabytes
from benchmarks.shop_traffic import FLAG, NOW, feed, flag_before, generate, hundred_flags
from evaluator import Context, Definitions, Reason, Result, compile_definitions, evaluate, evaluate_all

try:
    from benchmarks.peers import Peer, all_peers
except ImportError as missing:
    sys.exit(
        f"{missing}. The evaluators to compare with come with: pip install --require-hashes -r requirements/dev.txt"
    )

OURS = "drysail"
FLOOR = "one SHA-1 and a look-up"
NEEDED = "its SHA-1s and a look-up"
HASHES = {Reason.CONDITION_MATCH: 2, Reason.OUT_OF_ROLLOUT_BOUND: 1}
"""What an answer needs: a rollout hash where the filters match, a variant hash for those inside."""

Check = Callable[[Any], Any]
Report = dict[str, Any]


def main() -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser(description="Time per check, against other evaluators of feature flags.")
    parser.add_argument("--subjects", type=int, default=2000, help="subjects to check (default: 2000)")
    parser.add_argument("--rounds", type=int, default=9, help="rounds, of which the median counts (default: 9)")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--json", action="store_true", help="print one JSON object instead of tables")
    options = parser.parse_args()
    report = measure(max(options.subjects, 100), options.rounds, options.seed)
    print(json.dumps(report, indent=2) if options.json else _tables(report))


def measure(subjects: int, rounds: int, seed: int) -> Report:
    """Everything there is to say, as JSON."""
    traffic = generate(subjects * 10, seed)
    mixed = [traffic.context(row) for row in range(subjects)]
    matching = [_matching(context) for context in mixed]
    one, hundred = feed(flag_before()), hundred_flags(seed)
    report = {
        "python": platform.python_version(),
        "subjects": subjects,
        "rounds": rounds,
        "compile_1000_flags_seconds": compile_seconds(1000),
        "resident_10000_flags_megabytes": resident_megabytes(10_000),
    }
    engines = [_drysail(one, hundred), *all_peers(one, hundred, FLAG)]
    _require_same_answers(engines[:3], mixed)
    gc.collect()
    gc.freeze()
    few = mixed[: subjects // 10]
    singly = {engine.name: engine.one for engine in engines}
    together = {engine.name: engine.hundred for engine in engines}
    report |= {
        "versions": {engine.package: version(engine.package) for engine in engines},
        "one_flag": _compare(singly, engines, mixed, _needs(one, mixed), rounds),
        "one_flag_all_match": _compare(singly, engines, matching, _needs(one, matching), rounds),
        "hundred_flags": _compare(together, engines, few, _needs(hundred, few), rounds),
        "populations": _populations(one, hundred, engines, mixed, matching, few),
    }
    for engine in engines:
        engine.close()
    return report


def _matching(context: Context) -> Context:
    """The same customer, passing every filter of the flag."""
    properties = {
        "country": "DE",
        "plan": "pro",
        "email": f"{context.distinct_id}@corp.example",
        "app_version": "3.1.4",
    }
    return Context(context.distinct_id, {**context.properties, **properties})


def _drysail(one: Any, hundred: Any) -> Peer:
    single, many = (compile_definitions(Definitions.from_posthog(definitions)) for definitions in (one, hundred))
    return Peer(
        OURS,
        OURS,
        subject=lambda context: context,
        one=lambda context: evaluate(single, FLAG, context, now=NOW).value,
        hundred=lambda context: evaluate_all(many, context, now=NOW),
        values=lambda results: {key: result.value for key, result in results.items()},
    )


def _require_same_answers(engines: Sequence[Peer], contexts: Sequence[Context]) -> None:
    """A faster engine that answers something else has not won. Where the SDK would ask the server, anything goes."""
    ours, *theirs = engines
    for context in contexts:
        for engine in theirs:
            wanted = engine.one(context)
            if wanted is not None and ours.one(context) != wanted:
                sys.exit(f"{context.distinct_id}: {ours.one(context)!r}, but {engine.name} decides {wanted!r}")
    for context in contexts[: len(contexts) // 10]:
        values = ours.values(ours.hundred(context))
        for engine in theirs:
            for key, wanted in engine.values(engine.hundred(context)).items():
                if wanted is not None and values[key] != wanted:
                    sys.exit(f"{key} for {context.distinct_id}: {values[key]!r}, but {engine.name} decides {wanted!r}")


def _needs(definitions: Any, contexts: Sequence[Context]) -> list[int]:
    """How many hashes the answers to each subject need."""
    ruleset = compile_definitions(Definitions.from_posthog(definitions))
    return [
        sum(HASHES.get(result.reason, 0) for result in evaluate_all(ruleset, context, now=NOW).values())
        for context in contexts
    ]


def _compare(
    checks: Mapping[str, Check],
    engines: Sequence[Peer],
    contexts: Sequence[Context],
    needs: Sequence[int],
    rounds: int,
) -> dict[str, Report]:
    """Nanoseconds per call of each engine and of the floors, taking turns."""
    subjects: dict[str, Sequence[Any]] = {engine.name: [*map(engine.subject, contexts)] for engine in engines}
    known = {sha1(b"").digest(): True}
    runs = {
        **checks,
        FLOOR: lambda encoded: known.get(sha1(encoded).digest()),
        NEEDED: lambda several: known.get(_last_digest(several)),
    }
    subjects[FLOOR] = [f"{FLAG}.{context.distinct_id}".encode() for context in contexts]
    subjects[NEEDED] = [[encoded] * needed for encoded, needed in zip(subjects[FLOOR], needs, strict=True)]
    means: dict[str, list[float]] = {name: [] for name in runs}
    single: dict[str, list[int]] = {name: [] for name in runs}
    for _ in range(rounds):
        for name, check in runs.items():
            for subject in subjects[name][: len(contexts) // 4]:
                check(subject)
            means[name].append(_mean(check, subjects[name]))
    for name, check in runs.items():
        single[name] = _each(check, subjects[name])
    ours = statistics.median(means[OURS])
    return {
        name: {
            "ns": round(statistics.median(means[name]), 1),
            "p50_ns": single[name][len(contexts) // 2],
            "p99_ns": single[name][len(contexts) * 99 // 100],
            "ratio": round(statistics.median(means[name]) / ours, 2),
        }
        for name in runs
    }


def _last_digest(several: Sequence[bytes]) -> bytes:
    digest = b""
    for encoded in several:
        digest = sha1(encoded).digest()
    return digest


def _mean(check: Check, subjects: Sequence[Any]) -> float:
    """In CPU time of this thread, so that what else runs on the machine does not count."""
    start = thread_time_ns()
    for subject in subjects:
        check(subject)
    return (thread_time_ns() - start) / len(subjects)


def _each(check: Check, subjects: Sequence[Any]) -> list[int]:
    """The time of each call, the clock's own deducted, in ascending order."""
    times, clock = [], []
    for subject in subjects:
        start = perf_counter_ns()
        check(subject)
        end = perf_counter_ns()
        times.append(end - start)
        clock.append(perf_counter_ns() - end)
    own = int(statistics.median(clock))
    return sorted(max(time - own, 0) for time in times)


def _populations(one: Any, hundred: Any, engines: Sequence[Peer], *populations: Sequence[Context]) -> dict[str, Report]:
    """Who is on, and how many hashes that takes. Ends the program if a peer's share is not ours, chance aside."""
    mixed, matching, few = populations
    single, many = (compile_definitions(Definitions.from_posthog(definitions)) for definitions in (one, hundred))
    answers = {
        "one_flag": [evaluate(single, FLAG, context, now=NOW) for context in mixed],
        "one_flag_all_match": [evaluate(single, FLAG, context, now=NOW) for context in matching],
        "hundred_flags": [result for context in few for result in evaluate_all(many, context, now=NOW).values()],
    }
    shares: dict[str, dict[str, float]] = {name: {} for name in answers}
    for engine in engines:
        for name, contexts in (("one_flag", mixed), ("one_flag_all_match", matching)):
            shares[name][engine.name] = _share([engine.one(engine.subject(context)) for context in contexts])
        all_values = [engine.values(engine.hundred(engine.subject(context))) for context in few]
        shares["hundred_flags"][engine.name] = _share([value for values in all_values for value in values.values()])
    for name, results in answers.items():
        _require_alike(name, shares[name], len(results))
    return {
        name: {"hashes_per_answer": _hashes(results), "shares_on": shares[name]} for name, results in answers.items()
    }


def _share(values: Sequence[Any]) -> float:
    return round(sum(value is not None and value is not False for value in values) / len(values), 4)


def _hashes(results: Sequence[Result]) -> float:
    return round(sum(HASHES.get(result.reason, 0) for result in results) / len(results), 3)


def _require_alike(name: str, shares: Mapping[str, float], answers: int) -> None:
    """Hashes differ, so shares do by chance: four standard deviations are let pass."""
    ours = shares[OURS]
    allowed = 4 * sqrt(2 * ours * (1 - ours) / answers)
    for engine, share in shares.items():
        if abs(share - ours) > allowed:
            sys.exit(f"{name}: {engine} has {share:.1%} on, Drysail {ours:.1%}: they do not decide the same flags")


def _tables(report: Report) -> str:
    versions = ", ".join(f"{package} {number}" for package, number in report["versions"].items())
    lines = [f"Python {report['python']}, {versions}", f"{report['subjects']:,} subjects, {report['rounds']} rounds"]
    titles = {
        "one_flag": "1 flag, mixed subjects",
        "one_flag_all_match": "1 flag, every subject passes the filters",
        "hundred_flags": "100 flags at once, mixed subjects",
    }
    for name, title in titles.items():
        population = report["populations"][name]
        on, hashes = population["shares_on"], population["hashes_per_answer"]
        lines += ["", f"{title} ({hashes} hashes per answer)"]
        lines.append(f"{'':26}{'mean':>12}{'p50':>12}{'p99':>12}{'ratio':>9}{'on':>8}")
        for engine, figures in report[name].items():
            times = "".join(f"{figures[part] / 1000:>9.2f} µs" for part in ("ns", "p50_ns", "p99_ns"))
            share = f"{on[engine]:>8.1%}" if engine in on else ""
            lines.append(f"{engine:26}{times}{figures['ratio']:>8.2f}x{share}")
    lines += ["", f"compile 1,000 flags: {report['compile_1000_flags_seconds']} s"]
    resident = report["resident_10000_flags_megabytes"] or {}
    for part, megabytes in resident.items():
        lines.append(f"resident memory of 10,000 flags, {part.replace('_', ' ')}: {megabytes} MB")
    lines.append(f"resident memory of 10,000 flags, together: {sum(resident.values()):.1f} MB")
    return "\n".join(lines)


if __name__ == "__main__":
    main()
