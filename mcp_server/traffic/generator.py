"""Synthetic traffic: what demos and sandboxes are judged on, and never a real environment."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import pi, sin
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evaluator.context import Context
from mcp_server.services.errors import InvalidInput
from mcp_server.services.generation import Evaluate, GenerationPlan, Progress
from mcp_server.traffic.draft import Content, Draft, Origin
from mcp_server.traffic.layout import TrafficFolder
from mcp_server.traffic.manifest import SegmentManifest, microseconds, moment_of
from mcp_server.traffic.population import SDKS, Dice, Subject, make_subjects, zipf_shares
from mcp_server.traffic.segment import write_segment
from policies.impact import FlagValue

CHECKS_PER_SEGMENT = 1_000_000
CHECKS_PER_SUBJECT = 8
FEWEST_SUBJECTS = 100
CONTEXTS_PER_STEP = 1000
HOUR = 3_600_000_000


def generate(
    home: Path, evaluate: Evaluate, plan: GenerationPlan, progress: Progress = lambda done, total: None
) -> list[SegmentManifest]:
    """Writes synthetic segments and returns them; segments that are there already stay as they are.

    Raises InvalidInput for an impossible plan or if there is no flag to ask for.
    """
    if plan.checks < 1 or plan.end <= plan.start or (plan.subjects is not None and plan.subjects < 1):
        raise InvalidInput(
            f"Cannot generate {plan.checks} checks of {plan.subjects or 'some'} users from {plan.start} to {plan.end}.",
            hint="Ask for at least one check and one user, and for an end after the start.",
        )
    dice = Dice(plan.seed)
    count = plan.subjects or max(FEWEST_SUBJECTS, plan.checks // CHECKS_PER_SUBJECT)
    subjects = make_subjects(dice, count, plan.start)
    flags = [result.key for result in evaluate(subjects[0].context, plan.start)]
    if not flags:
        raise InvalidInput("There is no active flag to generate checks of.", hint="Import or create a flag first.")
    asked = _draw(dice, plan, subjects, len(flags))
    contexts, first_rows, asked["context"] = np.unique(asked["context"], return_index=True, return_inverse=True)
    people = [_context(subjects, int(number)) for number in contexts]
    answers = _answer(evaluate, list(zip(people, asked["at"][first_rows].tolist(), strict=True)), flags, progress)
    folder = TrafficFolder.of(home, plan.environment)
    manifests = []
    for start in range(0, plan.checks, CHECKS_PER_SEGMENT):
        chunk = {name: column[start : start + CHECKS_PER_SEGMENT] for name, column in asked.items()}
        manifests.append(write_segment(folder, _segment(plan, chunk, people, answers)))
    return manifests


@dataclass(frozen=True, slots=True)
class _Answers:
    """``codes[i, j]`` indexes ``values``: what context ``i`` gets for flag ``j``."""

    flags: Sequence[str]
    values: Sequence[FlagValue]
    codes: NDArray[np.int32]


def _draw(dice: Dice, plan: GenerationPlan, subjects: Sequence[Subject], flags: int) -> dict[str, NDArray[Any]]:
    """Who asks for which flag when: one row per check, in order of time.

    A context is numbered by twice its subject's number, plus one after the upgrade.
    """
    asks_all = np.array([subject.sdk.asks_all for subject in subjects])
    upgrade_at = np.array([subject.upgrade_at for subject in subjects])
    sdk = np.array([SDKS.index(subject.sdk) for subject in subjects])
    asking = dice.by_share(zipf_shares(len(subjects)), plan.checks)
    ends = np.cumsum(np.where(asks_all[asking], flags, 1))
    asking = asking[: np.searchsorted(ends, plan.checks) + 1]
    sizes = np.where(asks_all[asking], flags, 1)
    elapsed = _moments(dice, len(asking), microseconds(plan.end) - microseconds(plan.start))
    has_upgraded = elapsed >= upgrade_at[asking] * (microseconds(plan.end) - microseconds(plan.start))
    only = np.where(asks_all[asking], 0, dice.by_share(zipf_shares(flags), len(asking)))
    nth = np.arange(sizes.sum()) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    rows = {
        "at": np.repeat(elapsed + microseconds(plan.start), sizes),
        "context": np.repeat(2 * asking + has_upgraded, sizes),
        "flag": np.repeat(only, sizes) + nth,
        "sdk": np.repeat(sdk[asking], sizes),
    }
    return {name: column[: plan.checks] for name, column in rows.items()}


def _moments(dice: Dice, count: int, span: int) -> NDArray[np.int64]:
    """Sorted moments within ``span`` microseconds, with quieter and busier hours."""
    hours = np.array([1 + 0.8 * sin(2 * pi * hour / 24) for hour in range(max(1, span // HOUR))])
    moments = (dice.by_share(hours, count) + dice.uniform(count)) * (span / len(hours))
    return np.sort(moments.astype(np.int64))


def _context(subjects: Sequence[Subject], number: int) -> Context:
    subject = subjects[number // 2]
    return subject.upgraded() if number % 2 else subject.context


def _answer(
    evaluate: Evaluate, first_checks: Sequence[tuple[Context, int]], flags: Sequence[str], progress: Progress
) -> _Answers:
    """Evaluates every context once, at the time of its first check."""
    values: dict[FlagValue, int] = {}
    codes = np.empty((len(first_checks), len(flags)), dtype=np.int32)
    for row, (context, at_us) in enumerate(first_checks):
        if row % CONTEXTS_PER_STEP == 0:
            progress(row, len(first_checks))
        by_flag = {result.key: result.value for result in evaluate(context, moment_of(at_us))}
        codes[row] = [values.setdefault(by_flag[flag], len(values)) for flag in flags]
    progress(len(first_checks), len(first_checks))
    return _Answers(flags, tuple(values), codes)


def _segment(
    plan: GenerationPlan, rows: Mapping[str, NDArray[Any]], people: Sequence[Context], answers: _Answers
) -> Content:
    draft = Draft(Origin(environment=plan.environment, provenance="synthetic", source=f"seed {plan.seed}"))
    flags = np.array([draft.flag(key) for key in answers.flags])
    values = np.array([draft.value(value) for value in answers.values])
    sdks = np.array([draft.sdk(sdk.name) for sdk in SDKS])
    used, positions = np.unique(rows["context"], return_inverse=True)
    contexts = np.array([draft.contexts.code(people[number]) for number in used])
    draft.extend(
        {
            "at": rows["at"],
            "flag": flags[rows["flag"]],
            "context": contexts[positions],
            "value": values[answers.codes[rows["context"], rows["flag"]]],
            "revision": np.full(len(rows["at"]), plan.revision),
            "sdk": sdks[rows["sdk"]],
        }
    )
    return draft.finish()
