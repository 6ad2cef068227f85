"""``def.*``: what the definition itself must not do."""

from datetime import timedelta

from pydantic import Field

from policies.case import Case, Edit
from policies.rules.condition import flag_edits
from policies.rules.measure import not_applicable, passed
from policies.rules.rule import Params, Positive, Remark, Rule
from policies.rules.wording import against, number
from policies.verdict import Fix, Level, State

_DAY = timedelta(days=1)


class KeyReuseParams(Params):
    """Limit of ``def.key_reuse``."""

    min_days: Positive = Field(180, description="shortest time between retiring a key and using it again, in days")


def _check_key_reuse(case: Case, params: KeyReuseParams) -> list[Remark]:
    created = [edit for edit in flag_edits(case) if _comes_to_life(edit)]
    if not created:
        return [not_applicable("The change makes no flag.")]
    return [_reused(case, params, edit.key) for edit in created]


def _comes_to_life(edit: Edit) -> bool:
    """Whether the key gets a new meaning. A deleted flag that comes back as it was does not get one."""
    if edit.after is None or edit.after.get("deleted") is True:
        return False
    if edit.before is None:
        return True
    was_deleted = edit.before.get("deleted") is True
    return was_deleted and edit.before.get("filters") != edit.after.get("filters")


def _reused(case: Case, params: KeyReuseParams, key: str) -> Remark:
    retired = case.retired_keys.get(key)
    limit = f"≥ {number(params.min_days)} days"
    if retired is None:
        return passed("never used", limit, "The key was never used here before.", flag=key)
    days = (case.now - retired) / _DAY
    message = f"The key was retired {against(days, params.min_days)} days ago (at least {number(params.min_days)})."
    observed = f"retired {against(days, params.min_days)} days ago"
    if days >= params.min_days:
        return passed(observed, limit, message, flag=key)
    return Remark(State.FAIL, message, observed, limit, key, _another_key(case, key))


def _another_key(case: Case, key: str) -> Fix:
    taken: set[str] = {*case.retired_keys, *(edit.key for edit in case.edits)}
    free = next(name for name in (f"{key}-{count}" for count in range(2, len(taken) + 3)) if name not in taken)
    return Fix(kind="set", text=f"Choose a new key, for example {free}.", path="key", value=free)


KEY_REUSE = Rule(
    id="def.key_reuse",
    level=Level.BLOCK,
    summary="A new flag does not take the key of one that was retired recently.",
    reason="A client that still asks for the old flag would get the meaning of the new one.",
    inputs=frozenset({"definition", "history", "time"}),
    params=KeyReuseParams,
    check=_check_key_reuse,
)
