"""The impact counted row by row with the evaluator alone, and in the form in which it is compared with a replay."""

import json
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from time import perf_counter
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from benchmarks.shop_traffic import FLAG, NOW, Traffic
from evaluator import MISSING, Context, Result, Ruleset, evaluate
from evaluator.recorded_hashes import HASHED
from policies.impact import FlagValue

BATCH: Final = 10_000
"""Contexts that are built at once; building them is not measured."""

SPLIT_BY: Final = ("country", "plan")

Move = tuple[FlagValue, FlagValue]


@dataclass
class Reference:
    """What became of everybody. ``answers`` and ``hashed`` are those of the old definition, by context."""

    seconds: float = 0.0
    answers: list[bool | str] = field(default_factory=list)
    hashed: list[bool] = field(default_factory=list)
    who: dict[Move, set[str]] = field(default_factory=lambda: defaultdict(set))
    checks: dict[Move, int] = field(default_factory=lambda: defaultdict(int))
    attributed: dict[tuple[str, int | None], set[str]] = field(default_factory=lambda: defaultdict(set))
    slices: dict[tuple[str, str], dict[str, set[str]]] = field(
        default_factory=lambda: defaultdict(lambda: defaultdict(set))
    )

    def matrix(self) -> dict[Move, tuple[int, int]]:
        """By old and new value: distinct subjects and checks."""
        return {move: (len(subjects), self.checks[move]) for move, subjects in self.who.items()}

    def hashed_mask(self) -> NDArray[np.bool_]:
        """Of which contexts the evaluator hashed the subject."""
        return np.array(self.hashed, dtype=np.bool_)

    def digest(self) -> str:
        """Of all counts."""
        changed = set().union(*(subjects for move, subjects in self.who.items() if move[0] != move[1]))
        return _digest(
            {
                "subjects": len(set().union(*self.who.values())),
                "changed": len(changed),
                "transitions": [[old, new, *amount] for (old, new), amount in self.matrix().items()],
                "attribution": [[side, index, len(subjects)] for (side, index), subjects in self.attributed.items()],
                "breakdowns": [
                    [name, value, *(len(counts[kind]) for kind in ("all", "before", "after", "changed"))]
                    for (name, value), counts in self.slices.items()
                ],
            }
        )


def count_one_by_one(traffic: Traffic, before: Ruleset, after: Ruleset) -> Reference:
    """Every context once, weighted by its checks. The time is that of the evaluations alone."""
    reference, contexts = Reference(), len(traffic.subjects)
    for first in range(0, contexts, BATCH):
        rows = range(first, min(first + BATCH, contexts))
        batch = [traffic.context(row) for row in rows]
        start = perf_counter()
        results = [
            (evaluate(before, FLAG, context, now=NOW), evaluate(after, FLAG, context, now=NOW)) for context in batch
        ]
        reference.seconds += perf_counter() - start
        for context, (old, new), weight in zip(batch, results, traffic.checks[first : rows.stop].tolist(), strict=True):
            _count(reference, context, old, new, weight)
    return reference


def digest_of_impact(impact: Mapping[str, Any]) -> str:
    """The digest of the same counts in an impact (as JSON) that was split by ``SPLIT_BY``."""
    flag = impact["flags"][0]
    return _digest(
        {
            "subjects": impact["subjects"],
            "changed": flag["changed"],
            "transitions": [
                [row["before"], row["after"], row["subjects"], row["checks"]] for row in flag["transitions"]
            ],
            "attribution": [[row["side"], row["condition_index"], row["changed"]] for row in flag["attribution"]],
            "breakdowns": [
                [part["property"], row["value"], row["subjects"], row["on_before"], row["on_after"], row["changed"]]
                for part in flag["breakdowns"]
                if part["property"] in SPLIT_BY
                for row in part["rows"]
            ],
        }
    )


def _count(reference: Reference, context: Context, old: Result, new: Result, checks: int) -> None:
    subject = context.distinct_id
    reference.answers.append(False if old.value is None else old.value)
    reference.hashed.append(old.reason in HASHED)
    reference.who[old.value, new.value].add(subject)
    reference.checks[old.value, new.value] += checks
    changed = old.value != new.value
    if changed:
        side, decided = ("after", new) if new.enabled else ("before", old)
        reference.attributed[side, decided.condition_index].add(subject)
    for name in SPLIT_BY:
        value = context.properties.get(name, MISSING)
        counts = reference.slices[name, "missing" if value is MISSING else json.dumps(value)]
        counts["all"].add(subject)
        for kind, holds in (("before", old.enabled), ("after", new.enabled), ("changed", changed)):
            if holds:
                counts[kind].add(subject)


def _digest(counts: dict[str, Any]) -> str:
    ordered = {name: sorted(map(json.dumps, rows)) if isinstance(rows, list) else rows for name, rows in counts.items()}
    return sha256(json.dumps(ordered, sort_keys=True).encode()).hexdigest()
