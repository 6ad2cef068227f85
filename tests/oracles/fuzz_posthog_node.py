"""Compares the evaluator with PostHog's SDK for Node on any number of random cases.

    make fuzz-node
    python tests/oracles/fuzz_posthog_node.py --cases 1000000 --seed 1

Prints how the SDK answered, which rows of the tables in docs/semantics.md explain the differences, and every difference
that none does. Exits with 1 if there is one of those, with 2 if the SDK is not installed.
"""

# ruff: noqa: T201 - a report for people

import argparse
import sys
from collections import Counter
from itertools import islice

from tests.oracles.cases import random_batches
from tests.oracles.node_comparison import NodeComparison, Row, compare_node
from tests.oracles.posthog_node import PosthogNode, installed_version, why_not_installed

BATCHES_AT_ONCE = 200
SHOWN = 10


def main() -> int:
    parser = argparse.ArgumentParser(description="Compare the evaluator with posthog-node on random cases.")
    parser.add_argument("--cases", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    if (reason := why_not_installed()) is not None:
        print(reason, file=sys.stderr)
        return 2
    total = NodeComparison()
    batches = random_batches(options.seed, options.cases)
    with PosthogNode() as node:
        while part := list(islice(batches, BATCHES_AT_ONCE)):
            total.add(compare_node(part, node))
            print(f"\r{total.cases:,} cases, {len(total.differences)} differences", end="", file=sys.stderr, flush=True)
    print(file=sys.stderr)
    report(total)
    return 1 if total.differences else 0


def report(total: NodeComparison) -> None:
    print(f"posthog-node {installed_version()}: {total.cases:,} cases, {total.decided / total.cases:.1%} decided by it")
    print("  " + ", ".join(f"{kind} {count / total.cases:.1%}" for kind, count in sorted(total.answers.items())))
    print(f"  {total.circles:,} more not asked: it never ends on a cohort that contains itself")
    report_rows("Other than the local profile, which answers as the Python SDK does", total.local)
    report_rows("Other than the server profile, where it decides", total.server)
    print(f"\n{len(total.differences)} differences that no row explains")
    for difference in total.differences[:SHOWN]:
        print(f"  {difference}")


def report_rows(title: str, explained: Counter[frozenset[Row]]) -> None:
    print(f"\n{title}: {explained.total():,} cases")
    bearing: Counter[Row] = Counter()
    for rows, count in explained.items():
        bearing.update(dict.fromkeys(rows, count))
    for row, count in sorted(bearing.items(), key=lambda item: (isinstance(item[0], str), number_of(item[0]))):
        alone = explained[frozenset({row})]
        print(f"  {count:>10,}  difference {row} ({alone:,} of them for this reason alone)")


def number_of(row: Row) -> int:
    return int(str(row).removeprefix("N"))


if __name__ == "__main__":
    sys.exit(main())
