"""``regex`` and ``not_regex``."""

from datetime import datetime

from evaluator.context import JsonValue
from evaluator.local.common_regex import Deferred, LocalPattern, compile_pattern
from evaluator.local.text import text_of
from evaluator.local.unknown import MISSING_CONTEXT, UNSUPPORTED, Truth
from evaluator.local.value_test import ValueTest, always


def compile_regex(operator: str, value: JsonValue) -> ValueTest:
    """Search for a pattern in a text; an invalid pattern matches nothing under either operator."""
    wanted = operator == "regex"
    try:
        pattern = compile_pattern(str(value))
    except Deferred:
        return ValueTest(lambda candidate, now: UNSUPPORTED, always)

    def decide(candidate: JsonValue, now: datetime) -> Truth:
        text = text_of(candidate)
        if text is None:
            return MISSING_CONTEXT
        return pattern is not None and _search(pattern, text, wanted)

    return ValueTest(decide)


def _search(pattern: LocalPattern, text: str, wanted: bool) -> Truth:
    try:
        return pattern.found_in(text) is wanted
    except Deferred:
        return UNSUPPORTED
