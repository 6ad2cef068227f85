"""Answers all plain flags at once: each property is looked at once, whatever the number of flags that ask for it.

The conditions of all plain flags are numbered. For every value of a property, one integer says in its bits which
conditions that value lets pass; the integers of all properties, combined with AND, leave the conditions whose filters
match. Only for those the subject is hashed. The tests are the flags' own predicates.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Final

from evaluator.check import Check
from evaluator.compiled import CompiledCondition, CompiledFlag, Predicate, PropertyTest
from evaluator.context import MISSING, REDACTED, JsonValue, Mark
from evaluator.decide import admit
from evaluator.hashing import hashed_bytes
from evaluator.program import Program, Step
from evaluator.result import Result

REMEMBERED_LENGTH: Final = 200
REMEMBERED: Final = 2048
"""Texts per property, of so many characters at most, whose bits are remembered. When there are more all are forgotten,
so that the values of today push out those of yesterday."""

ANY_MOMENT: Final = datetime(2000, 1, 1, tzinfo=UTC)

Asked = Sequence[tuple[PropertyTest, int]]
"""Different filters, each with the bits of the conditions that have it."""


class PropertyTable:
    """What the values of one property let pass. Filters whose answer depends on the moment are asked every time."""

    __slots__ = ("_absent", "_all", "_known", "_lasting", "momentary", "name")

    def __init__(self, name: str, asked: Asked, all_conditions: int) -> None:
        self.name = name
        self.momentary = [(test.predicate, bits) for test, bits in asked if test.uses_now]
        self._lasting = [(test.predicate, bits) for test, bits in asked if not test.uses_now]
        self._all = all_conditions
        self._known: dict[str, int] = {}
        self._absent = self._pass(MISSING)

    def passing(self, value: JsonValue | Mark) -> int:
        """The conditions that a value lets pass, ``momentary`` filters aside. Texts are remembered."""
        if type(value) is not str:
            return self._absent if value is MISSING else self._pass(value)
        bits = self._known.get(value)
        if bits is None:
            bits = self._pass(value)
            if len(self._known) >= REMEMBERED:
                self._known.clear()
            if len(value) <= REMEMBERED_LENGTH:
                self._known[value] = bits
        return bits

    def _pass(self, value: JsonValue | Mark) -> int:
        stopped = 0
        for predicate, bits in self._lasting:
            if not predicate(value, ANY_MOMENT):
                stopped |= bits
        return self._all ^ stopped


class ConditionIndex:
    """The conditions of all plain flags. ``others`` are the programs, in order, that it cannot answer."""

    __slots__ = ("_all", "_defaults", "_slots", "_tables", "other_keys", "others")

    def __init__(self, served: Sequence[Program], flags: Mapping[str, CompiledFlag]) -> None:
        self.others = [program for program in served if program.fixed is None and not program.is_plain]
        self.other_keys = frozenset(program.key for program in self.others)
        self._defaults = {program.key: program.fixed or program.all_missed for program in served}
        plain = [program for program in served if program.is_plain]
        conditions = [condition for program in plain for condition in flags[program.key].conditions]
        self._all = (1 << len(conditions)) - 1
        self._slots: list[tuple[Program, Step, int]] = []
        for program in plain:
            end = len(self._slots) + len(program.steps)
            self._slots.extend((program, step, end) for step in program.steps)
        self._tables = [PropertyTable(name, asked, self._all) for name, asked in _by_property(conditions).items()]

    def answers(self, check: Check) -> dict[str, Result] | None:
        """The answers of all served flags; the places of ``others`` are only kept. None where a value is redacted."""
        properties, now = check.properties, check.now
        matching = self._all
        for table in self._tables:
            value = properties.get(table.name, MISSING)
            if value is REDACTED:
                return None
            matching &= table.passing(value)
            for predicate, bits in table.momentary:
                if not predicate(value, now):
                    matching &= ~bits
        results, identity = self._defaults.copy(), hashed_bytes(check.distinct_id)
        done = 0
        while matching:
            slot = done + (matching & -matching).bit_length() - 1
            program, step, end = self._slots[slot]
            answer = admit(step, identity)
            results[program.key] = step.excluded if answer is None else answer
            decided_until = slot + 1 if answer is None and not program.early_exit else end
            matching >>= decided_until - done
            done = decided_until
        return results


def _by_property(conditions: Sequence[CompiledCondition]) -> dict[str, Asked]:
    """The filters of all conditions, by property. Those that share a predicate are one."""
    found: dict[str, dict[Predicate, tuple[PropertyTest, int]]] = {}
    for number, condition in enumerate(conditions):
        for test in condition.tests:
            if isinstance(test, PropertyTest):
                alike = found.setdefault(test.property, {})
                first, bits = alike.get(test.predicate, (test, 0))
                alike[test.predicate] = (first, bits | 1 << number)
    return {name: list(alike.values()) for name, alike in found.items()}
