"""Changes that whole families of rules leave alone."""

from policies.case import Case
from policies.rules.rule import AnyRule

_MEASURE_AN_EFFECT = frozenset({"cov", "ramp", "blast", "sticky"})
_HOLD_UP_A_PERSON = frozenset({"cov", "ramp", "blast", "sticky", "deps"})
_HOLD_UP_AN_AGENT = frozenset({"cov", "ramp"})


def lifted(case: Case, rule: AnyRule) -> str | None:
    """Why the rule has nothing to say to this change; None if it has.

    A person who turns a flag towards its declared safe value is never held up: waiting would do the harm. An agent
    that does so still has to keep the blast small.
    """
    if case.alters_nothing and rule.family in _MEASURE_AN_EFFECT:
        return "The change provably alters no answer."
    if case.towards_safe and case.actor == "person" and rule.family in _HOLD_UP_A_PERSON:
        return "A person moves subjects to the declared safe value."
    if case.towards_safe and case.actor != "person" and rule.family in _HOLD_UP_AN_AGENT:
        return "The change only moves subjects to the declared safe value."
    return None
