"""A recording keeps only some values. What hangs on the others is left open; what does not is still told."""

from collections.abc import Iterator
from dataclasses import replace
from random import Random
from typing import Any

from evaluator import REDACTED, Context
from evaluator.local import compile_local, evaluate_local
from tests.evaluator.local.feeds import ask, condition, flag, person
from tests.oracles.cases import random_batches
from tests.oracles.random_values import PROPERTIES, random_value


def test_an_answer_that_hangs_on_a_redacted_value_is_undetermined() -> None:
    result = ask([flag(condition(person("plan", "exact", "pro")))], properties={"plan": REDACTED})
    assert (result.value, result.error) == (None, "redacted_value")


def test_even_is_set_hangs_on_it_for_nobody_knows_whether_it_was_sent() -> None:
    result = ask([flag(condition(person("plan", "is_set", None)))], properties={"plan": REDACTED})
    assert result.error == "redacted_value"


def test_a_filter_that_misses_settles_a_condition_with_a_redacted_value() -> None:
    mixed = condition(person("plan", "exact", "pro"), person("age", "gt", 18))
    result = ask([flag(mixed)], properties={"plan": REDACTED, "age": 5})
    assert result.value is False


def test_a_later_match_does_not_settle_a_flag_whose_earlier_condition_is_open() -> None:
    result = ask([flag(condition(person("plan", "exact", "pro")), condition())], properties={"plan": REDACTED})
    assert result.error == "redacted_value"


def test_no_random_answer_beside_redacted_values_depends_on_them() -> None:
    random = Random("redaction")
    told = 0
    for batch in random_batches(seed=3, cases=8_000):
        ruleset = compile_local(batch.feed)
        for context in batch.contexts:
            hidden = random.sample(sorted(PROPERTIES), 3)
            redacted = replace(context, properties={**context.properties, **dict.fromkeys(hidden, REDACTED)})
            others = list(fillings(context, hidden, random))
            for definition in batch.feed["flags"]:
                result = evaluate_local(ruleset, definition["key"], redacted, now=batch.now)
                if result.error != "redacted_value":
                    told += 1
                    possible = {evaluate_local(ruleset, definition["key"], it, now=batch.now).value for it in others}
                    assert possible == {result.value}
    assert told > 4_000


def fillings(context: Context, hidden: list[str], random: Random) -> Iterator[Context]:
    """The subject with the true values, without them, and with others in their place."""
    kept: dict[str, Any] = {name: value for name, value in context.properties.items() if name not in hidden}
    yield context
    yield replace(context, properties=kept)
    for _ in range(4):
        other = {name: random_value(random, PROPERTIES[name], oddness=0.2) for name in hidden}
        yield replace(context, properties={**kept, **other})
