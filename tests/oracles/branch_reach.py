"""Measures which branches of the evaluator, and of the SDK's own evaluation, the random cases reach.

    pip install -r requirements/oracles.in
    python tests/oracles/branch_reach.py --cases 20000

Runs the strategies of the differential tests under ``coverage`` and lists every branch that none of them took. Exits
with 1 if there is one that ``UNREACHED`` gives no reason for, or if a reason is given for a branch that was taken.
"""

# ruff: noqa: T201 - a report for people

import argparse
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC
from pathlib import Path
from random import Random
from typing import Any, Final
from zoneinfo import ZoneInfo

from coverage import Coverage

ROOT: Final = Path(__file__).parents[2]
EVALUATOR: Final = ["decide", "evaluate", "program", "index", "ask", "compile*", "matching/*", "local/*"]
SDK: Final = "*/posthog/feature_flags.py"

NO_FEED = "a feed has every flag and cohort once, and none that is deleted; stored documents may"
BOUND = "a bound on size, with tests of its own: random definitions stay small"
PREPARED = "the caller's groups always have properties: what SDKs prepare gives each its $group_key"
GUARD = "the SDK guards against what its own code does not do"
UNREACHED: Final[dict[str, dict[str, str]]] = {
    "evaluator/ask.py": {"case Never():": "the last of all kinds: there is no way past it"},
    "evaluator/compile.py": {
        'if not isinstance(flag, Mapping) or flag.get("key") != name:': NO_FEED,
        'elif name not in found or (found[name].get("deleted") is True and flag.get("deleted") is not True):': NO_FEED,
        'elif flag.get("deleted") is not True:': NO_FEED,
        "if zone is not None:": "random feeds name time zones that exist",
    },
    "evaluator/compile_cohort.py": {
        'if isinstance(document, Mapping) and document.get("deleted") is True:': NO_FEED,
        "if count + len(pending) > MOST_FILTERS:": BOUND,
        "if depth == 1:": BOUND,
        "if depth > DEEPEST_TREE:": BOUND,
        "if problem is None and depths[cohort_id] > DEEPEST_NESTING:": BOUND,
        "if cohort.tree is None and members_of(document) is None:": "the one static cohort of random feeds has members",
    },
    "evaluator/compile_flag.py": {
        'if flag.get("has_encrypted_payloads") is True:': "only warns; what it warns of is no matter of evaluation",
    },
    "evaluator/index.py": {
        "if len(self._known) >= REMEMBERED:": BOUND,
        "if isinstance(test, PropertyTest):": "only flags whose filters are all on properties are indexed",
    },
    "evaluator/local/common_regex.py": {"if len(pattern) > LONGEST_PATTERN:": BOUND},
    "evaluator/local/decide.py": {"if group.properties is None:": PREPARED},
    "evaluator/local/evaluate.py": {"if properties is None:": PREPARED},
    "evaluator/local/dependencies.py": {
        "if flag.key in run.open_flags:": "no feed's dependency_chain forms a circle; the SDK would exhaust its stack",
    },
    "evaluator/matching/regex.py": {
        "if len(pattern) > LONGEST_PATTERN:": BOUND,
        'if "too large" in reason or "repetition size" in reason:': BOUND,
    },
    "evaluator/matching/text_form.py": {
        "if isinstance(value, int | float):": "the server profile is asked with JSON only"
    },
    "posthog/feature_flags.py": {
        "if reason is not None:": GUARD,
        "if flags_by_key is None or evaluation_cache is None:": GUARD,
        "if group_name not in group_properties:": PREPARED,
        "if not parsed_date:": GUARD,
        'if operator == "semver_lte":': GUARD,
        "if operator in SEMVER_OPERATORS:": GUARD,
        'if not flag.get("active"):': "this search skips such flags when definitions load; evaluation left them before",
        'if flag.get("ensure_experience_continuity"):': "the same",
        "if not 1 <= year <= 9999:": "the longest span in months, 9999, ends after the year 1 until the year 835",
        "if not parts:": GUARD,
    },
}
"""By file and line of code: why no random case takes a branch that starts there."""


@dataclass(frozen=True, slots=True)
class Branch:
    """A step from one line to another; ``target`` 0: out of the function or module."""

    file: str
    line: int
    code: str
    target: int

    @property
    def reason(self) -> str | None:
        """Why it is not reached, if that is known."""
        return UNREACHED.get(self.file, {}).get(self.code)


