"""How a filter tests a property that is text, said as one expression: what ``evaluator.plain`` builds functions from.

It answers what the filter's predicate answers, for the texts it takes. All other values are the predicate's alone.
"""

from dataclasses import dataclass
from enum import Enum
from typing import Any, Final

KNOWN_LENGTH: Final = 64
"""Characters of the longest text that is remembered with the version it spells."""

_ASCII: Final = "value.isascii()"
_SHORT: Final = f"len(value) <= {KNOWN_LENGTH}"


class Form(Enum):
    """An expression over ``value``, a text, and ``{wanted}``. ``of`` says for which texts; None: for all."""

    ONE_OF = "value.lower() in {wanted}", None
    NONE_OF = "value.lower() not in {wanted}", None
    CONTAINS = "{wanted} in value.lower()", _ASCII
    LACKS = "{wanted} not in value.lower()", _ASCII
    STARTS = "value.lower().startswith({wanted})", _ASCII
    STARTS_NOT = "not value.lower().startswith({wanted})", _ASCII
    ENDS = "value.lower().endswith({wanted})", _ASCII
    ENDS_NOT = "not value.lower().endswith({wanted})", _ASCII
    VERSION_IS = "known_version(value) == {wanted}", _SHORT
    VERSION_IS_NOT = "(known := known_version(value)) is not None and known != {wanted}", _SHORT
    VERSION_ABOVE = "(known := known_version(value)) is not None and known > {wanted}", _SHORT
    VERSION_FROM = "(known := known_version(value)) is not None and known >= {wanted}", _SHORT
    VERSION_BELOW = "(known := known_version(value)) is not None and known < {wanted}", _SHORT
    VERSION_TO = "(known := known_version(value)) is not None and known <= {wanted}", _SHORT

    def __init__(self, test: str, of: str | None) -> None:
        self.test = test
        self.of = of


@dataclass(frozen=True, slots=True)
class TextTest:
    """A form and the value for its ``{wanted}``."""

    form: Form
    wanted: Any
