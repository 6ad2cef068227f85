"""Which flags one request is about."""

from collections.abc import Iterable, Sequence
from typing import Literal

from evaluator.program import Program
from evaluator.ruleset import Ruleset

Runtime = Literal["server", "client", "all"] | None
"""Where the asking SDK runs. None: it could not be told, so only flags meant for everybody are answered."""


def selected(
    ruleset: Ruleset, keys: Iterable[str] | None, runtime: Runtime, evaluation_contexts: Sequence[str]
) -> list[Program]:
    """The programs of the served flags that the request is about, each after those it depends on."""
    programs: Iterable[Program] = ruleset.served
    if keys is not None:
        known = [ruleset.programs[key] for key in keys if key in ruleset.programs]
        wanted = {program.key for program in known}.union(*(program.requires for program in known))
        programs = (program for program in programs if program.key in wanted)
    return [program for program in programs if _is_meant_for(program, runtime, evaluation_contexts)]


def _is_meant_for(program: Program, runtime: Runtime, evaluation_contexts: Sequence[str]) -> bool:
    if program.runtime is not None and runtime != "all" and program.runtime != runtime:
        return False
    return not program.contexts or not evaluation_contexts or not program.contexts.isdisjoint(evaluation_contexts)
