"""The columnar replay and the scalar evaluator are one semantics.

Random definitions (every operator, cohort shapes, dependencies, groups, variants, holdouts, enrollment, early exit, and
malformed ones) meet random subjects, some of whose values were redacted. `make fuzz-replay` does the same with a
million contexts.
"""

from collections import Counter
from random import Random

import pytest

from evaluator import evaluate
from evaluator.compiled import CohortTest, FlagTest, Never, PropertyTest
from evaluator.result import Reason
from policies.replay import tables
from tests.oracles.random_contexts import MOMENTS
from tests.policies.replay.columns_and_rows import differences, random_case
from tests.policies.replay.random_changes import compiled, random_definitions, random_facts, random_subjects

SEEDS = range(60)
FLAGS = 12
CONTEXTS = 60


@pytest.mark.parametrize("seed", SEEDS)
def test_columns_answer_as_the_evaluator_does_one_by_one(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    if seed % 2:
        monkeypatch.setattr(tables, "SMALL", 0)  # every dictionary counts as large, and is asked piecemeal
    assert list(differences(random_case(seed, flags=FLAGS, contexts=CONTEXTS))) == []


def test_the_random_cases_reach_everything() -> None:
    """Guards the law above: at least 20,000 answers, with every reason and every kind of filter among them."""
    reasons, kinds, operators = Counter[Reason](), Counter[type](), Counter[str]()
    for seed in SEEDS:
        random = Random(seed)
        ruleset, facts = compiled(random_definitions(random, flags=FLAGS)), random_facts(random)
        contexts, now = random_subjects(random, CONTEXTS), random.choice(MOMENTS)
        results = [
            evaluate(ruleset, key, context, now=now, facts=facts) for key in ruleset.flags for context in contexts
        ]
        reasons.update(result.reason for result in results)
        tests = [test for flag in ruleset.flags.values() for each in flag.conditions for test in each.tests]
        kinds.update(map(type, tests))
        operators.update(str(test.filter.get("operator")) for test in tests if isinstance(test, PropertyTest))
    assert reasons.total() >= 20_000
    assert set(reasons) == set(Reason)
    assert min(reasons.values()) >= 50
    assert set(kinds) == {PropertyTest, CohortTest, FlagTest, Never}
    assert len(operators) >= 30
