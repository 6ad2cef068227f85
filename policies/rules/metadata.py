"""``meta.*``: what Drysail knows about a flag beside its definition."""

from collections.abc import Mapping
from typing import Any

from policies.case import Case, Edit
from policies.rules.condition import flag_edits
from policies.rules.measure import not_applicable, passed
from policies.rules.rule import Params, Remark, Rule
from policies.rules.scope import tags_of
from policies.verdict import Fix, Level, State


class GuardedParams(Params):
    """``meta.guarded`` has no limit."""


def _check_guarded(case: Case, _: GuardedParams) -> list[Remark]:
    if case.actor != "agent":
        return [not_applicable("The rule limits agents only.")]
    edited = [edit for edit in flag_edits(case) if edit.before is not None and edit.after is not None]
    return [_guarded(edit) for edit in edited] or [not_applicable("The change edits no existing flag.")]


def _guarded(edit: Edit) -> Remark:
    limit = "owner, tags, lifecycle and safe value kept"
    lost = _lost(edit.before or {}, edit.after or {})
    if not lost:
        return passed("kept", limit, "Owner, tags, lifecycle and safe value stay.", flag=edit.key)
    observed = ", ".join(lost)
    message = f"An agent changes what the policy goes by: {observed}."
    return Remark(State.FAIL, message, observed, limit, edit.key, _ASK)


def _lost(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[str]:
    """Guarded fields that are taken away or altered. Filling in an empty one is fine, except for the safe value."""
    old, new = _own(before), _own(after)
    lost = [name for name in ("owner", "lifecycle") if old.get(name) and old.get(name) != new.get(name)]
    if tags_of(before) - tags_of(after):
        lost.append("tags")
    if old.get("safe_value") != new.get("safe_value"):
        lost.append("safe value")
    return sorted(lost)


def _own(definition: Mapping[str, Any]) -> Mapping[str, Any]:
    own = definition.get("drysail")
    return own if isinstance(own, Mapping) else {}


_ASK = Fix(kind="ask", text="Leave these fields as they are, or ask a person to approve.")

GUARDED = Rule(
    id="meta.guarded",
    level=Level.APPROVE,
    summary="An agent does not alter the owner, tags, lifecycle or safe value of an existing flag.",
    reason="Scopes and the way to safety hang on these fields; changing them first would make the next change pass.",
    inputs=frozenset({"definition", "actor"}),
    params=GuardedParams,
    check=_check_guarded,
)
