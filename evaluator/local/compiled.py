"""The compiled form of a feed (local profile), and what one evaluation of it carries along."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from evaluator.context import JsonValue, Mark
from evaluator.local.unknown import Truth, Unknown
from evaluator.result import Reason

Properties = Mapping[str, JsonValue | Mark]
FlagValue = bool | str


@dataclass(frozen=True, slots=True)
class Group:
    """A group that the caller named. ``properties`` None: they were not passed."""

    key: JsonValue
    properties: Properties | None


@dataclass(slots=True)
class Run:
    """What one check shares with the flags it depends on.

    ``answers`` keeps the value of every flag that was asked, None where it was unknown. ``open_cohorts`` and
    ``open_flags`` are those being evaluated, to notice circles.
    """

    ruleset: "LocalRuleset"
    now: datetime
    device_id: str | None
    answers: dict[str, FlagValue | None] = field(default_factory=dict)
    open_cohorts: set[str] = field(default_factory=set)
    open_flags: set[str] = field(default_factory=set)


@dataclass(frozen=True, slots=True)
class Scope:
    """What a filter sees: one map of properties, and the id that flags it depends on are hashed with.

    ``memberships`` remembers, by cohort, how many flags had answers when it was decided without asking for more, and
    what came out: it would come out again as long as no flag has been added.
    """

    properties: Properties
    identity: JsonValue
    run: Run
    memberships: dict[str, tuple[int, Truth]] = field(default_factory=dict)


class Filter(Protocol):
    """One filter of a condition, or one part of a cohort's tree."""

    def decide(self, scope: Scope) -> Truth:
        """Whether it matches."""
        ...

    def unsupported(self, scan: "Scan") -> bool:
        """Whether the definition alone keeps SDKs from deciding it, whatever the context. May raise Unscannable."""
        ...


class Unscannable(Exception):
    """The SDK gives up its search for what it does not support."""


@dataclass(frozen=True, slots=True)
class Scan:
    """A search for what SDKs do not support. ``seen`` holds the cohorts already looked into."""

    ruleset: "LocalRuleset"
    now: datetime
    seen: set[str] = field(default_factory=set)


@dataclass(frozen=True, slots=True)
class LocalCondition:
    """One entry of ``filters.groups``.

    ``group_index`` is set where the condition is about another group type than its flag. ``bound`` is the greatest
    hash inside the rollout, None where there is no rollout.
    """

    filters: Sequence[Filter]
    group_index: str | None
    bound: int | Unknown | None
    override: str | None


@dataclass(frozen=True, slots=True)
class LocalHoldout:
    """Who is held out before any condition, and with which value: up to the hash ``bound``; None: everybody."""

    variant: str
    bound: int | None


@dataclass(frozen=True, slots=True)
class LocalFlag:
    """One flag of the feed. Wherever a part is ``Unknown``, it is malformed, and asking for it ends the evaluation.

    ``variant_keys`` are those a condition may pin, ``variants`` lists (exclusive upper bound of the hash, key).
    """

    key: str
    active: bool
    continuity: bool = False
    group_index: str | None = None
    device_bucketing: bool = False
    enrollment: bool = False
    early_exit: bool = False
    holdout: LocalHoldout | Unknown | None = None
    variant_keys: Collection[str] | Unknown = ()
    variants: Sequence[tuple[int, str]] | Unknown = ()
    conditions: Sequence[LocalCondition | Unknown] = ()
    payloads: Mapping[str, str] = field(default_factory=dict)
    malformed: bool = False


@dataclass(frozen=True, slots=True)
class LocalRuleset:
    """A feed of definitions, ready to be evaluated as SDKs do. ``group_types`` maps an index, as text, to a name."""

    flags: Mapping[str, LocalFlag]
    cohorts: Mapping[str, Filter]
    group_types: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Decided:
    """The value of a flag and why; ``index`` is the condition's."""

    value: FlagValue
    reason: Reason
    index: int | None = None


Decision = Decided | Unknown
