"""Everything that a policy may look at when it judges one change."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from policies.impact import FlagImpact, Impact, TrafficFacts

ActorKind = Literal["agent", "person", "ci"]


@dataclass(frozen=True, slots=True)
class Edit:
    """One document that the change touches: what it was and what it becomes (PostHog JSON; None = absent)."""

    kind: Literal["flag", "cohort", "settings"]
    key: str
    before: Mapping[str, Any] | None
    after: Mapping[str, Any] | None
    approved: Mapping[str, Any] | None = None
    """What a person last approved of it; None if nobody ever did."""


@dataclass(frozen=True, slots=True)
class Case:
    """One change as the policy sees it.

    ``impact`` and ``traffic`` are None when there is no snapshot at all. ``drift`` holds, by flag key, the
    impact between the last revision that a person reviewed and the proposed one, on the same traffic; a flag
    that no person ever reviewed has none. ``retired_keys`` are flag keys once used in this environment, with
    the moment they were retired. ``dependencies`` are, by flag key, the flags it needs after the change, with
    ``"on"``, ``"off"``, ``"missing"`` or ``"cycle"``. ``towards_safe`` is true when the change only
    moves subjects to the flag's declared safe value. ``alters_nothing`` is true when no answer provably changes.
    ``try_rollout(flag, condition_id, percentage)`` replays the change with another rollout in one of its
    conditions; rules use it to compute a fix. ``dependents`` are the definitions, by key, of flags that are not
    edited but can change with the edit; scopes by tag or owner read them. ``expect`` is what the proposer declares
    that the replay will show (see ``policies.expect``).
    """

    environment: str
    sandbox: bool
    actor: ActorKind
    now: datetime
    edits: tuple[Edit, ...]
    impact: Impact | None
    traffic: TrafficFacts | None
    drift: Mapping[str, FlagImpact] = field(default_factory=dict)
    retired_keys: Mapping[str, datetime] = field(default_factory=dict)
    dependencies: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    towards_safe: bool = False
    alters_nothing: bool = False
    try_rollout: Callable[[str, str, float], Impact] | None = None
    dependents: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    expect: Mapping[str, Any] | None = None
