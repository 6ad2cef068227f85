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
from evaluator.decide import assigned, decide
from evaluator.facts import Facts
from evaluator.hashing import BEYOND_ALL, hash_of, subject_bytes
from evaluator.matching.text_test import SURROUNDINGS
from evaluator.program import Program, Step
from evaluator.result import Result

Answer = Callable[[Context, datetime, Facts], Result]
"""Answers one flag to one subject."""

LARGEST: Final = 64
"""Conditions and filters that a function may have. A greater flag, of which there are few, is decided in a loop."""

Shape = Sequence[tuple[Sequence[str], bool]]
"""For each condition the templates of its filters, and whether it needs no hash to answer."""


class Unknown(Exception):
    """A filter asks for a redacted value."""


def plain_answer(program: Program, flag: CompiledFlag) -> Answer | None:
    """The function of a plain program; None if it would be too large. A redacted value it leaves to ``decide``."""
    tests = [[test for test in condition.tests if isinstance(test, PropertyTest)] for condition in flag.conditions]
    if len(tests) + sum(map(len, tests)) > LARGEST:
        return None
    shape = tuple(
        (tuple(map(_template, each)), _asks_no_hash(step)) for each, step in zip(tests, program.steps, strict=True)
    )
    given = chain.from_iterable(
        chain([step, _bound(step)], *((test.property, test.predicate, _wanted(test)) for test in each))
        for step, each in zip(program.steps, tests, strict=True)
    )
    return _factory(shape, program.early_exit)(program, program.all_missed, program.steps[0].start, *given)


def _asks_no_hash(step: Step) -> bool:
    return step.bound is None and step.pinned is not None


def _bound(step: Step) -> bytes:
    return BEYOND_ALL if step.bound is None else step.bound


@lru_cache(maxsize=256)
def _factory(shape: Shape, early_exit: bool) -> Callable[..., Answer]:
    """What makes the functions of one shape, given the objects that ``plain_answer`` lists."""
    given, lines = ["program", "missed", "start"], ["best, place = missed, None"]
    for number, (templates, asks_no_hash) in enumerate(shape):
        given.extend((f"step_{number}", f"bound_{number}"))
        conditions = []
        for position, template in enumerate(templates):
            place = f"{number}_{position}"
            given.extend(f"{part}_{place}" for part in ("name", "predicate", "wanted"))
            conditions.append(template.replace("@", place))
        lines.append(f"if {' and '.join(conditions) or 'True'}:")
        admission = _ADMIT_ALL if asks_no_hash else _ADMIT + (_END if early_exit else _GO_ON)
        lines.extend(admission.replace("@", str(number)).splitlines())
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
_ADMIT_ALL: Final = "    return step_@.pinned"
_ADMIT: Final = """\
    if place is None:
        hashed = hash_of(start, subject_bytes(context.distinct_id))
        place = hashed.digest()
    if place < bound_@:
        return step_@.pinned or assigned(step_@, hashed)
    """
_GO_ON: Final = "best = step_@.excluded"
_END: Final = "return step_@.excluded"
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
    **SURROUNDINGS,
    "Check": Check,
    "MISSING": MISSING,
    "REDACTED": REDACTED,
    "Unknown": Unknown,
    "assigned": assigned,
    "decide": decide,
    "hash_of": hash_of,
    "subject_bytes": subject_bytes,
    "unknown": _unknown,
}
