"""Regular expressions that the Python SDK dares to evaluate itself: those that read the same in Python and in Rust.

A pattern outside that common part is *deferred* to the server. What is left is run by RE2, in linear time, after
being rewritten so that it says on RE2 what it says in Python.
"""

import re
from dataclasses import dataclass
from typing import Any, Final

import re2

from evaluator.definitions.limits import LONGEST_PATTERN
from evaluator.matching.regex import longest_text

_DEFERRED_OUTSIDE_CLASS: Final = frozenset("bB<>")
_ESCAPABLE_LETTERS: Final = frozenset("dDsSwWbfnrt")
_ESCAPABLE_IN_CLASS: Final = frozenset(r"\-[]^.$*+?(){}|")
_CLASS_SHORTHANDS: Final = frozenset("dDsSwW")
_CLASS_OPERATIONS: Final = frozenset({"&&", "--", "~~"})
_UNREPEATABLE_ANCHORS: Final = frozenset({"^", "$", "()"})
_REPETITION: Final = re.compile(r"\{([0-9]+)(?:,([0-9]*))?\}")
_LARGEST_COUNT: Final = 0xFFFF_FFFF
_LONGEST_COUNT: Final = 10
_HEX_DIGITS: Final = frozenset("0123456789abcdefABCDEF")
_PYTHON_ONLY_SPACE: Final = re.compile("[\x1c-\x1f]")
_SURROGATE: Final = re.compile("[\ud800-\udfff]")

_IN_RE2_CLASS: Final = {
    "d": r"\p{Nd}",
    "D": r"\P{Nd}",
    "w": r"0-9A-Za-z_\x{80}-\x{10FFFF}",
    "W": r"\x00-/:-@\[-\^`{-\x7f",
    "s": r"\t-\r \x{85}\p{Z}",
    "S": r"\x00-\x08\x0e-\x1f!-\x{84}\x{86}-\x{9f}\x{a1}-\x{167f}\x{1681}-\x{1fff}\x{200b}-\x{2027}"
    r"\x{202a}-\x{202e}\x{2030}-\x{205e}\x{2060}-\x{2fff}\x{3001}-\x{10FFFF}",
    "b": r"\x08",
    "f": r"\f",
    "n": r"\n",
    "r": r"\r",
    "t": r"\t",
}
"""What a shorthand matches, as members of an RE2 class. ``w`` counts every non-ASCII character and ``W`` none: texts
where that is not what Python says are deferred before the search."""


class Deferred(Exception):
    """The pattern, or the pattern on this text, is left to the server."""


@dataclass(frozen=True, slots=True)
class LocalPattern:
    """A pattern of the common part, with what decides whether a text can be searched."""

    pattern: str
    search: Any
    longest_text: int
    has_word_class: bool
    has_space_class: bool
    has_end_anchor: bool
    has_choice: bool

    def found_in(self, text: str) -> bool:
        """Whether the pattern occurs in ``text``. Raises ``Deferred`` where Python and Rust could differ."""
        if not self.pattern:
            return True
        if len(text) > self.longest_text:
            raise Deferred
        if self.has_end_anchor and self.has_choice and text.endswith("\n"):
            raise Deferred
        if self.has_space_class and _PYTHON_ONLY_SPACE.search(text):
            raise Deferred
        if not text.isascii():
            self._check_beyond_ascii(text)
        return self.search.search(text) is not None

    def _check_beyond_ascii(self, text: str) -> None:
        if _SURROGATE.search(text):
            raise Deferred
        if self.has_word_class and not all(c.isascii() or c.isalpha() or c.isdecimal() for c in text):
            raise Deferred


def compile_pattern(pattern: str) -> LocalPattern | None:
    """The pattern ready to search; None if it is invalid. Raises ``Deferred`` if it is left to the server."""
    if len(pattern) > LONGEST_PATTERN:
        raise Deferred
    reader = _Reader(pattern)
    reader.read()
    try:
        re.compile("".join(reader.python))
    except re.error:
        return None
    except (OverflowError, RecursionError) as error:
        raise Deferred from error
    try:
        search = re2.compile("".join(reader.re2), _options())
    except re2.error as error:  # more repetitions than RE2 holds in memory
        raise Deferred from error
    return LocalPattern(
        pattern=pattern,
        search=search,
        longest_text=longest_text(search),
        has_word_class=reader.has_word_class,
        has_space_class=reader.has_space_class,
        has_end_anchor=reader.has_end_anchor,
        has_choice=reader.has_choice,
    )


def _options() -> Any:
    options = re2.Options()
    options.log_errors = False
    return options


