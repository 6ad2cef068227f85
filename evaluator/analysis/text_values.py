"""Values told apart by their text: those that an equality names, and what text operators can say of all others."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Final

from evaluator.analysis.model import TooMany
from evaluator.analysis.ordered_values import Answers, Asked
from evaluator.analysis.questions import Family, text_parts, wanted_texts
from evaluator.context import JsonValue
from evaluator.matching.semver import bare

MOST_SPELLINGS: Final = 64
"""Spellings of one text that are tried one by one."""
MOST_PARTS: Final = 8
"""Parts of texts that are told apart, for one property."""

KELVIN: Final = "\u212a"
"""The one character beyond ASCII whose lower case is in ASCII, where it is k."""

CASE_MATTERS: Final[frozenset[Family]] = frozenset({"text", "pattern", "version", "range", "date"})
"""Families of questions that can answer differently to two spellings of one text."""

_NOTHING: Final[frozenset[Family]] = frozenset()


@dataclass(frozen=True, slots=True)
class Stand:
    """A value that stands for others: they answer alike, but for the questions of the families in ``free``."""

    value: JsonValue
    free: frozenset[Family]


def named_texts(asked: Asked) -> frozenset[str]:
    """The texts that equalities name, in lower case; with a question of truth, ``true`` is one of them."""
    named = [wanted_texts(question) for question in asked.values() if question.family == "equality"]
    truth = any(question.family == "truth" for question in asked.values())
    return frozenset[str]().union(*named, {"true"} if truth else ())


def stands_for(text: str) -> Iterator[Stand]:
    """Values that stand for all whose text is ``text`` in lower case: text in other spellings, and other JSON.

    Numbers, truth values and objects answer like their text. Lists do not where truth is asked for, and not-a-number,
    whose text is ``null``, is no number at all.
    """
    listlike: frozenset[Family] = frozenset({"truth"}) if text.startswith("[") else _NOTHING
    spellings = _spellings(text)
    if spellings is not None:
        yield from (Stand(spelling, listlike) for spelling in spellings)
    else:
        free = listlike | _free_of_case(text)
        folded = _foldings(text)
        yield from (Stand(spelling, free) for spelling in folded or [text])
    if text == "null":
        yield Stand(float("nan"), _NOTHING)


def plain_stands_for(text: str) -> Iterator[Stand]:
    """The same where no question tells one spelling from another."""
    yield Stand(text, frozenset({"truth"}) if text.startswith("[") else _NOTHING)
    if text == "null":
        yield Stand(float("nan"), _NOTHING)


def text_classes(asked: Asked) -> list[Answers]:
    """What texts can answer, as far as parts of texts exclude or imply each other."""
    parts = {name: [(question.operator, part) for part in text_parts(question)] for name, question in asked.items()}
    atoms = list(dict.fromkeys((_kind(operator), part) for listed in parts.values() for operator, part in listed))
    if len(atoms) > MOST_PARTS:
        raise TooMany
    found: dict[tuple[bool, ...], Answers] = {}
    for answers in product((False, True), repeat=len(atoms)):
        said = dict(zip(atoms, answers, strict=True))
        if _possible(said):
            answer = {
                name: any(said[_kind(operator), part] for operator, part in listed) for name, listed in parts.items()
            }
            found[tuple(answer.values())] = answer
    return list(found.values())


def _kind(operator: str) -> str:
    return "contains" if operator.startswith("icontains") else operator


def _possible(said: Mapping[tuple[str, str], bool]) -> bool:
    """Whether no answer contradicts another. Empty parts are in every text."""
    if any(not part and not answer for (_, part), answer in said.items()):
        return False
    true = [atom for atom, answer in said.items() if answer]
    false = [atom for atom, answer in said.items() if not answer]
    if any(_implies(one, other) for one in true for other in false):
        return False
    return not any(_excludes(one, other) for one in true for other in true)


def _implies(one: tuple[str, str], other: tuple[str, str]) -> bool:
    kind, part = other
    if kind == "contains":
        return part in one[1]
    if kind != one[0]:
        return False
    return one[1].startswith(part) if kind == "starts_with" else one[1].endswith(part)


def _excludes(one: tuple[str, str], other: tuple[str, str]) -> bool:
    if one[0] != other[0] or one[0] == "contains":
        return False
    return not (_implies(one, other) or _implies(other, one))


def _spellings(text: str) -> Sequence[str] | None:
    """Every text whose lower case is ``text``; None if there are many, or if not all are known."""
    if not text.isascii():
        return None
    ways = [_ways(character) for character in text]
    count = 1
    for way in ways:
        count *= len(way)
        if count > MOST_SPELLINGS:
            return None
    return ["".join(spelling) for spelling in product(*ways)]


def _ways(character: str) -> str:
    upper = character.upper()
    return character + ("" if upper == character else upper) + (KELVIN if character == "k" else "")


def _foldings(text: str) -> list[str] | None:
    """Every text whose lower case is ``text``, but that A to Z are in lower case; None if these are many or unknown."""
    if not text.isascii() or 2 ** text.count("k") > MOST_SPELLINGS:
        return None
    ways = ["k" + KELVIN if character == "k" else character for character in text]
    return ["".join(spelling) for spelling in product(*ways)]


def _free_of_case(text: str) -> frozenset[Family]:
    """The families whose questions can tell spellings of this text apart."""
    free: set[Family] = {"pattern"}
    if _foldings(text) is None:
        free.add("text")
    if bare(text)[:1].isdigit():
        free |= {"version", "range"}
    if text[:1].isdigit() or text[:1] == "-":
        free.add("date")
    return frozenset(free)
