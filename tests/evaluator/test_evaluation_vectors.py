"""Every case of ``tests/vectors/evaluation`` holds: one subject, one flag, and the parts of the answer that matter."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from evaluator import REDACTED, Context, Definitions, Ruleset, compile_definitions, evaluate, evaluate_all, explain

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
FILES = sorted((Path(__file__).parents[1] / "vectors" / "evaluation").glob("*.json"))
ALONE = "16-differences"
"""The file whose cases bring definitions of their own; tests/oracles puts them to the SDK as well."""
VECTORS = {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in FILES if path.stem != ALONE}
CASES = [
    pytest.param(name, case, id=f"{case['id']} {case['says']}")
    for name, vector in VECTORS.items()
    for case in vector["cases"]
]
RULESETS: dict[str, Ruleset] = {
    name: compile_definitions(Definitions.from_posthog(vector["definitions"])) for name, vector in VECTORS.items()
}


def context_of(described: dict[str, Any]) -> Context:
    """A context as it is written in the files: ``redacted`` names properties, ``redacted_groups`` group types."""
    fields = dict(described)
    redacted = dict.fromkeys(fields.pop("redacted", ()), REDACTED)
    redacted_groups = dict.fromkeys(fields.pop("redacted_groups", ()), REDACTED)
    properties = {**fields.pop("properties", {}), **redacted}
    return Context(**fields | {"properties": properties, "groups": {**fields.get("groups", {}), **redacted_groups}})


@pytest.mark.parametrize(("name", "case"), CASES)
def test_the_answer_is_the_expected_one(name: str, case: dict[str, Any]) -> None:
    ruleset, context = RULESETS[name], context_of(case["context"])
    facts = ruleset.definitions.facts()
    result = evaluate(ruleset, case["flag"], context, now=NOW, facts=facts)
    assert {field: getattr(result, field) for field in case["expect"]} == case["expect"]
    everything = evaluate_all(ruleset, context, now=NOW, facts=facts)
    served = case["flag"] in ruleset.flags and ruleset.flags[case["flag"]].served
    assert everything.get(case["flag"]) == (result if served else None)


@pytest.mark.parametrize(("name", "case"), CASES)
def test_the_explanation_gives_the_same_answer(name: str, case: dict[str, Any]) -> None:
    ruleset, context = RULESETS[name], context_of(case["context"])
    facts = ruleset.definitions.facts()
    explanation = explain(ruleset, case["flag"], context, now=NOW, facts=facts)
    assert explanation.result == evaluate(ruleset, case["flag"], context, now=NOW, facts=facts)


def test_every_vector_is_strict_json_says_where_it_comes_from_and_has_its_own_number() -> None:
    files = {path.stem: json.loads(path.read_text("utf-8"), parse_constant=_refuse) for path in FILES}
    assert all(vector["provenance"] and vector["says"] for vector in files.values())
    numbers = [case["id"] for vector in files.values() for case in vector["cases"]]
    assert len(numbers) == len(set(numbers))
    assert all(name[:2] == case["id"][:2] for name, vector in files.items() for case in vector["cases"])


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is no JSON")