def main() -> int:
    parser = argparse.ArgumentParser(description="Measure which branches the random cases reach.")
    parser.add_argument("--cases", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    coverage = Coverage(branch=True, data_file=None, config_file=False, include=[*_patterns(), SDK], messages=False)
    coverage.start()
    run_strategies(options.seed, options.cases)
    coverage.stop()
    return report(coverage)


def _patterns() -> list[str]:
    return [str(ROOT / "evaluator" / f"{name}.py") for name in EVALUATOR]


def run_strategies(seed: int, cases: int) -> None:
    """Imported here, so that coverage sees the modules being loaded."""
    from tests.oracles.cases import ODDNESS, random_batches, without_devices
    from tests.oracles.comparison import compare_forgetful, compare_local, compare_server
    from tests.oracles.filter_questions import FAMILIES, disagreements, questions_on_family, questions_on_values

    for oddnesses, share in ((ODDNESS, 0.5), ([0.6], 0.5), ([0.9], 1)):
        compare_local(random_batches(seed, int(cases * share), oddnesses))
        compare_server(random_batches(seed, int(cases * share), oddnesses))
        compare_forgetful(random_batches(seed, int(cases * share), oddnesses))
    compare_local(map(without_devices, random_batches(seed, cases, [0.2, 0.6])))
    families = [questions_on_family(family, cases) for family in FAMILIES]
    for questions in [questions_on_values(Random(f"{seed}"), cases), *families]:
        asked = list(questions)
        disagreements(iter(asked), Counter())
        ask_the_server_profile(asked)


def ask_the_server_profile(questions: list[Any]) -> None:
    """The same filters, which the server profile reads with a grammar of its own."""
    from evaluator.matching import compile_predicate
    from evaluator.matching.errors import BadFilter
    from tests.oracles.filter_questions import PYTHON_VALUES
    from tests.oracles.random_contexts import MOMENTS

    for number, (operator, wanted, found, version) in enumerate(questions):
        entry = {"key": "p", "type": "person", "operator": operator, "value": wanted}
        zone = UTC if number % 2 else ZoneInfo("America/New_York")
        if any(found is value for value in PYTHON_VALUES):
            continue
        with suppress(BadFilter):
            compile_predicate(entry, matching_version=version, timezone=zone).predicate(found, MOMENTS[0])


def report(coverage: Coverage) -> int:
    unreached: list[Branch] = []
    for path in sorted(coverage.get_data().measured_files()):
        total, missing = _branches(coverage, path)
        unreached += missing
        if total:
            print(f"{1 - len(missing) / total:7.1%}  of {total:>4} branches  {_short(path)}")
    print(f"\nNot reached: {len(unreached)}")
    for branch in unreached:
        print(f"  {branch.file}:{branch.line} -> {branch.target or 'out'}  {branch.code}")
        print(f"      {branch.reason or 'NO REASON GIVEN'}")
    taken = set(_stale({(branch.file, branch.code) for branch in unreached}))
    for file, code in sorted(taken):
        print(f"  {file}: a reason is given for a branch that is reached: {code}")
    return 1 if taken or any(branch.reason is None for branch in unreached) else 0


def _branches(coverage: Coverage, path: str) -> tuple[int, list[Branch]]:
    """How many branches a file has, and those that were not taken. Lines never run take no branch either."""
    analysis: Any = coverage._analyze(path)
    lines = Path(path).read_text(encoding="utf-8").splitlines()
    starts = {start for start, count in analysis.branch_stats().items() if count[0] > 1}
    total = sum(count for count, _ in analysis.branch_stats().values())
    missing = [
        Branch(_short(path), start, lines[start - 1].strip(), max(target, 0))
        for start, targets in sorted(analysis.missing_branch_arcs().items())
        if start in starts
        for target in targets
    ]
    return total, missing


def _short(path: str) -> str:
    file = Path(path)
    return str(file.relative_to(ROOT)) if file.is_relative_to(ROOT / "evaluator") else f"{file.parent.name}/{file.name}"


def _stale(unreached: set[tuple[str, str]]) -> Iterator[tuple[str, str]]:
    for file, reasons in UNREACHED.items():
        yield from ((file, code) for code in reasons if (file, code) not in unreached)


if __name__ == "__main__":
    sys.exit(main())
