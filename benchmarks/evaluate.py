"""How long one check takes: Drysail's evaluator against the PostHog Python SDK, which decides the same flags.

    python benchmarks/evaluate.py [--subjects 2000] [--rounds 9] [--seed 7] [--json]

Both get prebuilt subjects of a shop: most of them match nothing, as in life. All engines take turns in one process;
a figure is the median over the rounds of the mean time per check. Read the ratios: they carry over to other machines.
"""

import argparse
import gc
import json
import platform
import statistics
import sys
from collections.abc import Callable, Mapping, Sequence
from importlib.metadata import version
from time import perf_counter_ns
from typing import Any

from benchmarks.posthog_client import client_of, engine, public_api, public_api_of_all
from benchmarks.shop_traffic import FLAG, NOW, feed, flag_before, generate, hundred_flags
from evaluator import Context, Definitions, compile_definitions, evaluate, evaluate_all

Check = Callable[[Context], Any]

OURS = "drysail"
API = "posthog client API"
ENGINE = "posthog engine function"


def main() -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser(description="Time per check, against the PostHog Python SDK.")
    parser.add_argument("--subjects", type=int, default=2000, help="subjects to check (default: 2000)")
    parser.add_argument("--rounds", type=int, default=9, help="rounds, of which the median counts (default: 9)")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--json", action="store_true", help="print one JSON object instead of a table")
    options = parser.parse_args()
    traffic = generate(max(options.subjects * 10, 10), options.seed)
    contexts = [traffic.context(row) for row in range(min(options.subjects, len(traffic.subjects)))]
    one, hundred = _one_flag(), _hundred_flags(options.seed)
    _require_same_answers(one, hundred, contexts)
    report = {
        "python": platform.python_version(),
        "posthog": version("posthog"),
        "subjects": len(contexts),
        "rounds": options.rounds,
        "one_flag_ns": _medians(one, contexts, options.rounds),
        "hundred_flags_ns": _medians(hundred, contexts[: max(1, len(contexts) // 10)], options.rounds),
    }
    print(json.dumps(report, indent=2) if options.json else _table(report))


def _one_flag() -> dict[str, Check]:
    definitions = feed(flag_before())
    ruleset, client = compile_definitions(Definitions.from_posthog(definitions)), client_of(definitions)
    return {
        OURS: lambda context: evaluate(ruleset, FLAG, context, now=NOW).value,
        API: public_api(client, FLAG),
        ENGINE: engine(client, FLAG),
    }


def _hundred_flags(seed: int) -> dict[str, Check]:
    definitions = hundred_flags(seed)
    ruleset, client = compile_definitions(Definitions.from_posthog(definitions)), client_of(definitions)
    checks = {flag["key"]: engine(client, flag["key"]) for flag in definitions["flags"]}
    return {
        OURS: lambda context: evaluate_all(ruleset, context, now=NOW),
        API: public_api_of_all(client),
        ENGINE: lambda context: {key: check(context) for key, check in checks.items()},
    }


def _require_same_answers(one: Mapping[str, Check], hundred: Mapping[str, Check], contexts: Sequence[Context]) -> None:
    """A faster engine that answers something else has not won. Where the SDK would ask the server, anything goes."""
    for context in contexts:
        ours, theirs = one[OURS](context), one[API](context)
        if theirs is not None and ours != theirs:
            sys.exit(f"{context.distinct_id}: {ours!r}, but the SDK decides {theirs!r}")
    for context in contexts[: len(contexts) // 10]:
        results = hundred[OURS](context)
        for key, value in hundred[ENGINE](context).items():
            if value is not None and results[key].value != value:
                sys.exit(f"{key} for {context.distinct_id}: {results[key].value!r}, but the SDK decides {value!r}")


def _medians(engines: Mapping[str, Check], contexts: Sequence[Context], rounds: int) -> dict[str, float]:
    """Nanoseconds per call of each engine, taking turns."""
    times: dict[str, list[float]] = {name: [] for name in engines}
    for _ in range(rounds):
        for name, check in engines.items():
            gc.collect()
            start = perf_counter_ns()
            for context in contexts:
                check(context)
            times[name].append((perf_counter_ns() - start) / len(contexts))
    return {name: round(statistics.median(figures), 1) for name, figures in times.items()}


def _table(report: Mapping[str, Any]) -> str:
    head = f"Python {report['python']}, posthog {report['posthog']}, {report['subjects']:,} subjects"
    lines = [head, "", f"{'':24}{'1 flag':>12}{'ratio':>8}{'100 flags':>14}{'ratio':>8}"]
    one, hundred = report["one_flag_ns"], report["hundred_flags_ns"]
    for name in one:
        figures = f"{one[name] / 1000:>9.2f} µs{one[name] / one[OURS]:>7.1f}x"
        lines.append(f"{name:24}{figures}{hundred[name] / 1000:>11.1f} µs{hundred[name] / hundred[OURS]:>7.1f}x")
    return "\n".join(lines)


if __name__ == "__main__":
    main()
