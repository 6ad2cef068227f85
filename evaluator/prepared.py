"""The way from a flag's key to its answer: one look-up, then one function that was chosen for the flag.

``decide`` is what a flag means; a function that is chosen here only gets to the same answer faster.
"""

from collections.abc import Mapping
from datetime import datetime

from evaluator import answers
from evaluator.check import Check
from evaluator.compiled import CompiledFlag
from evaluator.context import Context
from evaluator.decide import decide
from evaluator.facts import Facts
from evaluator.plain import Answer, plain_answer
from evaluator.program import Program
from evaluator.result import Result


class PreparedAnswers(dict[str, Answer]):
    """By key of a flag, what answers it. A flag's function is made when it is first asked for, and kept.

    An unknown key has one as well, which is not kept.
    """

    __slots__ = ("_flags", "_programs")

    def __init__(self, programs: Mapping[str, Program], flags: Mapping[str, CompiledFlag]) -> None:
        super().__init__()
        self._programs = programs
        self._flags = flags

    def __missing__(self, key: str) -> Answer:
        program = self._programs.get(key)
        if program is None:
            return _always(answers.failed(key, "flag_not_found"))
        self[key] = answer = self._prepare(program)
        return answer

    def _prepare(self, program: Program) -> Answer:
        if program.fixed is not None:
            return _always(program.fixed)
        plain = plain_answer(program, self._flags[program.key]) if program.is_plain else None
        return plain or _in_general(program, self._programs)


def answer_dependencies(programs: Mapping[str, Program], program: Program, check: Check) -> None:
    """Answers all flags that the program needs, into ``check.results``."""
    for key in program.requires:
        required = programs[key]
        result = required.disabled if required.off_for_dependents else required.fixed
        check.results[key] = result or decide(required, check)


def _in_general(program: Program, programs: Mapping[str, Program]) -> Answer:
    def answer(context: Context, now: datetime, facts: Facts) -> Result:
        check = Check(context, now, facts)
        if program.requires:
            answer_dependencies(programs, program, check)
        return decide(program, check)

    return answer


def _always(result: Result) -> Answer:
    return lambda context, now, facts: result
