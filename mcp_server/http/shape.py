"""Which of PostHog's answer shapes a request asks for."""

from dataclasses import dataclass
from enum import Enum
from functools import lru_cache
from urllib.parse import parse_qs

_FALSE = ("false", "0", "no", "off")
_CACHED_QUERIES = 256


class Shape(Enum):
    """The generations of PostHog's answer."""

    ENABLED_LIST = "decide v1: a list of the keys that are on"
    ENABLED_MAP = "decide v2: a map of the flags that are on"
    VALUE_MAP = "decide v3, flags v1: maps of all values and of payloads"
    RECORDS = "flags v2, decide v4: one record per flag, with reason and metadata"
    TYPED_RECORDS = "flags v3 and later: records with one typed value"


@dataclass(frozen=True, slots=True)
class Options:
    """What the query string asks for. ``config``: the browser SDK's settings come along."""

    shape: Shape
    config: bool
    only_survey_flags: bool


@lru_cache(maxsize=_CACHED_QUERIES)
def flags_options(query: bytes) -> Options:
    """The options of a request to ``/flags``. Without ``v`` and ``config`` it means ``v=2&config=true``."""
    fields = parse_qs(query.decode("latin-1"), keep_blank_values=True)
    version = _version(fields)
    if "v" not in fields and "config" not in fields:
        return Options(Shape.RECORDS, True, _asked(fields, "only_evaluate_survey_feature_flags"))
    shape = Shape.VALUE_MAP if version < 2 else Shape.RECORDS if version == 2 else Shape.TYPED_RECORDS
    return Options(shape, _asked(fields, "config"), _asked(fields, "only_evaluate_survey_feature_flags"))


@lru_cache(maxsize=_CACHED_QUERIES)
def decide_options(query: bytes) -> Options:
    """The options of a request to ``/decide``, which sends the settings unless told not to."""
    fields = parse_qs(query.decode("latin-1"), keep_blank_values=True)
    shapes = {2: Shape.ENABLED_MAP, 3: Shape.VALUE_MAP}
    version = _version(fields)
    shape = Shape.ENABLED_LIST if version < 2 else shapes.get(version, Shape.RECORDS)
    config = _asked(fields, "config") if "config" in fields else True
    return Options(shape, config, _asked(fields, "only_evaluate_survey_feature_flags"))


def _version(fields: dict[str, list[str]]) -> int:
    text = fields.get("v", ["1"])[-1]
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else 1


def _asked(fields: dict[str, list[str]], name: str) -> bool:
    return name in fields and fields[name][-1].lower() not in _FALSE
