"""PostHog's own tables: what 1,000 people get of one boolean and one multivariate flag, the same for all its SDKs.

They are read from the test module that the SDK ships; nothing of it is run or copied here.
"""

import ast
import importlib.util
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from evaluator import Context, Definitions, compile_definitions, evaluate

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
TABLES = ("test_simple_flag_consistency", "test_multivariate_flag_consistency")


@cache
def table(name: str) -> tuple[list[Any], list[bool | str]]:
    """The flags and the expected values that one of the SDK's tests assigns to names."""
    package = importlib.util.find_spec("posthog")
    assert package is not None
    assert package.origin is not None
    source = Path(package.origin).parent / "test" / "test_feature_flags.py"
    tree = ast.parse(source.read_text(encoding="utf-8"))
    test = next(node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef) and node.name == name)
    assigned = {
        target.attr if isinstance(target, ast.Attribute) else target.id: ast.literal_eval(node.value)
        for node in test.body
        if isinstance(node, ast.Assign) and isinstance(target := node.targets[0], ast.Attribute | ast.Name)
    }
    return assigned["feature_flags"], assigned["results"]


@pytest.mark.parametrize("name", TABLES)
def test_everybody_gets_what_posthog_gives_them(name: str) -> None:
    flags, expected = table(name)
    ruleset = compile_definitions(Definitions.from_posthog({"flags": flags}))
    key = flags[0]["key"]
    answers = [evaluate(ruleset, key, Context(f"distinct_id_{number}"), now=NOW).value for number in range(1000)]
    assert len(expected) == 1000
    assert answers == expected
