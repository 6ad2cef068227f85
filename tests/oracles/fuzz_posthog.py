"""Compares the evaluator with the PostHog SDK on any number of random cases.

    python tests/oracles/fuzz_posthog.py --cases 1000000 --seed 1

Prints what the cases covered, how the SDK answered, and every difference. Exits with 1 if there is one that no row of
the table in docs/semantics.md explains.
"""

# ruff: noqa: T201 - a report for people

import argparse
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from itertools import islice

from tests.oracles.cases import Batch, random_batches
from tests.oracles.comparison import Comparison, compare_local, compare_server
from tests.oracles.exercised import EXPECTED

BATCHES_AT_ONCE = 500
SHOWN = 10


def main() -> int:
    parser = argparse.ArgumentParser(description="Compare the evaluator with the PostHog SDK on random cases.")
    parser.add_argument("--cases", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    local = in_parts(compare_local, random_batches(options.seed, options.cases))
    report("Local profile", local)
    for name in sorted(EXPECTED):
        print(f"  {local.exercised[name]:>10,}  {name}")
    server = in_parts(compare_server, random_batches(options.seed, options.cases))
    report("Server profile, where the SDK decides", server)
    alone = Counter({row: count for rows, count in server.explained.items() if len(rows) == 1 for row in rows})
    bearing: Counter[int | None] = Counter()
    for rows, count in server.explained.items():
        bearing.update(dict.fromkeys(rows, count))
    for row, count in sorted(bearing.items(), key=str):
        print(f"  {count:>10,}  difference {row} ({alone[row]:,} of them for this reason alone)")
    return 1 if local.differences or server.differences or EXPECTED - local.exercised.keys() else 0


def in_parts(compare: Callable[[Iterator[Batch]], Comparison], batches: Iterator[Batch]) -> Comparison:
    """Compares some batches at a time, so that memory stays small and progress shows."""
    total = Comparison()
    while part := list(islice(batches, BATCHES_AT_ONCE)):
        found = compare(iter(part))
        total.cases += found.cases
        for counts in ("answers", "exercised", "explained"):
            getattr(total, counts).update(getattr(found, counts))
        total.differences += found.differences
        print(f"\r{total.cases:,} cases, {len(total.differences)} differences", end="", file=sys.stderr, flush=True)
    print(file=sys.stderr)
    return total


def report(title: str, comparison: Comparison) -> None:
    print(f"\n{title}: {comparison.cases:,} cases, {comparison.decided / comparison.cases:.1%} decided by the SDK")
    print("  " + ", ".join(f"{kind} {comparison.share(kind):.1%}" for kind in ("false", "true", "variant", "unknown")))
    print(f"  {len(comparison.differences)} unexplained differences, {comparison.explained.total():,} documented ones")
    for difference in comparison.differences[:SHOWN]:
        print(f"  {difference}")


if __name__ == "__main__":
    sys.exit(main())
