"""Translates a pattern from the server's regular expressions (Rust) to RE2.

The two share most of their syntax. What RE2 would read differently is rewritten; what it cannot express is refused, so
that no pattern silently means something else here. What the server itself rejects is told apart: such a pattern is
valid in no engine and matches nothing.
"""

import re
from enum import Enum
from functools import cache
from sys import maxunicode
from typing import Final

import re2


class InvalidPattern(Exception):
    """The server rejects the pattern as well."""


class UnsupportedPattern(Exception):
    """The server evaluates the pattern, but RE2 cannot. The message is the construct in plain words."""


_CLASSES: Final = {
    "d": r"\p{Nd}",
    "s": r"\t-\r \x{85}\x{a0}\x{1680}\x{2000}-\x{200a}\x{2028}\x{2029}\x{202f}\x{205f}\x{3000}",
    "w": r"\p{L}\p{M}\p{Nd}\p{Nl}\p{Pc}\x{24b6}-\x{24e9}\x{1f130}-\x{1f149}\x{1f150}-\x{1f169}\x{1f170}-\x{1f189}"
    r"\x{200c}\x{200d}",
}
"""The Unicode reading of the shorthands, to be written inside brackets: decimal digits, white space, and words
(alphabetic characters, marks, decimal digits, connecting punctuation and joiners)."""

_CONTROLS: Final = {"a": "\a", "t": "\t", "n": "\n", "v": "\v", "f": "\f", "r": "\r", "e": "\x1b"}
_UNSUPPORTED_ESCAPES: Final = {
    **dict.fromkeys("0123456789", "a back-reference"),
    **dict.fromkeys("kg", "a back-reference or a call of a group"),
    **dict.fromkeys("<>", "the word edges \\< and \\>"),
    **dict.fromkeys("hH", "the hexadecimal classes \\h and \\H"),
    "G": "\\G",
    "K": "\\K",
    "O": "\\O",
    "Z": "\\Z",
}
_UNSUPPORTED_GROUPS: Final = {
    "(?=": "look-ahead",
    "(?!": "look-ahead",
    "(?<=": "look-behind",
    "(?<!": "look-behind",
    "(?>": "an atomic group",
    "(?(": "a conditional group",
    "(?#": "a comment",
    "(?P=": "a back-reference",
    "(?P>": "a call of a group",
}
_NAMED_GROUP: Final = re.compile(r"\(\?(?:P?<\w+>|'\w+')")
_FLAGS: Final = re.compile(r"\(\?([a-zA-Z]*)(?:-([a-zA-Z]*))?([:)])")
_REPETITION: Final = re.compile(r"\{([0-9]*)(,?)([0-9]*)\}")
_MOST_REPETITIONS: Final = 1000
_HEXADECIMAL: Final = re.compile(r"x([0-9A-Fa-f]{2})|u([0-9A-Fa-f]{4})|U([0-9A-Fa-f]{8})|[xuU]\{([0-9A-Fa-f]{1,8})\}")
_PROPERTY: Final = re.compile(r"[pP](?:\{[^}]*\}|[A-Za-z])")
_NAMED_CLASS: Final = re.compile(r"\[:\^?[a-z]+:\]")


def translate(pattern: str) -> str:
    """The pattern in RE2's syntax. Raises ``InvalidPattern`` or ``UnsupportedPattern``.

    Not every invalid pattern is found: RE2 itself finds the others (an unclosed group, a reversed range).
    """
    return _Translation(pattern).run()


class _Last(Enum):
    """What a quantifier would apply to."""

    NOTHING = "the start of the pattern, of a group or of an alternative, or a quantifier"
    ASSERTION = "an anchor or a change of flags"
    ATOM = "something that can be repeated"


