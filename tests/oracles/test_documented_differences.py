"""An example of every difference in docs/semantics.md, put to the server profile, to the local one, and to the SDK."""

import json
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import pytest

from evaluator import Context, Definitions, compile_definitions, evaluate, evaluate_all
from evaluator.local import compile_local, evaluate_local
from tests.oracles.posthog_sdk import PosthogSdk, sdk_clock

NOW: Final = datetime(2026, 11, 22, 12, tzinfo=UTC)
EXAMPLES: Final = json.loads(Path(__file__).with_name("differences.json").read_text(encoding="utf-8"))
PAGE: Final = (Path(__file__).parents[2] / "docs" / "semantics.md").read_text(encoding="utf-8")
NUMBERED: Final = {int(number) for number in re.findall(r"^\| (\d+) \|", PAGE, re.MULTILINE)}
CHOSEN: Final = {int(number) for number in re.findall(r"\((\d+)\)", PAGE)}
"""Numbers that stand in the running text: there, Drysail sides with the SDK or stops short of the service."""

each_example = pytest.mark.parametrize(
    "example", [pytest.param(one, id=f"{one['row']} {one['says']}") for one in EXAMPLES]
)


def feed_of(example: dict[str, Any]) -> dict[str, Any]:
    return {"flags": example["flags"], "cohorts": {}, "group_type_mapping": {}, **example.get("feed", {})}


def observed(answer: Any, expected: dict[str, Any]) -> dict[str, Any]:
    return {name: getattr(answer, name) for name in expected}


@each_example
def test_the_server_profile_answers_as_documented(example: dict[str, Any]) -> None:
    definitions = Definitions.from_posthog(feed_of(example))
    ruleset, context, facts = compile_definitions(definitions), Context(**example["context"]), definitions.facts()
    if "all" in example:
        answers = evaluate_all(ruleset, context, now=NOW, facts=facts, runtime=example.get("runtime", "all"))
        assert "flag" not in answers
        assert example["server"] == {"value": "absent"}
    else:
        result = evaluate(ruleset, "flag", context, now=NOW, facts=facts)
        assert observed(result, example["server"]) == example["server"]


@each_example
def test_the_sdk_and_the_local_profile_answer_as_documented(example: dict[str, Any]) -> None:
    feed, context = feed_of(example), Context(**example["context"])
    with sdk_clock(NOW):
        answer = PosthogSdk(feed).answer("flag", context)
    local = evaluate_local(compile_local(feed), "flag", context, now=NOW)
    assert observed(answer, example["sdk"]) == example["sdk"]
    assert (local.value, local.payload, local.error) == (answer.value, answer.payload, answer.error)


def test_every_documented_difference_has_an_example_and_every_example_is_documented() -> None:
    shown = {example["row"] for example in EXAMPLES}
    assert shown <= NUMBERED | CHOSEN
    assert shown >= NUMBERED
