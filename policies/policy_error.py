"""What is wrong with a policy file."""

from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """One mistake and its place; lines and columns count from 1. ``fix`` says what to write instead."""

    line: int
    column: int
    message: str
    fix: str


class PolicyError(ValueError):
    """A policy file that cannot be used. Its text has one line per problem: ``file:line:column: message fix``."""

    def __init__(self, source: str, problems: Iterable[Problem]) -> None:
        self.source = source
        self.problems = tuple(sorted(set(problems)))
        super().__init__(
            "\n".join(f"{source}:{each.line}:{each.column}: {each.message} {each.fix}" for each in self.problems)
        )


def nearest(word: str, known: Iterable[str], *, most: int = 8) -> str:
    """``Did you mean 'x'?`` where something close is known, else what there is to choose from."""
    names = sorted(known)
    close = get_close_matches(word, names, n=1, cutoff=0.6)
    if close:
        return f"Did you mean '{close[0]}'?"
    listed = ", ".join(names[:most])
    return f"Known: {listed}{', …' if len(names) > most else ''}." if names else "Remove it."
