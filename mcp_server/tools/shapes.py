"""The structured channel of the answers. Shallow on purpose: every schema is sent with every list of tools."""

from typing import Any

from pydantic import BaseModel


class Flags(BaseModel):
    """One page of flags."""

    environment: str
    flags: list[dict[str, Any]]
    total: int
    next_cursor: str | None = None
    next_step: str


class Flag(BaseModel):
    """One flag. ``definition`` is exact, as PostHog writes it."""

    environment: str
    key: str
    revision: int
    active: bool
    archived: bool
    in_words: list[str]
    conditions: list[dict[str, Any]]
    definition: dict[str, Any] | None = None
    metadata: dict[str, Any]
    portability: list[dict[str, Any]]
    open_proposals: list[dict[str, Any]]
    history: list[dict[str, Any]]
    next_step: str


class Explanation(BaseModel):
    """Why a subject gets its value. ``value`` is False, True or a variant, and absent where it cannot be told."""

    environment: str
    key: str
    distinct_id: str
    context: str
    value: bool | str | None = None
    reason: str
    condition: str | None = None
    payload: str | None = None
    sentence: str
    steps: list[str]
    comparison: dict[str, Any] | None = None
    suggestions: list[dict[str, Any]] | None = None
    trace: dict[str, Any] | None = None
    next_step: str


class Simulated(BaseModel):
    """What a change would do. Nothing was stored."""

    environment: str
    decision: str
    changed_subjects: int | None = None
    subjects: int | None = None
    flags: list[dict[str, Any]]
    findings: list[dict[str, Any]]
    traffic: dict[str, Any] | None = None
    next_step: str


class ProposalAnswer(BaseModel):
    """One proposal, its measured effect and what happens next."""

    proposal_id: str
    environment: str
    state: str
    by: str
    untrusted_reason: str
    expires_at: str
    change: list[str]
    decision: str | None = None
    changed_subjects: int | None = None
    subjects: int | None = None
    flags: list[dict[str, Any]]
    findings: list[dict[str, Any]]
    evidence: str | None = None
    expect: dict[str, Any] | None = None
    note: str | None = None
    next_step: str


class Proposals(BaseModel):
    """One page of proposals, newest first."""

    proposals: list[dict[str, Any]]
    total: int
    next_cursor: str | None = None
    next_step: str
