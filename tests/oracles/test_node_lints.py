"""The lints about posthog-node alone, put to it: it differs where they are told, and else not on ordinary people."""

from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import product
from typing import Any, Final

import pytest

from evaluator import Definitions, compile_definitions
from evaluator.compiled import PropertyTest
from evaluator.portability import NODE_ONLY, Lint
from tests.oracles.filter_questions import sdk_answer
from tests.oracles.posthog_node import PosthogNode, why_not_installed

pytestmark = pytest.mark.skipif(why_not_installed() is not None, reason=str(why_not_installed()))

NOW: Final = datetime(2026, 11, 22, 12, tzinfo=UTC)
TEXTS: Final = ["", "pro", "5", "5.0", "9.99", "true", "~"]
NUMBERS: Final = [-1, 0, 4.5, 5, 5.0, 6, 1e16, "-1", "5", "7.25"]
ORDINARY: Final[dict[Lint, list[Any]]] = {
    Lint.NODE_NUMBER: NUMBERS,
    Lint.NODE_WHOLE_NUMBER: [*TEXTS, 9.99, -0.5, True, False],
}
"""What people hold in a property of the kind: numbers to compare, texts and numbers with a fraction to find."""
ODD: Final = [None, True, "6px", " 5", "~", "", "x", ["a"]]
OPERATORS: Final = {
    Lint.NODE_NUMBER: ["gt", "gte", "lt", "lte"],
    Lint.NODE_WHOLE_NUMBER: ["exact", "is_not"],
}
VALUES: Final = {
    Lint.NODE_NUMBER: [
        *(5, 5.0, 4.5, -1, 0, 1e16, "5", "-7.25", "1e3", "+7"),
        *("6px", " 5", "", "x", "0x10", True, [5], ["a"], [], {}, {"a": 1}),
    ],
    Lint.NODE_WHOLE_NUMBER: [
        *(5, 5.0, 0, -0.0, -3, 1e16, 1e300, [5], [5.0], [[5]], ["x", 5], ["5", 5], {"a": 5}, {"a": [1.5, 2]}),
        *(9.99, [9.99], -0.5, ["a", 1.5], {"a": 1.5}, "5", ["5"], "5.0", True, [True], ["pro", "9.99"], [], [[]], {}),
    ],
}

Entry = dict[str, Any]
each_lint = pytest.mark.parametrize("lint", NODE_ONLY)


@pytest.fixture(scope="module")
def node() -> Iterator[PosthogNode]:
    with PosthogNode() as node:
        yield node


def entries(lint: Lint, *, told: bool) -> Iterator[tuple[Entry, PropertyTest]]:
    """The filters on which the lint is told, or those on which it is not, as the server reads them."""
    for operator, value in product(OPERATORS[lint], VALUES[lint]):
        entry = {"key": "p", "type": "person", "operator": operator, "value": value}
        flag = {"key": "flag", "active": True, "filters": {"groups": [{"properties": [entry]}]}}
        rules = compile_definitions(Definitions.from_posthog({"flags": [flag]}))
        if (lint in {warning.problem.code for warning in rules.warnings}) is told:
            (test,) = rules.flags["flag"].conditions[0].tests
            assert isinstance(test, PropertyTest)
            yield entry, test


def answers(node: PosthogNode, entry: Entry, held: list[Any]) -> list[bool | str | None]:
    return node.matches([(entry, {"p": value}, 1) for value in held], NOW)


@each_lint
def test_posthog_node_differs_from_the_server_where_a_lint_is_told(lint: Lint, node: PosthogNode) -> None:
    told = list(entries(lint, told=True))
    held = ORDINARY[lint] + ODD
    assert len(told) >= 20
    for entry, test in told:
        here = [test.predicate(value, NOW) for value in held]
        assert answers(node, entry, held) != here, entry


@each_lint
def test_posthog_node_answers_ordinary_properties_like_the_server_where_no_lint_is_told(
    lint: Lint, node: PosthogNode
) -> None:
    silent = list(entries(lint, told=False))
    assert len(silent) >= 20
    for entry, test in silent:
        here = [test.predicate(value, NOW) for value in ORDINARY[lint]]
        assert answers(node, entry, ORDINARY[lint]) == here, entry


def test_a_whole_number_is_the_doing_of_posthog_node_alone(node: PosthogNode) -> None:
    for entry, test in entries(Lint.NODE_WHOLE_NUMBER, told=True):
        for value in ORDINARY[Lint.NODE_WHOLE_NUMBER]:
            assert test.predicate(value, NOW) == sdk_answer((entry["operator"], entry["value"], value, 1))
        assert "unsupported_definition" in answers(node, entry, ORDINARY[Lint.NODE_WHOLE_NUMBER])


@pytest.mark.parametrize("value", [5, [5], ["x", 5]])
def test_a_whole_number_in_quotes_is_decided_for_text_and_left_open_for_numbers(value: Any, node: PosthogNode) -> None:
    quoted = [str(part) for part in value] if isinstance(value, list) else str(value)
    for operator in OPERATORS[Lint.NODE_WHOLE_NUMBER]:
        entry = {"key": "p", "type": "person", "operator": operator, "value": quoted}
        assert answers(node, entry, ["5", "6"]) == [operator == "exact", operator == "is_not"]
        assert answers(node, entry, [5, 6]) == ["missing_context"] * 2
