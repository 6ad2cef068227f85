"""What is wrong with a definition, where, and what to do about it."""

from dataclasses import dataclass
from typing import Literal

Level = Literal["quarantined", "converted", "warning", "portability"]
"""``quarantined``: it cannot be evaluated, every check of it fails. ``converted``: an older spelling was replaced by
the current one. ``warning``: it works, though perhaps not as its author believes. ``portability``: it works, and SDKs
that evaluate downloaded definitions by themselves can answer otherwise."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong in one document.

    ``path`` is the place inside the document (``filters.groups[0].properties[1].operator``, empty for the whole),
    ``code`` a stable name, ``message`` a sentence that says what is wrong, ``fix`` one that says what to do.
    ``difference`` is, for portability only, the number of the row in docs/semantics.md.
    """

    path: str
    code: str
    message: str
    fix: str
    difference: int | None = None


@dataclass(frozen=True, slots=True)
class DefinitionWarning:
    """A problem of one flag, cohort or of the settings, and what became of the document.

    ``key`` is the flag's key or the cohort's id as text; where a flag has no usable key, its position (``#3``).
    """

    kind: Literal["flag", "cohort", "settings"]
    key: str
    level: Level
    problem: Problem


class BadDefinitions(ValueError):
    """The document as a whole cannot be read: it is no collection of flags at all."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(f"{problem.message} {problem.fix}")
        self.problem = problem


class Undecodable(Exception):
    """One flag or cohort cannot be read. Raised while compiling, never while evaluating."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.message)
        self.problem = problem
