"""All lints of a project, or those that bear on one flag."""

from collections.abc import Iterator

from evaluator.compiled import CohortTest, CompiledFlag
from evaluator.definitions.problem import DefinitionWarning
from evaluator.portability.cohorts import cohort_lints, reached_cohorts
from evaluator.portability.flags import flag_lints
from evaluator.portability.project import Project


def portability_warnings(project: Project) -> Iterator[DefinitionWarning]:
    """The lints of every flag and every cohort, each once."""
    for flag in project.flags.values():
        yield from _of_flag(flag, project)
    for cohort_id in project.cohorts:
        yield from _of_cohort(cohort_id, project)


def warnings_about(key: str, project: Project) -> Iterator[DefinitionWarning]:
    """The lints of one flag and of the cohorts that its conditions ask for, through others too."""
    flag = project.flags.get(key)
    if flag is None:
        return
    yield from _of_flag(flag, project)
    asked = [
        test.cohort_id for condition in flag.conditions for test in condition.tests if isinstance(test, CohortTest)
    ]
    for cohort in reached_cohorts(asked, project.cohorts):
        yield from _of_cohort(cohort.id, project)


def _of_flag(flag: CompiledFlag, project: Project) -> Iterator[DefinitionWarning]:
    for problem in flag_lints(flag, project):
        yield DefinitionWarning("flag", flag.key, "portability", problem)


def _of_cohort(cohort_id: str, project: Project) -> Iterator[DefinitionWarning]:
    for problem in cohort_lints(cohort_id, project):
        yield DefinitionWarning("cohort", cohort_id, "portability", problem)
