"""Asking one filter about many values.

The answers are those of the evaluator: of the filter's predicate, or for texts of its text test, which is the same said
as an expression (``evaluator.text_test``). A list comprehension around that expression is what a hundred thousand
values in a row deserve.
"""

from collections.abc import Callable, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any, Final, cast

from evaluator.compiled import PropertyTest
from evaluator.context import REDACTED, JsonValue, Mark
from evaluator.matching.text_test import SURROUNDINGS
from evaluator.text_test import Form
from policies.replay.truth import FALSE, TRUE, UNKNOWN

Ask = Callable[[Sequence[JsonValue | Mark], Any, Any, datetime], list[int]]

_SOURCE: Final = """
def ask(values, predicate, wanted, now):
    return [{test} UNKNOWN if value is REDACTED else TRUE if predicate(value, now) else FALSE for value in values]
"""
_TEXT: Final = "(TRUE if {test} else FALSE) if type(value) is str{of} else"


def answers(test: PropertyTest, values: Sequence[JsonValue | Mark], now: datetime) -> list[int]:
    """What the filter says of each value, before any negation."""
    text = test.text
    return _ask(text and text.form)(values, test.predicate, text and text.wanted, now)


@lru_cache
def _ask(form: Form | None) -> Ask:
    """The function for all filters of one form (None: that have only a predicate)."""
    of = "" if form is None or form.of is None else f" and {form.of}"
    test = "" if form is None else _TEXT.format(test=form.test.format(wanted="wanted"), of=of)
    namespace: dict[str, Any] = dict(_SURROUNDINGS)
    exec(compile(_SOURCE.format(test=test), "<asking>", "exec"), namespace)
    return cast(Ask, namespace["ask"])


_SURROUNDINGS: Final = {
    **SURROUNDINGS,
    "FALSE": FALSE,
    "REDACTED": REDACTED,
    "TRUE": TRUE,
    "UNKNOWN": UNKNOWN,
}
