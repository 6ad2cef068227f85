"""``regex`` and ``not_regex``: a search in linear time with RE2, read as the server's engine reads it."""

from datetime import datetime
from typing import Any

import re2

from evaluator.compiled import Predicate
from evaluator.context import MISSING, JsonValue, Mark
from evaluator.definitions.limits import LONGEST_PATTERN, MOST_SEARCH_WORK
from evaluator.json_text import brief
from evaluator.matching.errors import BadFilter
from evaluator.matching.regex_syntax import InvalidPattern, UnsupportedPattern, translate
from evaluator.matching.text_form import text_of


def finds(wanted: JsonValue, *, positive: bool) -> Predicate:
    """``regex`` (``positive``) or ``not_regex``: the pattern occurs anywhere in the property's text form.

    ``$`` is the end of the text only, ``.`` is anything but a line feed, and the shorthands mean Unicode; word
    boundaries know the letters of ASCII only. A pattern that is invalid matches neither operator where the property
    is present; so does any pattern in a text so long that the search could take seconds (``MOST_SEARCH_WORK``). Raises
    ``BadFilter`` where the pattern is valid for the server but not for RE2.
    """
    pattern = text_of(wanted)
    if len(pattern) > LONGEST_PATTERN:
        raise BadFilter(
            "unsupported_regex",
            f"the pattern has {len(pattern):,} characters; {LONGEST_PATTERN:,} are the most",
            path="value",
            fix="use a list of values, or a shorter pattern",
        )
    try:
        compiled = _compile(translate(pattern))
    except InvalidPattern:
        return _invalid(positive)
    except UnsupportedPattern as construct:
        raise BadFilter(
            "unsupported_regex",
            f"the pattern {brief(pattern)} uses {construct}, which the linear-time engine RE2 cannot do",
            path="value",
            fix="rewrite it without that, or with another operator",
        ) from None
    longest = longest_text(compiled)

    def matches(value: JsonValue | Mark, now: datetime) -> bool:
        if value is MISSING:
            return not positive
        text = _encoded(text_of(value))
        return len(text) <= longest and (compiled.search(text) is not None) is positive

    return matches


def longest_text(compiled: Any) -> int:
    """Bytes of the longest text that a pattern of RE2 is searched in."""
    size: int = compiled.programsize
    return MOST_SEARCH_WORK // max(size, 1)


def _invalid(positive: bool) -> Predicate:
    def matches(value: JsonValue | Mark, now: datetime) -> bool:
        return value is MISSING and not positive

    return matches


def _compile(pattern: str) -> Any:
    options = re2.Options()
    options.log_errors = False
    try:
        return re2.compile(pattern.encode(), options)
    except UnicodeEncodeError:
        raise InvalidPattern from None
    except re2.error as error:
        reason = error.args[0].decode(errors="replace")
        if "\\p" in reason or "\\P" in reason:
            raise UnsupportedPattern(f"the Unicode property {reason.rpartition(' ')[2]}") from None
        if "too large" in reason or "repetition size" in reason:
            raise UnsupportedPattern("repetitions that multiply beyond its limits") from None
        raise InvalidPattern from None


def _encoded(text: str) -> bytes:
    """UTF-8; half of a surrogate pair, which no JSON parser of a server lets through, becomes a question mark."""
    return text.encode(errors="replace")
