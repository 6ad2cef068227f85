"""The compiled form of a ruleset (server profile): what evaluation, explanation and replay all read.

One node type per kind of question, so that the scalar evaluator, the explanation and the columnar replay walk the
same tree and ask the same predicates.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from evaluator.context import JsonValue, Mark
from evaluator.text_test import Remembered, TextTest

Predicate = Callable[[JsonValue | Mark, datetime], bool]
"""Tests one property value at one moment. Takes ``MISSING`` like a value; is never asked about ``REDACTED``,
for which the caller says undetermined. Never raises."""

ANY_MOMENT: Final = datetime(2000, 1, 1, tzinfo=UTC)
"""For predicates that say the same at every moment."""


@dataclass(frozen=True, slots=True, eq=False)
class PropertyTest:
    """A filter on a property of the person (``group_index`` None) or of a group.

    ``source`` is the group type's name where ``group_index`` is mapped, else None: such a filter never matches.
    ``uses_now`` is true where the answer can depend on the moment. ``negated`` (cohort leaves only) inverts the
    predicate's answer. ``text`` and ``remembered`` say the same of texts, faster.

    Two properties exist without being passed: the person's ``distinct_id`` is the subject's id unless
    ``Context.properties`` has one, and a group's ``$group_key`` is the key in ``Context.groups``, always. A group
    without a usable key has no properties, whatever ``Context.group_properties`` says.
    """

    property: str
    group_index: int | None
    source: str | None
    predicate: Predicate
    uses_now: bool
    negated: bool
    filter: Mapping[str, Any]
    text: TextTest | None = None
    remembered: Remembered | None = None


@dataclass(frozen=True, slots=True, eq=False)
class CohortTest:
    """Membership in a cohort (``negated``: in none)."""

    cohort_id: str
    negated: bool
    filter: Mapping[str, Any]


@dataclass(frozen=True, slots=True, eq=False)
class FlagTest:
    """``flag_evaluates_to``: True matches anything but off, False exactly off, text exactly that variant."""

    flag: str
    expected: bool | str
    filter: Mapping[str, Any]


@dataclass(frozen=True, slots=True, eq=False)
class Never:
    """A filter that can never match (it is malformed in a way that PostHog's server treats as no match)."""

    why: str
    filter: Mapping[str, Any]
    negated: bool = False


Test = PropertyTest | CohortTest | FlagTest | Never


@dataclass(frozen=True, slots=True, eq=False)
class All:
    """Every part matches; true when there is none."""

    parts: Sequence["Node"]


@dataclass(frozen=True, slots=True, eq=False)
class AnyOf:
    """At least one part matches; false when there is none."""

    parts: Sequence["Node"]


Node = All | AnyOf | PropertyTest | CohortTest | Never


def leaves(node: Node | None) -> Iterator[PropertyTest | CohortTest | Never]:
    """The filters of a cohort's tree in their order; none where there is no tree."""
    match node:
        case All() | AnyOf():
            for part in node.parts:
                yield from leaves(part)
        case PropertyTest() | CohortTest() | Never():
            yield node


@dataclass(frozen=True, slots=True, eq=False)
class CompiledCohort:
    """A cohort. ``tree`` None: membership comes from the facts (static)."""

    id: str
    name: str
    tree: Node | None


@dataclass(frozen=True, slots=True, eq=False)
class CompiledCondition:
    """One entry of ``filters.groups``.

    ``aggregation`` is the group type index whose key is hashed (None: the person), ``group_type`` its name. A subject
    is in the rollout if its 60-bit rollout hash is at most ``rollout_bound``; None means everybody, without hashing.
    ``override`` is an existing variant that the condition pins.
    """

    id: str | None
    index: int
    aggregation: int | None
    group_type: str | None
    tests: Sequence[Test]
    percentage: float
    rollout_bound: int | None
    override: str | None


@dataclass(frozen=True, slots=True, eq=False)
class Holdout:
    """Subjects whose ``holdout-`` hash is at most ``bound`` (None: everybody) get ``variant`` before any condition."""

    variant: str
    percentage: float
    bound: int | None


@dataclass(frozen=True, slots=True, eq=False)
class CompiledFlag:
    """One flag, ready to be evaluated.

    ``variants`` lists (exclusive upper bound of the 60-bit variant hash, key) in order; a hash beyond the last has no
    variant. ``error`` is set where every evaluation fails (quarantined, missing cohort, ...), ``missing_dependency``
    where a flag it needs is missing or the dependencies form a cycle. ``dependencies`` are the flags it asks
    directly. ``served`` is false for flags that are absent from answers (inactive, deleted); dependents see them as
    off. They also see a flag as off if ``off_for_dependents``, although its own evaluation fails; a flag with any
    other ``error`` has no value, so that no test on it matches.
    """

    key: str
    definition: Mapping[str, Any]
    served: bool
    conditions: Sequence[CompiledCondition]
    variants: Sequence[tuple[int, str]]
    payloads: Mapping[str, str]
    aggregation: int | None
    group_type: str | None
    device_bucketing: bool
    continuity: bool
    enrollment: bool
    early_exit: bool
    holdout: Holdout | None
    dependencies: Sequence[str]
    cohorts: Sequence[str]
    missing_dependency: bool
    error: str | None
    off_for_dependents: bool = False
