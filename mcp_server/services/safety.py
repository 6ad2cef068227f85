"""What a flag's safe value is, and whether a change provably gives it to everyone."""

from collections.abc import Mapping
from typing import Any

from evaluator.compiled import CompiledFlag, FlagTest
from mcp_server.services.change import Change
from mcp_server.services.definitions import Bodies
from mcp_server.services.document import Ref
from mcp_server.services.ports import Reader
from mcp_server.services.proposal import DocumentEdit, ProposalKind
from policies.impact import Impact

REVISIONS_LOOKED_AT = 1000


def approved_body(reader: Reader, environment: str, ref: Ref) -> dict[str, Any] | None:
    """The newest revision that a person approved, or that a bootstrap brought in; None if there is none.

    What somebody applied without another's look does not count: a change could otherwise prepare its own excuse.
    """
    for revision in reader.revisions(environment, ref, limit=REVISIONS_LOOKED_AT):
        proposal = reader.proposal(revision.proposal_id)
        if proposal.kind is ProposalKind.BOOTSTRAP or reader.approvals(proposal.id):
            return revision.body
    return None


def safe_value(approved: Mapping[str, Any] | None) -> bool | str:
    """The safe value that an approved definition declares; off where none is declared, or nothing was approved."""
    declared = ((approved or {}).get("drysail") or {}).get("safe_value")
    return declared if isinstance(declared, bool | str) else False


def leads_to_safety(change: Change, approved: Bodies, impact: Impact | None) -> bool:
    """Whether every edited flag provably gives everyone its safe value, with the payload it had for it before.

    Other flags that depend on them may only turn off by it: on the recorded traffic, or without traffic by the way in
    which they depend.
    """
    if len(change.edits) != len(change.edited_flags):
        return False
    return all(_edit_leads_to_safety(change, edit, approved) for edit in change.edits) and _dependents_only_lose(
        change, impact
    )


def constant_value(definition: Mapping[str, Any]) -> bool | str | None:
    """The value that everybody gets, where that can be told from the definition alone."""
    if not definition.get("active") or definition.get("deleted"):
        return False
    filters = definition.get("filters") or {}
    groups = filters.get("groups") or []
    if not groups:
        return False
    if (
        filters.get("holdout")
        or filters.get("feature_enrollment")
        or filters.get("aggregation_group_type_index") is not None
    ):
        return None
    first = groups[0]
    percentage = first.get("rollout_percentage", 100)
    everybody = not first.get("properties") and (percentage is None or percentage == 100)
    if not everybody or first.get("aggregation_group_type_index") is not None:
        return None
    variants = (filters.get("multivariate") or {}).get("variants") or []
    if not variants:
        return True
    pinned = first.get("variant")
    return pinned if isinstance(pinned, str) and pinned in [variant.get("key") for variant in variants] else None


def _edit_leads_to_safety(change: Change, edit: DocumentEdit, approved: Bodies) -> bool:
    if edit.before is None or edit.after is None:
        return False
    value = constant_value(_beside_holdout(edit.before, edit.after))
    if value is None or value != safe_value(approved.get(edit.ref)):
        return False
    compiled = change.after.flags.get(edit.ref.key)
    if value is not False and (compiled is None or compiled.error is not None or compiled.missing_dependency):
        return False
    return value is False or _payload(edit.before, value) == _payload(edit.after, value)


def _beside_holdout(before: Mapping[str, Any], after: Mapping[str, Any]) -> Mapping[str, Any]:
    """What the flag gives those who are not held out: where the holdout stays as it is, the others do not move."""
    filters = after.get("filters") or {}
    if (before.get("filters") or {}).get("holdout") != filters.get("holdout"):
        return after
    return {**after, "filters": {**filters, "holdout": None}}


def _payload(definition: Mapping[str, Any], value: bool | str) -> Any:
    payloads = (definition.get("filters") or {}).get("payloads") or {}
    return payloads.get(value if isinstance(value, str) else "true")


def _dependents_only_lose(change: Change, impact: Impact | None) -> bool:
    dependents = set(change.affected_flags) - set(change.edited_flags)
    if impact is not None:
        moved = [flag for flag in impact.flags if flag.flag in dependents]
        return not any(
            flag.entered or flag.switched or flag.undetermined or flag.payload_changed or flag.errors for flag in moved
        )
    return all(_can_only_lose(change.after.flags[key]) for key in dependents if key in change.after.flags)


def _can_only_lose(flag: CompiledFlag) -> bool:
    """Whether a flag it needs can only turn it off by turning off itself."""
    asks_for_off = any(
        isinstance(test, FlagTest) and test.expected is False
        for condition in flag.conditions
        for test in condition.tests
    )
    return not asks_for_off and not flag.early_exit and not flag.variants
