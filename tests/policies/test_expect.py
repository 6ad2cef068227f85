"""What a proposer may declare."""

from typing import Any

import pytest

from policies.expect import Expect, ExpectError, parse_expect


def test_a_declaration_is_read() -> None:
    declared = {"newly_on_max": 4500, "switched_max": 0, "only": {"plan": ["enterprise", None, 3, True]}}

    assert parse_expect(declared) == Expect(newly_on_max=4500, switched_max=0, only=declared["only"])


@pytest.mark.parametrize(
    ("declared", "message"),
    [
        ({"newly_on_mx": 1}, "expect has no 'newly_on_mx'. Did you mean 'newly_on_max'?"),
        ({"newly_on_max": -1}, "expect.newly_on_max must be a whole number of subjects, 0 or more."),
        ({"newly_on_max": 1.5}, "expect.newly_on_max must be a whole number of subjects, 0 or more."),
        ({"newly_on_max": True}, "expect.newly_on_max must be a whole number of subjects, 0 or more."),
        ({"newly_on_max": "<= 4500"}, "expect.newly_on_max must be a whole number of subjects, 0 or more."),
        (
            {"only": "plan=enterprise"},
            'expect.only must be an object from property to a list of values, such as {"plan": ["enterprise"]}.',
        ),
        ({"only": {"plan": "enterprise"}}, 'expect.only.plan must be a list of values, such as ["enterprise"].'),
        ({"only": {"plan": []}}, 'expect.only.plan must be a list of values, such as ["enterprise"].'),
        (
            {},
            "expect cannot be used: nothing is declared. "
            "Known: newly_on_max, newly_on_min, turned_off_max, switched_max, changed_max, only.",
        ),
        (
            {"newly_on_min": 5, "newly_on_max": 4},
            "expect cannot be used: newly_on_min is more than newly_on_max. "
            "Known: newly_on_max, newly_on_min, turned_off_max, switched_max, changed_max, only.",
        ),
    ],
)
def test_a_declaration_that_cannot_be_read_is_refused_in_one_sentence(declared: dict[str, Any], message: str) -> None:
    with pytest.raises(ExpectError) as caught:
        parse_expect(declared)

    assert str(caught.value) == message
