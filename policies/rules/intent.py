"""``intent.*``: whether a change does what its proposer said it would."""

import json
from collections.abc import Callable, Iterator
from typing import Any

from policies.case import Case
from policies.expect import Expect, parse_expect
from policies.impact import Breakdown, FlagImpact, Impact
from policies.rules.measure import RECORD, each_flag, not_applicable, passed
from policies.rules.rule import Params, Remark, Rule
from policies.rules.wording import number, plural
from policies.verdict import Fix, Level, State


class MismatchParams(Params):
    """``intent.mismatch`` has no limit of its own: the proposer declares it."""


def _check_mismatch(case: Case, _: MismatchParams) -> list[Remark]:
    if case.expect is None:
        return [not_applicable("The proposer declared no expectation.")]
    expect = parse_expect(case.expect)
    if case.alters_nothing and case.impact is None:
        return [_nothing(expect)]
    return each_flag(case, lambda flag, impact: _compared(expect, flag, impact))


def _nothing(expect: Expect) -> Remark:
    """A change that provably alters no answer needs no replay to be compared."""
    if expect.newly_on_min:
        return _contradiction(None, "0 newly on", f"≥ {number(expect.newly_on_min)}", "newly_on_min")
    return passed("no answer changes", "the declared expectation", "The effect is what was declared: none.")


def _compared(expect: Expect, flag: FlagImpact, impact: Impact) -> Remark:
    """The first contradiction; else the first thing that was not measured; else a pass."""
    remarks = [*_counts(expect, flag, impact), *_audiences(expect, flag)]
    for state in (State.FAIL, State.INSUFFICIENT_EVIDENCE):
        found = [remark for remark in remarks if remark.state is state]
        if found:
            return found[0]
    return passed("as declared", "the declared expectation", "The effect is what was declared.", flag=flag.flag)


def _counts(expect: Expect, flag: FlagImpact, impact: Impact) -> Iterator[Remark]:
    """Upper ends count undetermined subjects as moved; lower ends do not."""
    for name, noun, count in _MEASURES:
        most = getattr(expect, f"{name}_max")
        highest = min(count(flag) + flag.undetermined, impact.subjects)
        if most is not None and highest > most:
            up_to = "up to " if flag.undetermined else ""
            yield _contradiction(flag.flag, f"{up_to}{number(highest)} {noun}", f"≤ {number(most)}", f"{name}_max")
    if expect.newly_on_min is not None and flag.edited and flag.entered < expect.newly_on_min:
        least = f"≥ {number(expect.newly_on_min)}"
        yield _contradiction(flag.flag, f"{number(flag.entered)} newly on", least, "newly_on_min")


def _contradiction(flag: str | None, observed: str, limit: str, name: str) -> Remark:
    message = f"The replay shows {observed}, declared was {limit} ({name})."
    return Remark(State.FAIL, message, observed, limit, flag, _CORRECT)


def _audiences(expect: Expect, flag: FlagImpact) -> Iterator[Remark]:
    """Only subjects known to change are looked at: whether an undetermined one does is for ``cov.unknown``."""
    if flag.changed == 0:
        return
    measured = {breakdown.property: breakdown for breakdown in flag.breakdowns}
    for name, values in (expect.only or {}).items():
        breakdown = measured.get(name)
        outside = _outside(breakdown, values) if breakdown is not None else None
        if outside is None:
            message = f"The replay cannot tell whether only subjects with the declared {name} change."
            limit = f"only the declared {name}"
            yield Remark(State.INSUFFICIENT_EVIDENCE, message, f"{name} not measured", limit, flag.flag, RECORD)
        elif outside:
            message = f"The replay shows {plural(outside, 'changed subject')} outside of the declared {name}."
            observed, limit = f"{number(outside)} outside", f"only the declared {name}"
            yield Remark(State.FAIL, message, observed, limit, flag.flag, _CORRECT)


def _outside(breakdown: Breakdown, values: list[Any]) -> int | None:
    """Changed subjects with another value than these; None where neither recording nor breakdown tells."""
    allowed = {_text(value) for value in values}
    rows = [(_canonical(row.value), row.changed) for row in breakdown.rows]
    others = breakdown.others.changed if breakdown.others is not None else 0
    others_are_outside = allowed <= {value for value, _ in rows}
    unknown = sum(changed for value, changed in rows if value == _REDACTED) + (0 if others_are_outside else others)
    outside = sum(changed for value, changed in rows if value not in {*allowed, _REDACTED})
    outside += others if others_are_outside else 0
    return None if unknown and not outside else outside


def _canonical(text: str) -> str:
    """The row's JSON text as ``_text`` would write it; bare words such as ``missing`` stay and equal no value."""
    try:
        return _text(json.loads(text))
    except ValueError:
        return text


def _text(value: Any) -> str:
    return json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"))


_REDACTED = "redacted"

_MEASURES: tuple[tuple[str, str, Callable[[FlagImpact], int]], ...] = (
    ("newly_on", "newly on", lambda flag: flag.entered),
    ("turned_off", "turned off", lambda flag: flag.left),
    ("switched", "switched", lambda flag: flag.switched),
    ("changed", "changed", lambda flag: flag.changed),
)

_CORRECT = Fix(kind="ask", text="Correct the change, or declare what it really does and propose again.")

MISMATCH = Rule(
    id="intent.mismatch",
    level=Level.BLOCK,
    summary="The replay shows what the proposer declared, where it declared anything.",
    reason="A change that does something else than its author believes is a mistake, however small.",
    inputs=frozenset({"impact", "expectation", "definition"}),
    params=MismatchParams,
    check=_check_mismatch,
)
