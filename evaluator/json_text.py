"""JSON that survives: number text on the way in and out, canonical bytes and digests, places in a document."""

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from hashlib import sha256
from json.encoder import encode_basestring
from math import isfinite
from typing import Any, Final

from evaluator.context import JsonValue

MAX_DEPTH: Final = 200
"""How deep arrays and objects may nest. PostHog's deepest legal document (a cohort tree of 64 levels) needs 132."""

Path = tuple[str | int, ...]
"""Where a value lies in a document: object keys and array positions from the top."""


class InvalidJson(ValueError):
    """The text is not JSON, or nests deeper or counts higher than this program reads. The message names the place.

    ``line`` and ``column`` count from 1; they are None where the whole is meant.
    """

    def __init__(self, message: str, line: int | None = None, column: int | None = None) -> None:
        super().__init__(message)
        self.line = line
        self.column = column


class NotCanonical(ValueError):
    """The value has no canonical JSON form. ``path`` is the place of the first offence, ``reason`` what it is."""

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(f"{path_text(path)}: {reason}")
        self.path = path
        self.reason = reason


class NumberText(float):
    """A float that remembers how it was written, where ``repr`` would write it otherwise (``1.10``, ``1e5``, ``-0``).

    Equal to and hashed like the float it is. The standard ``json`` module writes it as that float; ``orjson`` refuses
    subclasses of float and needs ``default=float``.
    """

    __slots__ = ("text",)
    text: str

    def __new__(cls, text: str) -> "NumberText":
        number = super().__new__(cls, text)
        number.text = text
        return number

    def __getnewargs__(self) -> tuple[str]:  # type: ignore[override]
        return (self.text,)


def loads(text: str | bytes) -> JsonValue:
    """Reads JSON without losing what its author wrote: integers of any size, and the text of every other number.

    Of a key that occurs twice the last value wins, as in the standard library. ``NaN`` and ``Infinity`` are read, so
    that the caller can say which flag holds them (``canonical`` names the place).

    Raises ``InvalidJson``.
    """
    try:
        value = json.loads(text, parse_float=_float, parse_int=_int)
    except json.JSONDecodeError as error:
        place = f"line {error.lineno}, column {error.colno}"
        raise InvalidJson(f"not JSON at {place}: {error.msg}", error.lineno, error.colno) from None
    except UnicodeDecodeError as error:
        raise InvalidJson(f"not JSON: byte {error.start} is not {error.encoding.upper()}") from None
    except RecursionError:
        raise InvalidJson(_TOO_DEEP) from None
    if _nests_too_deeply(value):
        raise InvalidJson(_TOO_DEEP)
    return value


_TOO_DEEP: Final = f"nests deeper than {MAX_DEPTH} levels; flatten the document"


def _float(text: str) -> float:
    number = float(text)
    return number if repr(number) == text else NumberText(text)


def _int(text: str) -> int | float:
    if text == "-0":
        return NumberText(text)
    try:
        return int(text)
    except ValueError:
        raise InvalidJson(
            f"an integer of {len(text)} digits is longer than this program reads; write it as text"
        ) from None


def _nests_too_deeply(value: JsonValue) -> bool:
    containers = [value]
    for _ in range(MAX_DEPTH):
        children = [child for container in containers for child in _children(container)]
        containers = [child for child in children if isinstance(child, dict | list)]
        if not containers:
            return False
    return True


def _children(value: JsonValue) -> Sequence[JsonValue]:
    if isinstance(value, dict):
        return list(value.values())
    return value if isinstance(value, list) else ()


def dumps(value: JsonValue, *, indent: int | None = None) -> str:
    """Writes JSON so that ``loads`` reads back the same values, with numbers written as they were read.

    ``indent`` spaces per level, or None for one line. Keys keep their order.
    """
    return write(value, scalar=_scalar_text, indent=indent)


def _scalar_text(value: JsonValue) -> str:
    if isinstance(value, NumberText):
        return value.text
    return json.dumps(value, ensure_ascii=False)


def write(value: JsonValue, *, scalar: Callable[[Any], str], sort_keys: bool = False, indent: int | None = None) -> str:
    """JSON text of a value of any depth, with ``scalar`` writing whatever is neither an array nor an object."""
    return "".join(_pieces(value, scalar=scalar, sort_keys=sort_keys, indent=indent))


def brief(value: JsonValue, longest: int = 60) -> str:
    """JSON text for a message: cut where it gets longer than ``longest`` characters, of which no more are read.

    Never raises, whatever the value is. Text in it is ASCII where it could not be printed.
    """
    text = ""
    for piece in _pieces(value, scalar=lambda item: _brief_scalar(item, longest), sort_keys=False, indent=None):
        text += piece
        if len(text) > longest:
            text = f"{text[:longest]}…"
            break
    return text if text.isprintable() else json.dumps(text)[1:-1]


def _brief_scalar(value: JsonValue, longest: int) -> str:
    if isinstance(value, str):
        return encode_basestring(value[: longest + 1])
    if isinstance(value, int) and value.bit_length() > _LONGEST_INTEGER_BITS:
        return "(an integer of very many digits)"
    return _scalar_text(value)


