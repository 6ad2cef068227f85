"""The decision about a change, and the findings it rests on."""

from enum import StrEnum
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict


class Decision(StrEnum):
    """The verdict's decision; the strictest failed level wins."""

    ALLOW = "allow"
    REVIEW = "review"
    DENY = "deny"


class Level(StrEnum):
    """What a failed rule means: ``block`` denies, ``approve`` needs a person, ``warn`` and ``audit`` only tell."""

    BLOCK = "block"
    APPROVE = "approve"
    WARN = "warn"
    AUDIT = "audit"


class State(StrEnum):
    """What became of a rule. ``INSUFFICIENT_EVIDENCE`` and ``ERROR`` count as failed at the rule's level."""

    PASS = "pass"
    FAIL = "fail"
    NOT_APPLICABLE = "not_applicable"
    EXCEPTED = "excepted"
    INSUFFICIENT_EVIDENCE = "insufficient_evidence"
    ERROR = "error"


FAILED_STATES = frozenset({State.FAIL, State.INSUFFICIENT_EVIDENCE, State.ERROR})


class Judged(BaseModel):
    """Base of everything that a policy returns."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Fix(Judged):
    """What would make the rule pass. ``path`` and ``value`` are set where a number or a field is enough."""

    kind: Literal["set", "remove", "wait", "record", "ask", "split"]
    text: str
    path: str | None = None
    value: Any = None


class Finding(Judged):
    """One rule's remark. ``observed`` and ``limit`` are text with units, ready to be shown.

    ``message`` is complete by itself: it ends with the fix. ``flag`` is None for a remark about the change as a
    whole. ``scope`` names the scoped entry of the policy that the remark comes from (``tag:billing``); empty for an
    unscoped one.
    """

    rule: str
    level: Level
    state: State
    observed: str
    limit: str
    message: str
    flag: str | None = None
    scope: str = ""
    fix: Fix | None = None

    @property
    def failed(self) -> bool:
        """Whether the finding counts against the change."""
        return self.state in FAILED_STATES


class Verdict(Judged):
    """The decision and every finding, failed ones first."""

    decision: Decision
    findings: tuple[Finding, ...]
    policy: str
    """Name of the policy that judged (``standard``)."""
    policy_digest: str
