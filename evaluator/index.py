"""Answers all plain flags at once: each property is looked at once, whatever the number of flags that ask for it.

The conditions of all plain flags are numbered. For every value of a property, one integer says in its bits which
conditions that value stops; the integers of all properties, combined with OR, leave the conditions whose filters
match. Only for those the subject is hashed. The tests are the flags' own predicates.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Final

from evaluator.check import Check
from evaluator.compiled import ANY_MOMENT, CompiledCondition, CompiledFlag, Predicate, PropertyTest
from evaluator.context import MISSING, REDACTED, JsonValue, Mark
from evaluator.decide import admit
from evaluator.hashing import hashed_bytes
from evaluator.program import Program, Step
from evaluator.result import Result

REMEMBERED_LENGTH: Final = 200
"""Characters of the longest text that is remembered with what it stops."""

MOST_REMEMBERED: Final = 2048
MEMORY: Final = 1 << 26
"""How many texts are remembered: so many per property, and only so many bytes of bits in all. When there are more, all
of the property are forgotten, so that the values of today push out those of yesterday."""

WORTH_BITS: Final = 320
"""A filter of fewer than one condition in so many is kept with their numbers, which are smaller than their bits."""

Asked = Sequence[tuple[PropertyTest, Sequence[int]]]
"""Different filters, each with the numbers of the conditions that have it."""


class _Stops:
    """Filters of one property, each with the conditions that it stops where it does not match."""

    __slots__ = ("_few", "_many", "_size")

    def __init__(self, asked: Asked, size: int) -> None:
        self._many = [(test.predicate, _bits(has, size)) for test, has in asked if len(has) * WORTH_BITS >= size]
        self._few = [(test.predicate, has) for test, has in asked if len(has) * WORTH_BITS < size]
        self._size = size

    def of(self, value: JsonValue | Mark, now: datetime) -> int:
        """The conditions that a value stops, as bits."""
        stopped = 0
        for predicate, bits in self._many:
            if not predicate(value, now):
                stopped |= bits
        if not self._few:
            return stopped
        return stopped | _bits(
            (n for predicate, has in self._few if not predicate(value, now) for n in has), self._size
        )


class PropertyTable:
    """What the values of one property stop. Filters whose answer depends on the moment are asked every time.

    ``first`` is the first condition that asks for the property; bits count from there.
    """

    __slots__ = ("_absent", "_known", "_lasting", "_momentary", "_remembered", "first", "name")

    def __init__(self, name: str, asked: Asked, memory: int) -> None:
        self.name = name
        self.first = min(min(has) for _, has in asked)
        counted = [(test, tuple(number - self.first for number in has)) for test, has in asked]
        size = max(max(has) for _, has in counted) + 1
        momentary = [(test, has) for test, has in counted if test.uses_now]
        self._momentary = _Stops(momentary, size) if momentary else None
        self._lasting = _Stops([(test, has) for test, has in counted if not test.uses_now], size)
        self._remembered = min(MOST_REMEMBERED, memory * 8 // size)
        self._known: dict[str, int] = {}
        self._absent = self._lasting.of(MISSING, ANY_MOMENT)

    def stopped(self, value: JsonValue | Mark, now: datetime) -> int:
        """The conditions that a value stops."""
        lasting = self._lasting_stops(value)
        return lasting if self._momentary is None else lasting | self._momentary.of(value, now)

    def _lasting_stops(self, value: JsonValue | Mark) -> int:
        if type(value) is not str:
            return self._absent if value is MISSING else self._lasting.of(value, ANY_MOMENT)
        bits = self._known.get(value)
        if bits is None:
            bits = self._lasting.of(value, ANY_MOMENT)
            if len(self._known) >= self._remembered:
                self._known.clear()
            if len(value) <= REMEMBERED_LENGTH:
                self._known[value] = bits
        return bits


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
        asked = _by_property(conditions)
        memory = MEMORY // max(len(asked), 1)
        self._tables = [PropertyTable(name, filters, memory) for name, filters in asked.items()]

    def answers(self, check: Check) -> dict[str, Result] | None:
        """The answers of all served flags; the places of ``others`` are only kept. None where a value is redacted."""
        properties, now = check.properties, check.now
        stopped = 0
        for table in self._tables:
            value = properties.get(table.name, MISSING)
            if value is REDACTED:
                return None
            stopped |= table.stopped(value, now) << table.first
        matching = self._all ^ stopped
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
    found: dict[str, dict[Predicate, tuple[PropertyTest, list[int]]]] = {}
    for number, condition in enumerate(conditions):
        for test in condition.tests:
            if isinstance(test, PropertyTest):
                alike = found.setdefault(test.property, {})
                alike.setdefault(test.predicate, (test, []))[1].append(number)
    return {name: list(alike.values()) for name, alike in found.items()}


def _bits(numbers: Iterable[int], size: int) -> int:
    """The integer whose bits of these numbers, all below ``size``, are set."""
    bits = bytearray(size // 8 + 1)
    for number in numbers:
        bits[number >> 3] |= 1 << (number & 7)
    return int.from_bytes(bits, "little")
