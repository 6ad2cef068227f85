"""Where an id stands for SDKs, which take ids as they are: an empty one is hashed, a long one is not cut."""

import re
from typing import Final

from evaluator.context import JsonValue
from evaluator.hashing import hash60
from evaluator.local.unknown import UNUSABLE_ID, Unknown

_SURROGATE: Final = re.compile("[\ud800-\udfff]")


def rollout_place(flag_key: str, bucket: JsonValue) -> int | Unknown:
    """The 60-bit hash for the flag's rollouts."""
    return _place(f"{flag_key}.{bucket}")


def variant_place(flag_key: str, bucket: JsonValue) -> int | Unknown:
    """The 60-bit hash for the flag's variants."""
    return _place(f"{flag_key}.{bucket}variant")


def holdout_place(bucket: JsonValue) -> int | Unknown:
    """The 60-bit hash for every holdout."""
    return _place(f"holdout-{bucket}")


def _place(text: str) -> int | Unknown:
    """SDKs cannot encode half a surrogate pair and drop the evaluation."""
    return hash60(text) if text.isascii() or not _SURROGATE.search(text) else UNUSABLE_ID
