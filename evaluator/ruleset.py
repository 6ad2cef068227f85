"""Definitions, compiled: what every question is asked of."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from evaluator.ask import Question
from evaluator.compiled import CompiledCohort, CompiledFlag
from evaluator.definitions.document import Definitions
from evaluator.definitions.problem import DefinitionWarning
from evaluator.feed import build_feed
from evaluator.index import ConditionIndex
from evaluator.local import LocalRuleset, compile_local
from evaluator.portability import Project, portability_warnings, warnings_about
from evaluator.prepared import PreparedAnswers
from evaluator.program import Program


@dataclass(frozen=True, eq=False)
class Ruleset:
    """A project's definitions, ready to be evaluated. Immutable; made by ``compile_definitions``.

    ``flags`` holds every flag that has a usable key, quarantined ones too; ``cohorts`` only those that can be used.
    ``order`` lists the flags' keys, each after those it depends on; flags without an order (missing or circular
    dependencies) come last. ``problems`` lists what was quarantined, converted or is doubtful. ``questions``
    (memberships by cohort), ``programs``, ``served`` (the programs of the flags that answers include, in order),
    ``prepared`` and ``index`` are the evaluator's own.
    """

    definitions: Definitions
    flags: Mapping[str, CompiledFlag]
    cohorts: Mapping[str, CompiledCohort]
    order: Sequence[str]
    problems: Sequence[DefinitionWarning]
    cohort_references: Mapping[str, Sequence[str]]
    questions: Mapping[str, Question]
    programs: Mapping[str, Program]
    served: Sequence[Program]
    prepared: PreparedAnswers
    index: ConditionIndex

    @cached_property
    def warnings(self) -> Sequence[DefinitionWarning]:
        """The ``problems``, and where SDKs that evaluate by themselves answer otherwise (level ``portability``)."""
        return (*self.problems, *portability_warnings(self._project))

    def warnings_about(self, key: str) -> Sequence[DefinitionWarning]:
        """The portability warnings of one flag and of the cohorts that it asks for. Costs no look at other flags."""
        return tuple(warnings_about(key, self._project))

    @property
    def _project(self) -> Project:
        return Project(self.definitions, self.flags, self.cohorts)

    def feed(self) -> dict[str, Any]:
        """The definitions as PostHog SDKs download them (``GET /flags/definitions``). Made anew by each call."""
        return build_feed(self.definitions, self.flags, self.cohorts, self.cohort_references)

    @cached_property
    def local(self) -> LocalRuleset:
        """The same definitions as an SDK downloads and understands them."""
        return compile_local(self.feed())
