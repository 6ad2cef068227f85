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
    """One flag."""

    environment: str
    key: str
    revision: int
    active: bool
    in_words: list[str]
    conditions: list[dict[str, Any]]
    definition: dict[str, Any]
    metadata: dict[str, Any]
    open_proposals: list[dict[str, Any]]
    history: list[dict[str, Any]]
    next_step: str


class Explained(BaseModel):
    """Why a subject gets its value."""

    environment: str
    key: str
    distinct_id: str
    context: str
    sentence: str
    trace: dict[str, Any]
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
    change: list[str]
    decision: str | None = None
    changed_subjects: int | None = None
    subjects: int | None = None
    flags: list[dict[str, Any]]
    findings: list[dict[str, Any]]
    evidence: str | None = None
    note: str = ""
    next_step: str


class Proposals(BaseModel):
    """One page of proposals, newest first."""

    proposals: list[dict[str, Any]]
    total: int
    next_cursor: str | None = None
    next_step: str
