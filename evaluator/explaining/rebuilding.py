"""One flag defined otherwise among others that stay compiled: only what was altered is compiled again."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, Self

from evaluator.check import Check
from evaluator.compile_cohort import CompiledCohorts, compile_cohorts
from evaluator.compile_filter import Reading
from evaluator.compile_flag import compile_flag, quarantined_flag, with_conditions
from evaluator.compiled import CompiledFlag
from evaluator.context import Context
from evaluator.decide import decide
from evaluator.definitions.condition_ids import stored_condition_ids
from evaluator.definitions.problem import Undecodable
from evaluator.definitions.time_zone import zone_named
from evaluator.dependencies import order_flags
from evaluator.facts import Facts
from evaluator.prepared import answer_dependencies
from evaluator.program import Program, build_program
from evaluator.result import Result
from evaluator.ruleset import Ruleset

Definition = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Rebuilding:
    """A compiled ruleset of which one flag at a time is defined otherwise. ``cohorts`` are compiled once."""

    ruleset: Ruleset
    reading: Reading
    cohorts: CompiledCohorts

    @classmethod
    def of(cls, ruleset: Ruleset) -> Self:
        """Whatever does not depend on the altered flag."""
        definitions = ruleset.definitions
        zone = zone_named(definitions.timezone) or UTC
        reading = Reading(definitions.matching_version, zone, definitions.group_types)
        return cls(ruleset, reading, compile_cohorts(definitions.cohorts, reading))

    def answer(self, key: str, definition: Definition, context: Context, now: datetime, facts: Facts) -> Result:
        """What flag ``key`` answers where the flag of this definition replaces the one with its key."""
        programs = self._programs(self._flag(definition))
        check, program = Check(context, now, facts), programs[key]
        answer_dependencies(programs, program, check)
        return program.fixed or decide(program, check)

    def _flag(self, definition: Definition) -> CompiledFlag:
        """The altered flag. Conditions of the old one that are still the same object are not compiled again."""
        old, rules = self.ruleset.flags[definition["key"]], definition.get("filters")
        try:
            if not isinstance(rules, Mapping) or not old.conditions:
                return compile_flag(definition, self.reading, self.cohorts)
            groups = rules["groups"]
            known = {id(old.definition["filters"]["groups"][one.index]): one for one in old.conditions}
            altered = {**rules, "groups": [group for group in groups if id(group) not in known]}
            bare = compile_flag({**definition, "filters": altered}, self.reading, self.cohorts)
        except Undecodable as undecodable:
            return quarantined_flag(definition, undecodable.problem)
        made, ids = iter(bare.conditions), stored_condition_ids(definition)
        conditions = []
        for index, group in enumerate(groups):
            one = known.get(id(group)) or next(made)
            own_id = ids[index] if ids else None
            same = (one.index, one.id) == (index, own_id)
            conditions.append(one if same else replace(one, index=index, id=own_id))
        return with_conditions(replace(bare, definition=definition), conditions, self.cohorts)

    def _programs(self, flag: CompiledFlag) -> Mapping[str, Program]:
        old, programs = self.ruleset.flags[flag.key], self.ruleset.programs
        if (flag.served, *flag.dependencies) == (old.served, *old.dependencies):
            flag = replace(flag, missing_dependency=old.missing_dependency)
            return {**programs, flag.key: self._program(flag, programs[flag.key])}
        flags = {**self.ruleset.flags, flag.key: flag}
        ordered = order_flags({key: one.dependencies if one.served else () for key, one in flags.items()})
        return {
            key: build_program(
                replace(one, missing_dependency=key in ordered.unmet),
                ordered.requires[key],
                self.ruleset.questions,
            )
            for key, one in flags.items()
        }

    def _program(self, flag: CompiledFlag, program: Program) -> Program:
        """The flag's program, with the steps of conditions that stayed in their places."""
        before = self.ruleset.flags[flag.key].conditions
        in_place = len(before) == len(flag.conditions)
        kept = {
            one.index: step
            for one, other, step in zip(flag.conditions, before, program.steps, strict=False)
            if in_place and one is other
        }
        return build_program(flag, program.requires, self.ruleset.questions, known=kept)


def compiled_again(ruleset: Ruleset, definition: Definition) -> int:
    """How many conditions and values of filters are compiled anew to define a flag so."""
    old = ruleset.flags[definition["key"]]
    if not old.conditions:
        return 1
    groups, before = definition["filters"]["groups"], old.definition["filters"]["groups"]
    known = {id(group) for group in before}
    moved = sum(one is not other for one, other in zip(groups, before, strict=False))
    return moved + sum(_size(group) for group in groups if id(group) not in known)


def _size(group: Mapping[str, Any]) -> int:
    values = (entry.get("value") for entry in group.get("properties") or ())
    return sum(len(value) if isinstance(value, list) else 1 for value in values)