class _Reader:
    """Reads a pattern once, left to right, and writes it down for Python (validity) and for RE2 (search)."""

    def __init__(self, pattern: str) -> None:
        self.pattern = pattern
        self.position = 0
        self.python: list[str] = []
        self.re2: list[str] = []
        self.before = ""
        """What a quantifier here would repeat: ``atom``, ``quantifier``, ``)``, ``()``, or the character itself."""
        self.repeats_in_group: list[bool] = []
        self.closed_group_repeats = False
        self.has_word_class = False
        self.has_space_class = False
        self.has_end_anchor = False
        self.has_choice = False

    def read(self) -> None:
        if _SURROGATE.search(self.pattern):
            raise Deferred
        while self.position < len(self.pattern):
            character = self.pattern[self.position]
            if character == "\\":
                self._write(*self._escape(in_class=False))
                self.before = "atom"
            elif character == "[":
                self._class()
            elif character in "()":
                self._group(character)
            elif character in "*+?{":
                self._quantifier(character)
            else:
                self._plain(character)

    def _peek(self, length: int, ahead: int = 0) -> str:
        start = self.position + ahead
        return self.pattern[start : start + length]

    def _write(self, python: str, rewritten: str) -> None:
        self.python.append(python)
        self.re2.append(rewritten)

    def _plain(self, character: str) -> None:
        self.has_end_anchor |= character == "$"
        self.has_choice |= character == "|"
        if character == "$":
            self._write(r"\Z", r"\z")
        else:
            self._write(character, character if character in "^|." else _literal(character))
        self.before = character
        self.position += 1

    def _group(self, character: str) -> None:
        if character == ")":
            self.closed_group_repeats = self.repeats_in_group.pop() if self.repeats_in_group else False
            if self.repeats_in_group:
                self.repeats_in_group[-1] |= self.closed_group_repeats
            self._write(")", ")")
            self.before = "()" if self.before in ("(", "()") else ")"
            self.position += 1
            return
        special = self._peek(1, ahead=1) == "?"
        if special and self._peek(3) != "(?:":
            raise Deferred
        opening = "(?:" if special else "("
        self.repeats_in_group.append(False)
        self._write(opening, opening)
        self.before = "("
        self.position += len(opening)

    def _quantifier(self, character: str) -> None:
        self.has_choice = True
        if self.before == ")" and self.closed_group_repeats:
            raise Deferred
        if self.repeats_in_group:
            self.repeats_in_group[-1] = True
        text = self._repetition() if character == "{" else character
        if self.before in _UNREPEATABLE_ANCHORS or self._peek(1, ahead=len(text)) in ("+", "{"):
            raise Deferred
        self._write(text, text)
        self.before = "quantifier"
        self.position += len(text)

    def _repetition(self) -> str:
        found = _REPETITION.match(self.pattern, self.position)
        if found is None or self.before in ("", "|", "(", "quantifier"):
            raise Deferred
        if any(len(count) > _LONGEST_COUNT or int(count) > _LARGEST_COUNT for count in found.groups() if count):
            raise Deferred
        return found.group()

    def _escape(self, *, in_class: bool) -> tuple[str, str]:
        """Step over an escape; what it is for Python and for RE2."""
        escaped = self._peek(1, ahead=1)
        if escaped == "x":
            digits = self._peek(2, ahead=2)
            if len(digits) != 2 or not _HEX_DIGITS.issuperset(digits):
                raise Deferred
            self.position += 4
            return rf"\x{digits}", rf"\x{{{digits}}}"
        self.position += 2
        if escaped == "":
            return "\\", "\\"
        if escaped in _DEFERRED_OUTSIDE_CLASS and not in_class:
            raise Deferred
        if escaped in _ESCAPABLE_LETTERS:
            self.has_word_class |= escaped in "wW"
            self.has_space_class |= escaped in "sS"
            members = _IN_RE2_CLASS[escaped]
            return f"\\{escaped}", members if in_class else f"[{members}]"
        if escaped.isalnum() or not " " <= escaped <= "~":
            raise Deferred
        if in_class and escaped not in _ESCAPABLE_IN_CLASS:
            raise Deferred
        return f"\\{escaped}", _literal(escaped)

    def _class(self) -> None:
        opening = "[^" if self._peek(2) == "[^" else "["
        self._write(opening, opening)
        self.position += len(opening)
        if self._peek(1) == "]":
            raise Deferred
        while self.position < len(self.pattern):
            character = self.pattern[self.position]
            if character == "]":
                self._write("]", "]")
                self.before = "atom"
                self.position += 1
                return
            self._class_member(character)

    def _class_member(self, character: str) -> None:
        if character == "\\":
            self._write(*self._escape(in_class=True))
            return
        if character == "[" or self._peek(2) in _CLASS_OPERATIONS:
            raise Deferred
        if character == "-" and self._peek(1, ahead=1) not in ("", "]"):
            self._range()
            self._write("-", "-")
        else:
            self._write("\\" + character if character in "|^-" else character, _literal(character))
        self.position += 1

    def _range(self) -> None:
        following, preceding = self._peek(2, ahead=1), self._peek(2, ahead=-2)
        for end in (following, preceding):
            if len(end) == 2 and end[0] == "\\" and end[1] in _CLASS_SHORTHANDS:
                raise Deferred


def _literal(character: str) -> str:
    if character.isascii() and not character.isalnum():
        return rf"\x{{{ord(character):x}}}"
    return character
