"""How a filter tests a property that is text, other than by a call: as one expression, or out of its memory.

Both answer what the filter's predicate answers, for the texts they take. All other values are the predicate's alone.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import Any, Final

KNOWN_LENGTH: Final = 64
"""Characters of the longest text that is remembered with the version it spells."""

REMEMBERED: Final = 256
REMEMBERED_LENGTH: Final = 64
"""How many texts a filter remembers at most, and how long they may be."""

REMEMBERED_IN_ALL: Final = 65_536
"""How many texts the filters of one ruleset remember together: about 10 MB."""

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


class Memory:
    """How many texts the filters that share it may still remember. Threads that meet here may miscount a little."""

    __slots__ = ("left",)

    def __init__(self, texts: int = REMEMBERED_IN_ALL) -> None:
        self.left = texts


class Remembered(dict[str, bool]):
    """What a predicate that does not depend on the moment said of texts. When there are too many, all are forgotten."""

    __slots__ = ("_test", "memory")

    def __init__(self, test: Callable[[str], bool], memory: Memory) -> None:
        super().__init__()
        self._test = test
        self.memory = memory

    def __missing__(self, text: str) -> bool:
        answer, memory = self._test(text), self.memory
        if len(text) > REMEMBERED_LENGTH:
            return answer
        if len(self) >= REMEMBERED or memory.left <= 0:
            memory.left += len(self)
            self.clear()
        if memory.left > 0:
            memory.left -= 1
            self[text] = answer
        return answer
