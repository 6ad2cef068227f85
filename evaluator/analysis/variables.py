"""What an answer hangs on: properties, memberships, other flags, and whether there is an id to hash."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from evaluator.analysis.classes import NO_EXAMPLE, Row, classes
from evaluator.analysis.model import TooMany
from evaluator.analysis.questions import FilterQuestion, Manner, question_of
from evaluator.check import DISTINCT_ID
from evaluator.compiled import PropertyTest
from evaluator.context import MISSING

Key = tuple[str, ...]
"""What names a variable: its kind, and what tells it from others of the kind."""

Value = bool | str | None
"""A flag's value; None where it fails."""

Choice = tuple[Value, ...]
"""What something is for each side of a comparison (for one, where nothing is compared)."""

MOST_EFFORT: Final = 1_000_000
"""Classes times clauses that one analysis looks at; about as many take a second."""

PERSON: Final = "person"
GROUP: Final = "group"


@dataclass(frozen=True, slots=True)
class Requirement:
    """A variable's question, and the answer that is wanted."""

    variable: Key
    question: str
    wanted: bool


Clause = frozenset[Requirement]
"""Requirements that all must hold."""


class PropertyVariable:
    """A property of the person or of a group: any JSON value, or none."""

    def __init__(self, *, may_be_absent: bool) -> None:
        self._may_be_absent = may_be_absent
        self.asked: dict[str, FilterQuestion] = {}

    def rows(self) -> Mapping[Row, object]:
        """What its values can answer to the questions asked, each with an example or ``NO_EXAMPLE``."""
        return classes(self.asked, may_be_absent=self._may_be_absent)


class ChoiceVariable:
    """Something that is one of a few known things, each with an example or ``NO_EXAMPLE``."""

    def __init__(self, choices: Mapping[Choice, object]) -> None:
        self._choices = choices
        self.asked: dict[str, Callable[[Choice], bool]] = {}

    def rows(self) -> Mapping[Row, object]:
        """What the choices answer to the questions asked."""
        found: dict[Row, object] = {}
        for choice, example in self._choices.items():
            row = tuple(test(choice) for test in self.asked.values())
            if found.get(row, NO_EXAMPLE) is NO_EXAMPLE:
                found[row] = example
        return found


class Variables:
    """All variables of one analysis, by name. They take their values independently of each other."""

    def __init__(self) -> None:
        self._known: dict[Key, PropertyVariable | ChoiceVariable] = {}
        self._rows: dict[tuple[Key, int], Mapping[Row, object]] = {}
        self._effort = 0

    def property(self, test: PropertyTest, manner: Manner) -> Requirement:
        """The filter as a requirement."""
        key = (PERSON, test.property) if test.source is None else (GROUP, test.source, test.property)
        name, wanted, question = question_of(test, manner)
        variable = self._known.setdefault(key, PropertyVariable(may_be_absent=key != (PERSON, DISTINCT_ID)))
        assert isinstance(variable, PropertyVariable)
        variable.asked.setdefault(name, question)
        return Requirement(key, name, wanted)

    def choice(self, key: Key, choices: Callable[[], Mapping[Choice, object]]) -> "Chooser":
        """The variable of this name, made where it is new."""
        known = self._known.get(key)
        if known is None:
            known = self._known[key] = ChoiceVariable(choices())
        assert isinstance(known, ChoiceVariable)
        return Chooser(key, known)

    def rows(self, clauses: Iterable[Clause]) -> list[tuple[Key, list[str], Mapping[Row, object]]]:
        """The variables that the clauses mention, with their questions and what these can be answered together."""
        mentioned = dict.fromkeys(sorted({requirement.variable for clause in clauses for requirement in clause}))
        return [(key, list(self._known[key].asked), self._rows_of(key)) for key in mentioned]

    def spend(self, effort: int) -> None:
        """Counts what one analysis costs altogether. Raises TooMany where that is more than it may."""
        self._effort += effort
        if self._effort > MOST_EFFORT:
            raise TooMany

    def _rows_of(self, key: Key) -> Mapping[Row, object]:
        """Worked out again only where a question was added."""
        variable = self._known[key]
        name = key, len(variable.asked)
        if name not in self._rows:
            self._rows[name] = variable.rows()
        return self._rows[name]


@dataclass(frozen=True, slots=True)
class Chooser:
    """A choice that is asked for."""

    key: Key
    variable: ChoiceVariable

    def ask(self, name: str, test: Callable[[Choice], bool]) -> Requirement:
        """The requirement that wants yes."""
        self.variable.asked.setdefault(name, test)
        return Requirement(self.key, name, True)


def presence() -> dict[Choice, object]:
    """Something may be there or not, the same for all sides."""
    return {(True,): True, (False,): MISSING}
