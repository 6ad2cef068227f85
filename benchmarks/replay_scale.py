"""How time and memory of a replay grow with the traffic.

    python benchmarks/replay_scale.py [--checks 1000000 10000000 100000000]

For each size, the store of ``benchmarks/replay.py`` is built by the product's own code, and a new process replays the
same change on it, from disk. Before and after, the number of subjects that are on must be the evaluator's.
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.replay_runs import compiled, in_new_process
from benchmarks.replay_store import build, log_of
from benchmarks.shop_traffic import FLAG, NOW, Traffic, flag_after, flag_before, generate
from evaluator import Ruleset, evaluate
from evaluator.recorded_hashes import HASHED

SIZES = (1_000_000, 10_000_000)


def main() -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser(description="Time and memory of a replay by size of the traffic.")
    parser.add_argument("--checks", type=int, nargs="+", default=SIZES, help="sizes (default: 1000000 10000000)")
    parser.add_argument("--rounds", type=int, default=3, help="new processes per size; the median counts (default: 3)")
    options = parser.parse_args()
    print(f"{'checks':>12}{'contexts':>12}{'load':>9}{'replay':>9}{'edit':>9}{'peak':>11}{'build':>9}{'checks/s':>12}")
    for checks in options.checks:
        with TemporaryDirectory(prefix="drysail-benchmark-") as folder:
            print(_line(checks, _measured(checks, Path(folder), options.rounds)), flush=True)


def _measured(checks: int, home: Path, rounds: int) -> dict[str, Any]:
    traffic = generate(checks, 7)
    before, after = compiled(flag_before()), compiled(flag_after())
    answers, hashed, is_on = _answered(traffic, before)
    expected = [_subjects(traffic, is_on), _subjects(traffic, _answered(traffic, after)[2])]
    log = log_of(traffic, answers, hashed, 7)
    del answers, hashed
    begun = perf_counter()
    snapshot = build(home, traffic, log, buckets=True)
    build_seconds = perf_counter() - begun
    del log, traffic
    found = in_new_process(home, snapshot, rounds)
    flag = found["split"]["flags"][0]
    if [flag["on_before"], flag["on_after"]] != expected:
        sys.exit(f"{flag['on_before']:,} and {flag['on_after']:,} subjects are on, but the evaluator says {expected}.")
    return {**found, "build_seconds": build_seconds}


def _answered(traffic: Traffic, ruleset: Ruleset) -> tuple[Sequence[bool | str], NDArray[np.bool_], NDArray[np.bool_]]:
    """By context: the answer, whether the subject was hashed for it, and whether it is on."""
    contexts = len(traffic.subjects)
    answers: list[bool | str] = []
    hashed, is_on = np.zeros((2, contexts), dtype=np.bool_)
    for row in range(contexts):
        result = evaluate(ruleset, FLAG, traffic.context(row), now=NOW)
        answers.append(False if result.value is None else result.value)
        hashed[row], is_on[row] = result.reason in HASHED, result.enabled
    return answers, hashed, is_on


def _subjects(traffic: Traffic, contexts: NDArray[np.bool_]) -> int:
    return len(np.unique(traffic.subjects[contexts]))


def _line(checks: int, found: dict[str, Any]) -> str:
    return (
        f"{checks:>12,}{found['contexts']:>12,}{found['load_seconds']:>7.2f} s{found['replay_seconds']:>7.2f} s"
        f"{found['warm_seconds']:>7.3f} s{found['peak_mb']:>8,} MB{found['build_seconds']:>7.1f} s"
        f"{checks / found['build_seconds']:>12,.0f}"
    )


if __name__ == "__main__":
    main()
