"""Turns compiled tests into questions that a check answers: True, False, or None where the answer is not known.

Unknown is Kleene's: a false part makes a conjunction false whatever the unknown parts are, a true part makes an
alternative true.
"""

from collections.abc import Callable, Mapping, Sequence

from evaluator.check import Check
from evaluator.compiled import All, AnyOf, CohortTest, CompiledCohort, FlagTest, Never, Node, PropertyTest, Test
from evaluator.context import REDACTED
from evaluator.result import Reason, Result

Question = Callable[[Check], bool | None]


def ask_test(test: Test, cohorts: Mapping[str, Question]) -> Question:
    """The question of one filter of a condition."""
    match test:
        case PropertyTest():
            return ask_property(test)
        case CohortTest():
            return _ask_cohort(test, cohorts)
        case FlagTest():
            return _ask_flag(test)
        case Never():
            return _always(test.negated)


def ask_cohorts(cohorts: Mapping[str, CompiledCohort]) -> dict[str, Question]:
    """The membership questions of all cohorts, given each after those it needs. Remembered within a check."""
    questions: dict[str, Question] = {}
    for cohort_id, cohort in cohorts.items():
        asked = _listed(cohort_id) if cohort.tree is None else _ask_node(cohort.tree, questions)
        questions[cohort_id] = _remembered(cohort_id, asked)
    return questions


def ask_property(test: PropertyTest) -> Question:
    """The question of one property, of the person or of a group."""
    name, group_type, predicate, negated = test.property, test.source, test.predicate, test.negated

    def of_person(check: Check) -> bool | None:
        value = check.person_property(name)
        return None if value is REDACTED else predicate(value, check.now) is not negated

    def of_group(check: Check) -> bool | None:
        value = check.group_property(str(group_type), name)
        return None if value is REDACTED else predicate(value, check.now) is not negated

    if test.group_index is None:
        return of_person
    return _always(False) if group_type is None else of_group


def matches_flag(result: Result, expected: bool | str) -> bool | None:
    """Whether a flag's answer is the expected one; a flag that failed has no value that could be."""
    if result.reason is Reason.UNDETERMINED:
        return None
    return value_matches(result.value, expected)


def value_matches(value: bool | str | None, expected: bool | str) -> bool:
    """Whether a flag's value is the expected one. True stands for anything but off, None is no value at all."""
    if value is None:
        return False
    return value is not False if expected is True else value == expected


def _ask_cohort(test: CohortTest, cohorts: Mapping[str, Question]) -> Question:
    question, negated = cohorts.get(test.cohort_id, _always(False)), test.negated
    if not negated:
        return question

    def is_outside(check: Check) -> bool | None:
        inside = question(check)
        return None if inside is None else not inside

    return is_outside


def _ask_flag(test: FlagTest) -> Question:
    flag, expected = test.flag, test.expected
    return lambda check: matches_flag(check.results[flag], expected)


def _ask_node(node: Node, cohorts: Mapping[str, Question]) -> Question:
    match node:
        case All():
            return _every([_ask_node(part, cohorts) for part in node.parts])
        case AnyOf():
            return _some([_ask_node(part, cohorts) for part in node.parts])
        case _:
            return ask_test(node, cohorts)


def _every(questions: Sequence[Question]) -> Question:
    def asked(check: Check) -> bool | None:
        answer: bool | None = True
        for question in questions:
            part = question(check)
            if part is False:
                return False
            if part is None:
                answer = None
        return answer

    return asked


def _some(questions: Sequence[Question]) -> Question:
    def asked(check: Check) -> bool | None:
        answer: bool | None = False
        for question in questions:
            part = question(check)
            if part is True:
                return True
            if part is None:
                answer = None
        return answer

    return asked


def _listed(cohort_id: str) -> Question:
    return lambda check: check.is_member(cohort_id)


def _remembered(cohort_id: str, question: Question) -> Question:
    def asked(check: Check) -> bool | None:
        if cohort_id in check.memberships:
            return check.memberships[cohort_id]
        answer = check.memberships[cohort_id] = question(check)
        return answer

    return asked


def _always(answer: bool) -> Question:
    return lambda check: answer
