"""Which clauses can hold together.

The clauses are numbered. For every class of values of a variable, one integer says in its bits which clauses that class
lets hold. As the variables are independent, the integers of one class from each, combined with AND, are all that can
happen. (The evaluator's own index of conditions works the same way.)
"""

from collections.abc import Mapping, Sequence
from typing import Final

from evaluator.analysis.classes import NO_EXAMPLE, Row
from evaluator.analysis.model import TooMany
from evaluator.analysis.variables import Clause, Key, Variables

MOST_MASKS: Final = 2048
MOST_STEPS: Final = 100_000

Example = Mapping[Key, object]
"""A value for each variable that matters."""


def masks(clauses: Sequence[Clause], variables: Variables) -> dict[int, Example | None]:
    """Every set of clauses that can hold together, as the bits of an integer, with an example if one is known.

    Sets that cannot happen may be among them, without an example. Raises TooMany.
    """
    found: dict[int, Example | None] = {(1 << len(clauses)) - 1: {}}
    steps = 0
    for key, questions, rows in variables.rows(clauses):
        variables.spend(len(rows) * len(clauses))
        here = _masks_of(key, clauses, questions, rows)
        steps += len(found) * len(here)
        if steps > MOST_STEPS:
            raise TooMany
        combined: dict[int, Example | None] = {}
        for mask, example in found.items():
            for own, value in here.items():
                if combined.get(mask & own) is None:
                    known = example is not None and value is not NO_EXAMPLE
                    combined[mask & own] = {**(example or {}), key: value} if known else None
        if len(combined) > MOST_MASKS:
            raise TooMany
        found = combined
    return found


def _masks_of(
    key: Key, clauses: Sequence[Clause], questions: Sequence[str], rows: Mapping[Row, object]
) -> dict[int, object]:
    places = {name: place for place, name in enumerate(questions)}
    wanted = [
        [(places[requirement.question], requirement.wanted) for requirement in clause if requirement.variable == key]
        for clause in clauses
    ]
    found: dict[int, object] = {}
    for row, example in rows.items():
        mask = 0
        for number, requirements in enumerate(wanted):
            if all(row[place] is answer for place, answer in requirements):
                mask |= 1 << number
        if found.get(mask, NO_EXAMPLE) is NO_EXAMPLE:
            found[mask] = example
    return found
