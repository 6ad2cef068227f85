"""``sticky.*``: who has a variant keeps it."""

from pydantic import Field

from policies.case import Case
from policies.impact import FlagImpact, Impact
from policies.rules.condition import definition_after, flag_edits, has_variants
from policies.rules.evidence import insufficient, is_statistical
from policies.rules.measure import each_flag, passed
from policies.rules.rule import Count, Params, Remark, Rule
from policies.rules.wording import number, plural
from policies.verdict import Fix, Level, State


class ReassignParams(Params):
    """Limit of ``sticky.reassign``."""

    max_subjects: Count = Field(0, description="largest number of subjects that go from one variant to another")


def _check_reassign(case: Case, params: ReassignParams) -> list[Remark]:
    def look(flag: FlagImpact, impact: Impact) -> Remark:
        if is_statistical(case) and _may_have_variants(case, flag.flag):
            limit = f"≤ {number(params.max_subjects)}"
            return insufficient(_HASHED, observed="statistical", limit=limit, flag=flag.flag, fix=_PLAIN_IDS)
        since = case.drift.get(flag.flag)
        before = 0 if since is None else since.switched
        if before > flag.switched:
            return _since_review(before, params, flag)
        switched = min(flag.switched + _may_switch(case, flag), impact.subjects)
        up_to = "Up to " if switched > flag.switched else ""
        limit = number(params.max_subjects)
        verb = "switches" if switched == 1 else "switch"
        message = f"{up_to}{plural(switched, 'exposed subject')} {verb} to another variant (at most {limit})."
        observed = plural(switched, "subject")
        if switched <= params.max_subjects:
            return passed(observed, f"≤ {limit}", message, flag=flag.flag)
        return Remark(State.FAIL, message, observed, f"≤ {limit}", flag.flag, _KEEP)

    return each_flag(case, look)


def _since_review(switched: int, params: ReassignParams, flag: FlagImpact) -> Remark:
    """Off, shuffled and on again is a reassignment, too: nobody switches in any one of the three steps."""
    limit = number(params.max_subjects)
    have = "has" if switched == 1 else "have"
    message = (
        f"{plural(switched, 'subject')} {have} another variant than when a person last reviewed the flag "
        f"(at most {limit})."
    )
    observed = plural(switched, "subject")
    if switched <= params.max_subjects:
        return passed(observed, f"≤ {limit}", message, flag=flag.flag)
    return Remark(State.FAIL, message, observed, f"≤ {limit}", flag.flag, _KEEP)


def _may_switch(case: Case, flag: FlagImpact) -> int:
    """Undetermined subjects that can go from one variant to another.

    One that is certainly off before or after cannot, and a flag without variants has nothing to switch between.
    """
    if not _may_have_variants(case, flag.flag):
        return 0
    unclear = [row for row in flag.transitions if row.before is None or row.after is None]
    if not unclear:
        return flag.undetermined
    possible = sum(row.subjects for row in unclear if row.before is not False and row.after is not False)
    return min(flag.undetermined, possible)


def _may_have_variants(case: Case, key: str) -> bool:
    """Whether the flag has variants before or after the change; a definition that is not known may have some."""
    known = [edit.before for edit in flag_edits(case) if edit.key == key] + [definition_after(case, key)]
    definitions = [definition for definition in known if definition is not None]
    return not definitions or any(map(has_variants, definitions))


_HASHED = "The traffic is statistical (distinct ids were hashed), so nobody can tell who has which variant."
_PLAIN_IDS = Fix(
    kind="record", text="Record without record_hash_ids and take a new snapshot, or ask a person to approve."
)
_KEEP = Fix(
    kind="ask",
    text="Keep the order and the weights of the variants that people have (grow one from subjects without any), "
    "or ask a person to approve the reassignment.",
)

REASSIGN = Rule(
    id="sticky.reassign",
    level=Level.APPROVE,
    summary="Nobody who has a variant gets another one.",
    reason="A switch is jarring for people and ruins the experiment that the variants serve.",
    inputs=frozenset({"impact", "definition", "drift", "traffic"}),
    params=ReassignParams,
    check=_check_reassign,
)
