"""``exact`` and ``is_not``."""

from collections.abc import Callable
from datetime import datetime

from evaluator.context import JsonValue
from evaluator.local.text import text_of
from evaluator.local.unknown import MISSING_CONTEXT, UNSUPPORTED, Truth
from evaluator.local.value_test import ValueTest, always, never


def compile_equality(operator: str, value: JsonValue, *, explicit: bool) -> ValueTest:
    """Text equality without regard to case, with any-of lists.

    An empty list asks for truth. Unless ``explicit``, so does every filter made of true and false only: it matches
    what is as true as itself.
    """
    wanted = operator == "exact"
    wanted_texts = _texts(value)
    equals = _equality(value, wanted_texts, explicit)

    def decide(candidate: JsonValue, now: datetime) -> Truth:
        text = text_of(candidate)
        if text is None:
            return MISSING_CONTEXT
        answer = equals(candidate, text.lower())
        return answer if answer is UNSUPPORTED else answer is wanted

    return ValueTest(decide, always if wanted_texts is None else never)


def _equality(
    value: JsonValue, wanted_texts: frozenset[str] | None, explicit: bool
) -> Callable[[JsonValue, str], Truth]:
    if value == [] or (not explicit and _says_truth(value)):
        truth = is_truthy(value)
        return lambda candidate, text: is_truthy(candidate) is truth
    if wanted_texts is None:
        return lambda candidate, text: UNSUPPORTED
    return lambda candidate, text: text in wanted_texts


def _texts(value: JsonValue) -> frozenset[str] | None:
    texts = [text_of(item) for item in (value if isinstance(value, list) else [value])]
    known = [text.lower() for text in texts if text is not None]
    return frozenset(known) if len(known) == len(texts) else None


def _says_truth(value: JsonValue) -> bool:
    if isinstance(value, list):
        return all(_says_truth(item) for item in value)
    return isinstance(value, bool) or (isinstance(value, str) and value.lower() in ("true", "false"))


def is_truthy(value: JsonValue) -> bool:
    """True, the word in any case, or a list of nothing else."""
    if isinstance(value, list):
        return all(is_truthy(item) for item in value)
    return value is True or (isinstance(value, str) and value.lower() == "true")