class _Translation:
    """One pass over a pattern."""

    def __init__(self, pattern: str) -> None:
        self._pattern = pattern
        self._position = 0
        self._pieces: list[str] = []
        self._last = _Last.NOTHING
        self._depth = 0

    def run(self) -> str:
        while self._position < len(self._pattern):
            self._read()
        return "".join(self._pieces)

    def _read(self) -> None:
        character = self._pattern[self._position]
        match character:
            case "\\":
                self._escape()
            case "[":
                self._class()
            case "(":
                self._group()
            case "*" | "+" | "?":
                self._quantifier(character, 1)
            case "{":
                self._brace()
            case "^" | "$":
                self._emit(character, 1, _Last.ASSERTION)
            case "|":
                self._emit(character, 1, _Last.NOTHING)
            case ")":
                self._depth -= 1
                self._emit(character, 1, _Last.ATOM)
            case ".":
                self._emit(character, 1, _Last.ATOM)
            case _:
                self._emit(_literal(character), 1, _Last.ATOM)

    def _emit(self, text: str, consumed: int, last: _Last) -> None:
        self._pieces.append(text)
        self._position += consumed
        self._last = last

    def _match(self, expression: re.Pattern[str], offset: int = 0) -> re.Match[str] | None:
        return expression.match(self._pattern, self._position + offset)

    def _starts(self, text: str, offset: int = 0) -> bool:
        return self._pattern.startswith(text, self._position + offset)

    def _at(self, offset: int) -> str:
        start = self._position + offset
        return self._pattern[start : start + 1]

    def _quantifier(self, text: str, consumed: int) -> None:
        if self._last is not _Last.ATOM:
            raise InvalidPattern
        if self._at(consumed) == "?":
            text += "?"
            consumed += 1
        if self._at(consumed) == "+":
            raise UnsupportedPattern("a possessive quantifier")
        self._emit(text, consumed, _Last.NOTHING)

    def _brace(self) -> None:
        """A brace counts repetitions where there is something to repeat; elsewhere it stands for itself."""
        match = self._match(_REPETITION)
        if match is None or match[0] == "{}" or self._last is _Last.NOTHING:
            self._emit(_literal("{"), 1, _Last.ATOM)
            return
        least, comma, most = match[1].lstrip("0"), match[2], match[3] and (match[3].lstrip("0") or "0")
        if any(len(count) > len(str(_MOST_REPETITIONS)) for count in (least, most)) or any(
            int(count or "0") > _MOST_REPETITIONS for count in (least, most)
        ):
            raise UnsupportedPattern(f"more than {_MOST_REPETITIONS} repetitions")
        if most and int(most) < int(least or "0"):
            raise InvalidPattern
        self._quantifier(f"{{{least or '0'}{comma}{most}}}", len(match[0]))

    def _group(self) -> None:
        for opening, name in _UNSUPPORTED_GROUPS.items():
            if self._starts(opening):
                raise UnsupportedPattern(name)
        named = self._match(_NAMED_GROUP)
        if self._starts("(?") and not named:
            self._flags()
        else:
            self._depth += 1
            self._emit("(", len(named[0]) if named else 1, _Last.NOTHING)

    def _flags(self) -> None:
        match = self._match(_FLAGS)
        if match is None or match[0] in ("(?)", "(?-)", "(?-:"):
            raise InvalidPattern
        on, off, closing = match[1], match[2] or "", match[3]
        if not set(on) <= set("imsUux") or not set(off) <= set("imsUx"):
            raise InvalidPattern
        if "x" in on + off:
            raise UnsupportedPattern("the flag x (extended layout)")
        if closing == ")" and self._depth:
            raise UnsupportedPattern("flags that change in the middle of a group")
        flags = on.replace("u", "") + (f"-{off}" if off else "")
        if closing == ":":
            self._depth += 1
            self._emit(f"(?{flags}:", len(match[0]), _Last.NOTHING)
        else:
            self._emit(f"(?{flags})" if flags else "", len(match[0]), _Last.ASSERTION)

    def _escape(self) -> None:
        character = self._at(1)
        if character in _UNSUPPORTED_ESCAPES:
            raise UnsupportedPattern(_UNSUPPORTED_ESCAPES[character])
        if character in ("b", "B", "A", "z"):
            if character in "bB" and self._at(2) == "{":
                raise InvalidPattern
            self._emit(f"\\{character}", 2, _Last.ASSERTION)
        elif character in ("D", "S", "W"):
            self._emit(f"[^{_CLASSES[character.lower()]}]", 2, _Last.ATOM)
        else:
            text, is_set = self._escaped_item()
            self._emit(f"[{text}]" if is_set else text, 0, _Last.ATOM)

    def _escaped_item(self) -> tuple[str, bool]:
        """Reads an escape: what it stands for inside brackets, and whether that is a set of characters."""
        character = self._at(1)
        if character in ("p", "P"):
            return self._property(), True
        if character in ("x", "u", "U"):
            return self._hexadecimal(), False
        self._position += 2
        if character in _CLASSES:
            return _CLASSES[character], True
        if character.lower() in _CLASSES:
            return complement(character.lower()), True
        if character in _CONTROLS:
            return _literal(_CONTROLS[character]), False
        if not character or (character.isascii() and character.isalnum()):
            raise InvalidPattern
        return _literal(character), False

    def _property(self) -> str:
        match = self._match(_PROPERTY, 1)
        if match is None:
            raise InvalidPattern
        if "^" in match[0]:
            raise UnsupportedPattern(f"the Unicode property \\{match[0]}")
        self._position += 1 + len(match[0])
        return f"\\{match[0]}"

    def _hexadecimal(self) -> str:
        match = self._match(_HEXADECIMAL, 1)
        if match is None:
            raise InvalidPattern
        code = int(next(filter(None, match.groups())), 16)
        if code > maxunicode or 0xD800 <= code <= 0xDFFF:
            raise InvalidPattern
        self._position += 1 + len(match[0])
        return _literal(chr(code))

    def _class(self) -> None:
        """Brackets. A closing bracket right after the opening stands for itself."""
        opening = "[^" if self._starts("[^") else "["
        self._position += len(opening)
        items = [self._class_item(first=True)]
        while not self._starts("]"):
            items.append(self._class_item(first=False))
        self._emit(f"{opening}{''.join(items)}]", 1, _Last.ATOM)

    def _class_item(self, *, first: bool) -> str:
        if any(map(self._starts, ("&&", "--", "~~"))):
            raise UnsupportedPattern("set operations in brackets")
        text, is_set = self._class_member(first=first)
        if not self._starts("-") or self._at(1) in ("]", "-", "") or text.startswith("[:"):
            return text
        self._position += 1
        end, end_is_set = self._class_member(first=False)
        if is_set or end_is_set:
            raise InvalidPattern
        return f"{text}-{end}"

    def _class_member(self, *, first: bool) -> tuple[str, bool]:
        character = self._at(0)
        if not character or (character == "]" and not first):
            raise InvalidPattern
        if character == "\\":
            return self._class_escape()
        named = self._match(_NAMED_CLASS)
        if character == "[" and named is None:
            raise UnsupportedPattern("brackets inside brackets")
        self._position += len(named[0]) if named else 1
        return (named[0], True) if named else (_literal(character), False)

    def _class_escape(self) -> tuple[str, bool]:
        character = self._at(1)
        if character == "b":
            self._position += 2
            return _literal("\b"), False
        if character in ("h", "H"):
            raise UnsupportedPattern(_UNSUPPORTED_ESCAPES[character])
        return self._escaped_item()


def _literal(character: str) -> str:
    return character if character.isascii() and character.isalnum() else f"\\x{{{ord(character):x}}}"


@cache
def complement(shorthand: str) -> str:
    """Ranges of all characters that ``d``, ``s`` or ``w`` leaves out, to be written inside brackets."""
    outside = re2.compile(f"[^{_CLASSES[shorthand]}]+")
    everything = "".join(map(chr, (*range(0xD800), *range(0xE000, maxunicode + 1))))
    runs = (found.group() for found in outside.finditer(everything))
    return "".join(f"{_literal(run[0])}-{_literal(run[-1])}" for run in runs)
