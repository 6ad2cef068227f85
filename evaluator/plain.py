"""A plain flag as one function of Python, which runs no loop and calls nothing that the check does not need.

The source is put together from the templates below and knows no flag: it follows from the *shape* alone, which is how
many conditions there are, with how many filters each, and how each filter tests a text. All that makes it a
certain flag (names, wanted values, predicates, answers) is handed to it as objects. Flags of one shape share the code.
"""

from collections.abc import Callable, Sequence
from datetime import datetime
from functools import lru_cache
from itertools import chain
from typing import Any, Final, Never, cast

from evaluator.check import Check
from evaluator.compiled import CompiledFlag, PropertyTest
from evaluator.context import MISSING, REDACTED, Context
from evaluator.decide import admit, decide
from evaluator.facts import Facts
from evaluator.hashing import subject_bytes
from evaluator.program import Program
from evaluator.result import Result

Answer = Callable[[Context, datetime, Facts], Result]
"""Answers one flag to one subject."""

LARGEST: Final = 64
"""Conditions and filters that a function may have. A greater flag, of which there are few, is decided in a loop."""

Shape = Sequence[Sequence[str]]
"""For each condition the templates of its filters."""


class Unknown(Exception):
    """A filter asks for a redacted value."""


def plain_answer(program: Program, flag: CompiledFlag) -> Answer | None:
    """The function of a plain program; None if it would be too large. A redacted value it leaves to ``decide``."""
    tests = [[test for test in condition.tests if isinstance(test, PropertyTest)] for condition in flag.conditions]
    if len(tests) + sum(map(len, tests)) > LARGEST:
        return None
    shape = tuple(tuple(map(_template, each)) for each in tests)
    given = chain.from_iterable(
        chain([step], *((test.property, test.predicate, _wanted(test)) for test in each))
        for step, each in zip(program.steps, tests, strict=True)
    )
    return _factory(shape, program.early_exit)(program, program.all_missed, *given)


@lru_cache(maxsize=256)
def _factory(shape: Shape, early_exit: bool) -> Callable[..., Answer]:
    """What makes the functions of one shape, given the objects that ``plain_answer`` lists."""
    given, lines = ["program", "missed"], ["best = missed"]
    for number, templates in enumerate(shape):
        step, conditions = f"step_{number}", []
        given.append(step)
        for position, template in enumerate(templates):
            place = f"{number}_{position}"
            given.extend(f"{part}_{place}" for part in ("name", "predicate", "wanted"))
            conditions.append(template.replace("@", place))
        lines.append(f"if {' and '.join(conditions) or 'True'}:")
        lines.extend((_ADMIT_OR_END if early_exit else _ADMIT).replace("@", step).splitlines())
    source = _FUNCTION.format(given=", ".join(given), body="\n            ".join(lines))
    namespace: dict[str, Any] = dict(_SURROUNDINGS)
    exec(compile(source, "<plain flag>", "exec"), namespace)
    return cast(Callable[..., Answer], namespace["make"])


_FUNCTION: Final = """
def make({given}):
    def answer(context, now, facts):
        properties = context.properties
        try:
            {body}
            return best
        except Unknown:
            return decide(program, Check(context, now, facts))
    return answer
"""
_ADMIT: Final = """\
    answer = admit(@, subject_bytes(context.distinct_id))
    if answer is not None:
        return answer
    best = @.excluded"""
_ADMIT_OR_END: Final = "    return admit(@, subject_bytes(context.distinct_id)) or @.excluded"
_FILTER: Final = """\
(({test}) if type(value := properties.get(name_@, MISSING)) is str{of} \
else predicate_@(value, now) if value is not REDACTED else unknown())"""
_ONLY_ASKED: Final = """\
(predicate_@(value, now) if (value := properties.get(name_@, MISSING)) is not REDACTED else unknown())"""


def _template(test: PropertyTest) -> str:
    if test.remembered is not None:
        return _FILTER.format(test="wanted_@[value]", of="")
    if test.text is None:
        return _ONLY_ASKED
    form = test.text.form
    return _FILTER.format(test=form.test.format(wanted="wanted_@"), of="" if form.of is None else f" and {form.of}")


def _wanted(test: PropertyTest) -> Any:
    return test.text.wanted if test.remembered is None and test.text is not None else test.remembered


def _unknown() -> Never:
    raise Unknown


_SURROUNDINGS: Final = {
    "Check": Check,
    "MISSING": MISSING,
    "REDACTED": REDACTED,
    "Unknown": Unknown,
    "admit": admit,
    "decide": decide,
    "subject_bytes": subject_bytes,
    "unknown": _unknown,
}
