"""One check of one flag with no more definitions than it can read, so that altering and asking again is cheap."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Self

from evaluator.compile import compile_definitions
from evaluator.context import Context
from evaluator.definitions.document import Definitions
from evaluator.evaluate import evaluate
from evaluator.explaining.rebuilding import Rebuilding
from evaluator.facts import Facts
from evaluator.needs import needs
from evaluator.result import Result
from evaluator.ruleset import Ruleset


@dataclass(frozen=True, slots=True)
class Setting:
    """Who asks for which flag, when, and all that the answer rests on. ``ruleset`` holds the flag's needs alone."""

    key: str
    ruleset: Ruleset
    context: Context
    now: datetime
    facts: Facts
    rebuilding: Rebuilding

    @classmethod
    def of(cls, ruleset: Ruleset, key: str, context: Context, *, now: datetime, facts: Facts) -> Self:
        """The check, cut out of a whole project."""
        needed = compile_definitions(needed_definitions(ruleset, key))
        return cls(key, needed, context, now, facts, Rebuilding.of(needed))

    def answer(self) -> Result:
        """What ``evaluate`` answers here."""
        return evaluate(self.ruleset, self.key, self.context, now=self.now, facts=self.facts)

    def for_subject(self, context: Context, facts: Facts) -> Self:
        """The same check of a subject described otherwise."""
        return replace(self, context=context, facts=facts)

    def answer_with(self, definition: Mapping[str, Any]) -> Result:
        """What is answered where one flag is defined otherwise."""
        return self.rebuilding.answer(self.key, definition, self.context, self.now, self.facts)


def needed_definitions(ruleset: Ruleset, key: str) -> Definitions:
    """The flag, the flags and cohorts that it depends on, directly or not, and the project's settings."""
    needed, known = needs(ruleset, [key]), ruleset.definitions.cohorts
    return Definitions(
        flags=tuple(ruleset.flags[name].definition for name in (key, *needed.flags) if name in ruleset.flags),
        cohorts={name: known[name] for name in needed.cohorts if name in known},
        settings=ruleset.definitions.settings,
    )