def _pieces(value: JsonValue, *, scalar: Callable[[Any], str], sort_keys: bool, indent: int | None) -> Iterator[str]:
    open_containers: list[Iterator[tuple[str, Any]]] = [iter((("", value),))]
    closings = [""]
    while open_containers:
        for prefix, item in open_containers[-1]:
            yield prefix
            if not isinstance(item, list | tuple | dict):
                yield scalar(item)
                continue
            opening, closing = "{}" if isinstance(item, dict) else "[]"
            yield opening
            outer, inner = _margins(len(closings), indent) if item else ("", "")
            open_containers.append(_entries(item, inner, sort_keys=sort_keys, spaced=indent is not None))
            closings.append(outer + closing)
            break
        else:
            open_containers.pop()
            yield closings.pop()


def _margins(depth: int, indent: int | None) -> tuple[str, str]:
    if indent is None:
        return "", ""
    return "\n" + " " * (indent * (depth - 1)), "\n" + " " * (indent * depth)


def _entries(
    container: Sequence[Any] | Mapping[str, Any], margin: str, *, sort_keys: bool, spaced: bool
) -> Iterator[tuple[str, Any]]:
    if not isinstance(container, Mapping):
        for position, item in enumerate(container):
            yield (f",{margin}" if position else margin), item
        return
    keys = sorted(container) if sort_keys else container
    colon = ": " if spaced else ":"
    for position, key in enumerate(keys):
        comma = "," if position else ""
        yield f"{comma}{margin}{encode_basestring(key)}{colon}", container[key]


def canonical(value: JsonValue) -> bytes:
    """The one UTF-8 form that all spellings of a value share: sorted keys, no insignificant space, shortest numbers.

    Raises ``NotCanonical`` for NaN, infinities (also as a number too large for binary64), lone surrogates, and
    nesting beyond what the interpreter can follow.
    """
    try:
        text = json.dumps(value, sort_keys=True, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
        return text.encode()
    except RecursionError:
        raise NotCanonical((), _TOO_DEEP) from None
    except (ValueError, UnicodeEncodeError) as error:
        raise _offence(value, str(error)) from None


def is_writable(value: JsonValue) -> bool:
    """Whether every integer inside is short enough to be written. Others come from programs only, never from text."""
    return all(not isinstance(leaf, int) or leaf.bit_length() <= _LONGEST_INTEGER_BITS for _, leaf in walk(value))


def digest(value: JsonValue) -> str:
    """SHA-256 of the canonical form, in hex.

    ``1.0``, ``1.00`` and ``1e0`` are one number and have one digest, however they were written or passed through
    other JSON libraries; the integer ``1`` is another value with another digest, as matching tells the two apart.

    Raises ``NotCanonical``.
    """
    return sha256(canonical(value)).hexdigest()


def _offence(value: JsonValue, otherwise: str) -> NotCanonical:
    for path, leaf in walk(value):
        if isinstance(leaf, float) and not isfinite(leaf):
            return NotCanonical(path, f"{leaf!r} is not a JSON number; use a finite number, null or text")
        if isinstance(leaf, int) and leaf.bit_length() > _LONGEST_INTEGER_BITS:
            return NotCanonical(path, "is an integer longer than this program writes; use text")
        if isinstance(leaf, str) and _SURROGATE.search(leaf):
            return NotCanonical(path, "holds half of a surrogate pair, which is not a character; remove it")
        if path and isinstance(path[-1], str) and _SURROGATE.search(path[-1]):
            return NotCanonical(path[:-1], "holds a key with half of a surrogate pair; rename it")
    return NotCanonical((), otherwise)


_LONGEST_INTEGER_BITS: Final = 14_283  # 4300 digits, the interpreter's limit
_SURROGATE: Final = re.compile("[\ud800-\udfff]")


def walk(value: JsonValue) -> Iterator[tuple[Path, JsonValue]]:
    """Every value inside ``value`` with its path, itself first, each container before its contents."""
    pending: list[tuple[Path, JsonValue]] = [((), value)]
    while pending:
        path, item = pending.pop()
        yield path, item
        if isinstance(item, Mapping):
            pending.extend(((*path, key), inner) for key, inner in reversed(list(item.items())))
        elif isinstance(item, list | tuple):
            pending.extend(((*path, index), item[index]) for index in reversed(range(len(item))))


def path_text(path: Path) -> str:
    """A path as people write it: ``filters.groups[0].properties``, with ``["odd key"]`` where a dot would mislead."""
    if not path:
        return "(top)"
    pieces: list[str] = []
    for part in path:
        if isinstance(part, int):
            pieces.append(f"[{part}]")
        elif _PLAIN_KEY.fullmatch(part):
            pieces.append(f".{part}" if pieces else part)
        else:
            pieces.append(f"[{json.dumps(part)}]")
    return "".join(pieces)


_PLAIN_KEY: Final = re.compile(r"[A-Za-z_$][\w$-]*", re.ASCII)
