"""When traffic counts as evidence at all. Shared by the ``cov.*`` rules."""

from collections.abc import Callable

from policies.case import Case
from policies.impact import Impact, TrafficFacts
from policies.rules.measure import RECORD, empty_snapshot, no_snapshot
from policies.rules.rule import Remark
from policies.verdict import Fix, State


def insufficient(message: str, *, observed: str, limit: str, flag: str | None = None, fix: Fix = RECORD) -> Remark:
    """A remark that the evidence does not suffice."""
    return Remark(State.INSUFFICIENT_EVIDENCE, message, observed, limit, flag, fix)


def is_play(case: Case) -> bool:
    """Whether this is generated traffic in a sandbox, where it stands in for the recorded kind."""
    return case.sandbox and case.traffic is not None and case.traffic.provenance == "synthetic"


def is_statistical(case: Case) -> bool:
    """Whether distinct ids were hashed when the traffic was recorded: shares are known, identities are not."""
    return case.traffic is not None and case.traffic.mode == "statistical"


def with_evidence(case: Case, look: Callable[[TrafficFacts, Impact], Remark | list[Remark]]) -> list[Remark]:
    """What ``look`` says; insufficient evidence where there is no traffic, nobody in it, or where it is made up."""
    if case.traffic is None or case.impact is None:
        return [no_snapshot()]
    if case.impact.subjects <= 0:
        return [empty_snapshot()]
    if case.traffic.provenance == "synthetic" and not case.sandbox:
        return [synthetic(case)]
    remarks = look(case.traffic, case.impact)
    return remarks if isinstance(remarks, list) else [remarks]


def synthetic(case: Case) -> Remark:
    """The remark about generated traffic where it proves nothing."""
    message = f"The traffic was generated, which proves nothing about {case.environment}: it is not a sandbox."
    return insufficient(message, observed="synthetic", limit="recorded traffic")
