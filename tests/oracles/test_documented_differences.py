"""An example of every difference in docs/semantics.md, put to the server profile, to the local one, and to the SDK."""

import json
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import pytest

from evaluator import Context, Definitions, Ruleset, compile_definitions, evaluate, evaluate_all
from evaluator.local import compile_local, evaluate_local
from evaluator.portability import DIFFERENCES, NODE_ONLY, Lint
from tests.oracles.posthog_sdk import PosthogSdk, sdk_clock

NOW: Final = datetime(2026, 11, 22, 12, tzinfo=UTC)
ROOT: Final = Path(__file__).parents[2]
FILE: Final = ROOT / "tests" / "vectors" / "evaluation" / "16-differences.json"
EXAMPLES: Final = json.loads(FILE.read_text(encoding="utf-8"))["cases"]
PAGE: Final = (ROOT / "docs" / "semantics.md").read_text(encoding="utf-8")
ROWS: Final = dict(re.findall(r"^\| (\d+) \|.*\| ([^|]*) \|$", PAGE, re.MULTILINE))
"""The number of each row, and its last column: the lint, or a dash."""
CHOSEN: Final = {int(number) for number in re.findall(r"\((\d+)\)", PAGE)}
"""Numbers that stand in the running text: there, Drysail sides with the SDK or stops short of the service."""

each_example = pytest.mark.parametrize(
    "example", [pytest.param(one, id=f"{one['id']} {one['says']}") for one in EXAMPLES]
)


def context_of(example: dict[str, Any]) -> Context:
    fields = dict(example["context"])
    beyond_json = {name: float(word) for name, word in fields.pop("beyond_json", {}).items()}
    return Context(**fields | {"properties": {**fields.get("properties", {}), **beyond_json}})


def ruleset_of(example: dict[str, Any]) -> Ruleset:
    return compile_definitions(Definitions.from_posthog(example["definitions"]))


def observed(answer: Any, expected: dict[str, Any]) -> dict[str, Any]:
    return {name: getattr(answer, name) for name in expected}


def lints_of(ruleset: Ruleset) -> list[str]:
    return sorted({warning.problem.code for warning in ruleset.warnings if warning.level == "portability"})


@each_example
def test_the_server_profile_answers_as_documented(example: dict[str, Any]) -> None:
    ruleset, context = ruleset_of(example), context_of(example)
    facts = ruleset.definitions.facts()
    answers = evaluate_all(ruleset, context, now=NOW, facts=facts, **example.get("request", {}))
    if example["expect"] is None:
        assert "flag" not in answers
    else:
        result = evaluate(ruleset, "flag", context, now=NOW, facts=facts)
        assert observed(result, example["expect"]) == example["expect"]
        assert answers["flag"] == result


@each_example
def test_the_sdk_and_the_local_profile_answer_as_documented(example: dict[str, Any]) -> None:
    feed, context = {"cohorts": {}, "group_type_mapping": {}, **example["definitions"]}, context_of(example)
    with sdk_clock(NOW):
        answer = PosthogSdk(feed).answer("flag", context)
    local = evaluate_local(compile_local(feed), "flag", context, now=NOW)
    assert observed(answer, example["local"]) == example["local"]
    assert (local.value, local.payload, local.error) == (answer.value, answer.payload, answer.error)


@each_example
def test_the_lints_are_those_that_the_vector_names(example: dict[str, Any]) -> None:
    assert lints_of(ruleset_of(example)) == example["lints"]


def test_every_lint_stands_for_a_difference_that_an_example_shows() -> None:
    """The SDK itself gave the local answers above: no lint without a case in which the two really part."""
    shown = {
        str(DIFFERENCES[example["difference"]])
        for example in EXAMPLES
        if DIFFERENCES[example["difference"]] in example["lints"]
        and (example["expect"] or {"value": "absent"}) != example["local"]
    }
    assert shown == {str(code) for code in Lint if code not in NODE_ONLY}


def test_the_page_names_the_lint_of_every_row_and_the_table_no_other_rows() -> None:
    codes = {number: str(what) if isinstance(what, Lint) else None for number, what in DIFFERENCES.items()}
    named = {int(number): cell.strip("`") if cell.startswith("`") else None for number, cell in ROWS.items()}
    short = {number: code and code.removeprefix("portability.") for number, code in codes.items()}
    assert {number: short[number] for number in named} == named
    assert sorted(DIFFERENCES) == list(range(1, 62)) == sorted({*named, *CHOSEN} & {*DIFFERENCES})


def test_every_difference_has_an_example() -> None:
    assert {example["difference"] for example in EXAMPLES} == set(DIFFERENCES)
