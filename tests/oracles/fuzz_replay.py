"""Compares the replay in columns with the evaluator, context for context, on any number of random contexts.

    python tests/oracles/fuzz_replay.py --contexts 1000000 --seed 1

Prints how many answers were compared, of which kinds they were, and every difference. Exits with 1 if there is one.
"""

# ruff: noqa: T201 - a report for people

import argparse
import sys
from collections import Counter

from evaluator.compiled import PropertyTest
from policies.replay import tables
from policies.replay.identity import MemberLists
from policies.replay.outcome import FAILED, UNDETERMINED
from policies.replay.side import Side
from policies.replay.stage import prepare
from tests.policies.replay.columns_and_rows import Case, differences, random_case

FLAGS = 8
CONTEXTS = 500
SHOWN = 20


def main() -> int:
    parser = argparse.ArgumentParser(description="Compare the replay in columns with the evaluator.")
    parser.add_argument("--contexts", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    found: list[str] = []
    reached: Counter[str] = Counter()
    contexts, seed, small = 0, options.seed * 1_000_000, tables.SMALL
    while contexts < options.contexts:
        tables.SMALL = 0 if seed % 2 else small  # type: ignore[misc] # large dictionaries are asked piecemeal
        case = random_case(seed, flags=FLAGS, contexts=CONTEXTS)
        found += differences(case)
        reached.update(_reached(case))
        contexts, seed = contexts + case.recording.size, seed + 1
        print(f"\r{contexts:,} contexts, {len(found)} differences", end="", file=sys.stderr, flush=True)
    print(file=sys.stderr)
    print(f"{contexts:,} contexts, {reached['answers']:,} answers, {len(found):,} differences")
    for name in sorted(reached):
        print(f"  {reached[name]:>12,}  {name}")
    for difference in found[:SHOWN]:
        print(difference)
    return 1 if found else 0


def _reached(case: Case) -> Counter[str]:
    """How many answers were off, on, failed or undetermined, and how many filters had which operator."""
    side = Side(case.ruleset, case.facts, stage=prepare(case.recording, case.now), lists=MemberLists())
    reached: Counter[str] = Counter()
    for key, flag in case.ruleset.flags.items():
        answers = side.outcome(key).answers
        reached["answers"] += len(answers)
        for name, code in (("answers undetermined", UNDETERMINED), ("answers failed", FAILED), ("answers off", 0)):
            reached[name] += int((answers == code).sum())
        for condition in flag.conditions:
            for test in condition.tests:
                kind = str(test.filter.get("operator")) if isinstance(test, PropertyTest) else type(test).__name__
                reached[f"filter {kind}"] += 1
    return reached


if __name__ == "__main__":
    sys.exit(main())
