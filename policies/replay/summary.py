"""From a tally to the impact that reviewers and policies read."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from evaluator.version import EVALUATION_VERSION
from policies.impact import Attribution, Breakdown, Example, Fidelity, FlagImpact, FlagValue, Impact, Transition
from policies.replay.slices import chosen_breakdowns, named_breakdown
from policies.replay.tally import Amount, FidelityTally, FlagTally, Move, Tally

MOST_EXAMPLES = 24


def impact_of(tally: Tally, *, breakdowns: Sequence[str], now: datetime) -> Impact:
    """The impact that the tally amounts to; ``breakdowns`` are the properties it was asked to split by."""
    return Impact(
        flags=tuple(_flag_impact(flag, breakdowns) for flag in tally.flags),
        subjects=tally.subjects,
        changed_subjects=tally.changed_subjects,
        undetermined_subjects=tally.undetermined_subjects,
        fidelity=_fidelity(tally.fidelity),
        now=now,
        evaluation_version=EVALUATION_VERSION,
    )


def _flag_impact(tally: FlagTally, breakdowns: Sequence[str]) -> FlagImpact:
    totals = tally.totals
    return FlagImpact(
        flag=tally.flag,
        edited=tally.edited,
        subjects=totals.subjects,
        checks=totals.checks,
        on_before=totals.on_before,
        on_after=totals.on_after,
        entered=totals.entered,
        left=totals.left,
        switched=totals.switched,
        payload_changed=totals.payload_changed,
        undetermined=totals.undetermined,
        errors=totals.errors,
        changed=totals.changed,
        transitions=tuple(_transition(move, tally.moves[move]) for move in sorted(tally.moves, key=_move_order)),
        attribution=_attribution(tally),
        coverage_before=tuple(tally.coverage_before),
        coverage_after=tuple(tally.coverage_after),
        breakdowns=_breakdowns(tally, breakdowns),
        examples=_examples(tally),
    )


def _transition(move: Move, amount: Amount) -> Transition:
    return Transition(before=move[0], after=move[1], subjects=amount.subjects, checks=amount.checks)


def _attribution(tally: FlagTally) -> tuple[Attribution, ...]:
    ids: Mapping[str, Mapping[int, str | None]] = {
        "before": {condition.index: condition.id for condition in tally.coverage_before},
        "after": {condition.index: condition.id for condition in tally.coverage_after},
    }
    ordered = sorted(
        tally.attribution.items(), key=lambda item: (item[0][0] == "after", -1 if item[0][1] is None else item[0][1])
    )
    return tuple(
        Attribution(
            side=side,
            condition_id=None if index is None else ids[side].get(index),
            condition_index=index,
            changed=changed,
        )
        for (side, index), changed in ordered
    )


def _breakdowns(tally: FlagTally, named: Sequence[str]) -> tuple[Breakdown, ...]:
    if not named:
        return chosen_breakdowns(tally.slices) if tally.totals.changed else ()
    return tuple(named_breakdown(name, tally.slices[name] or {}) for name in dict.fromkeys(named))


def _examples(tally: FlagTally) -> tuple[Example, ...]:
    """Examples of the most frequent moves first."""
    by_frequency = sorted(tally.examples, key=lambda move: (-tally.moves[move].subjects, _move_order(move)))
    examples = (
        Example(subject=candidate.subject, before=move[0], after=move[1])
        for move in by_frequency
        for candidate in tally.examples[move]
    )
    return tuple(examples)[:MOST_EXAMPLES]


def _fidelity(tally: FidelityTally) -> Fidelity:
    return Fidelity(
        compared=tally.compared,
        differing=tally.differing,
        compared_checks=tally.compared_checks,
        differing_checks=tally.differing_checks,
        causes={
            "older_revision": tally.older_revision,
            "undetermined": tally.undetermined,
            "unexplained": tally.differing,
        },
    )


def _move_order(move: Move) -> tuple[tuple[int, str], tuple[int, str]]:
    return _value_order(move[0]), _value_order(move[1])


def _value_order(value: FlagValue) -> tuple[int, str]:
    """Off, on, variants by name, undetermined."""
    if isinstance(value, str):
        return 2, value
    return (3, "") if value is None else (int(value), "")
