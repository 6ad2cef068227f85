"""``deps.*``: the flags that a flag needs."""

from collections.abc import Mapping
from typing import Any

from policies.case import Case
from policies.rules.condition import definition_after, flag_edits, is_live
from policies.rules.measure import not_applicable, passed
from policies.rules.rule import Params, Remark, Rule
from policies.verdict import Fix, Level, State


class ReadyParams(Params):
    """``deps.ready`` has no limit."""


def _check_ready(case: Case, _: ReadyParams) -> list[Remark]:
    edited = {edit.key for edit in flag_edits(case)}
    remarks = [
        _ready(key, needed, _broken(case, key, needed, edited=key in edited))
        for key, needed in sorted(case.dependencies.items())
        if needed and _is_asked(case, key, needed, edited=key in edited)
    ]
    return remarks or [not_applicable("No flag of the change that is on needs another flag.")]


def _is_asked(case: Case, key: str, needed: Mapping[str, str], *, edited: bool) -> bool:
    """An edited flag if it is on; another one only if the change breaks it for good (turning off is no break)."""
    if edited:
        return is_live(definition_after(case, key))
    return bool(_broken(case, key, needed, edited=False))


def _broken(case: Case, key: str, needed: Mapping[str, str], *, edited: bool) -> dict[str, str]:
    """Needed flags that are not what they have to be."""
    fine = _wanted_off(definition_after(case, key)) if edited else set(needed)
    return {
        name: standing
        for name, standing in sorted(needed.items())
        if standing != "on" and not (standing == "off" and name in fine)
    }


def _ready(key: str, needed: Mapping[str, str], broken: Mapping[str, str]) -> Remark:
    if not broken:
        message = f"Every flag that it needs is ready ({', '.join(sorted(needed))})."
        return passed("ready", "ready", message, flag=key)
    observed = ", ".join(f"{name} is {_SAID.get(standing, standing)}" for name, standing in broken.items())
    message = f"The flag is silently off, because {observed}."
    return Remark(State.FAIL, message, observed, "every needed flag on, none in a cycle", key, _fix(broken))


def _fix(broken: Mapping[str, str]) -> Fix:
    if "cycle" in broken.values():
        return Fix(kind="remove", text="Remove the filter on a flag that closes the cycle.")
    names = ", ".join(broken)
    return Fix(kind="ask", text=f"First make or turn on {names}, or remove the filter on it.")


def _wanted_off(definition: Mapping[str, Any] | None) -> set[str]:
    """Flags that a filter wants to be off (``flag_evaluates_to`` false)."""
    filters = (definition or {}).get("filters")
    groups = filters.get("groups") if isinstance(filters, Mapping) else None
    tests = (test for group in groups or () if isinstance(group, Mapping) for test in group.get("properties") or ())
    return {
        str(test.get("key"))
        for test in tests
        if isinstance(test, Mapping) and test.get("type") == "flag" and test.get("value") is False
    }


_SAID = {"missing": "missing", "cycle": "part of a cycle", "off": "off"}

READY = Rule(
    id="deps.ready",
    level=Level.BLOCK,
    summary="The flags that an edited flag needs exist, are on, and form no cycle.",
    reason="A flag with a broken dependency is off for everyone, without a word.",
    inputs=frozenset({"definition", "dependencies"}),
    params=ReadyParams,
    check=_check_ready,
)
