"""What could be otherwise about a subject, as far as the definitions ask about it."""

from collections.abc import Iterator, Sequence
from typing import Final

from evaluator.check import DEVICE_ID, DISTINCT_ID, GROUP_KEY, Check
from evaluator.compiled import CompiledCondition, CompiledFlag, PropertyTest, Test, leaves
from evaluator.context import MISSING, REDACTED, JsonValue, Mark
from evaluator.diff.values import fingerprint
from evaluator.explaining.alternatives import SubjectChange
from evaluator.explaining.setting import Setting
from evaluator.explaining.witnesses import witnesses
from evaluator.program import enrollment_property

MOST_VALUES: Final = 100
"""Values of one property that are tried."""

Owner = str | None
"""A group type, or None for the person."""

Candidate = tuple[JsonValue | Mark, bool]
"""A value, and whether it stands for many others that would do as well."""


def subject_changes(setting: Setting, wanted: bool | str) -> Iterator[list[SubjectChange]]:
    """For each property, group and listed cohort, the changes to try in order; the first that works is enough."""
    check = Check(setting.context, setting.now, setting.facts)
    asked: dict[tuple[Owner, str], list[PropertyTest]] = {}
    for test in _tests(setting):
        if isinstance(test, PropertyTest) and (test.group_index is None or test.source is not None):
            asked.setdefault((test.source, test.property), []).append(test)
    for (owner, name), tests in asked.items():
        if (owner, name) == (None, DISTINCT_ID):
            continue
        values = _values(tests, setting)
        if owner is None:
            yield _of_person(name, check, values)
        elif name == GROUP_KEY:
            yield [_group(owner, check, value) for value, _ in values if isinstance(value, str) and value]
        elif check.group_key(owner) not in (MISSING, REDACTED):
            yield _of_group(owner, name, check, values)
    yield from _own(setting, check, wanted)
    yield from _memberships(setting, check)


def _values(tests: list[PropertyTest], setting: Setting) -> list[Candidate]:
    """What the filters mention, what one of them lets in first, and last that there is no value at all."""
    found: dict[str, tuple[JsonValue | Mark, bool]] = {}
    later: dict[str, tuple[JsonValue | Mark, bool]] = {}
    for test in tests:
        mentioned = (test.filter.get("operator") or "exact") in ("exact", "is_not")
        for value in witnesses(test.filter, setting.now):
            admitted = test.predicate(value, setting.now) is not test.negated
            (found if admitted else later).setdefault(fingerprint(value), (value, not mentioned))
    candidates = [*found.values(), *(told for mark, told in later.items() if mark not in found)]
    return [*candidates[:MOST_VALUES], (MISSING, False)]


def _of_person(name: str, check: Check, values: list[Candidate]) -> list[SubjectChange]:
    before = check.person_property(name)
    return [SubjectChange("property", name, before, value, any_value=free) for value, free in values]


def _of_group(owner: str, name: str, check: Check, values: list[Candidate]) -> list[SubjectChange]:
    before = check.group_property(owner, name)
    return [SubjectChange("group_property", name, before, value, owner, any_value=free) for value, free in values]


def _group(group_type: str, check: Check, key: JsonValue, *, any_value: bool = False) -> SubjectChange:
    return SubjectChange("group", group_type, check.group_key(group_type), key, any_value=any_value)


def _own(setting: Setting, check: Check, wanted: bool | str) -> Iterator[list[SubjectChange]]:
    """What flags ask about without a filter: early access, and the group or device that a condition is about."""
    for key, flag in setting.ruleset.flags.items():
        if flag.enrollment:
            yield _of_person(enrollment_property(key), check, [(True, False), (False, False), (MISSING, False)])
        any_variant = key == setting.key and not isinstance(wanted, str)
        types = {condition.group_type for condition in flag.conditions} - {None}
        for group_type in sorted(filter(None, types)):
            own = [condition for condition in flag.conditions if condition.group_type == group_type]
            if check.group_key(group_type) is MISSING and _all_alike(flag, own, any_variant=any_variant):
                yield [_group(group_type, check, f"some-{group_type}", any_value=True)]
        own = [condition for condition in flag.conditions if condition.aggregation is None]
        lacks = flag.device_bucketing and own and check.device_id() is MISSING
        if lacks and _all_alike(flag, own, any_variant=any_variant):
            yield [SubjectChange("device", DEVICE_ID, MISSING, "some-device", any_value=True)]


def _all_alike(flag: CompiledFlag, conditions: Sequence[CompiledCondition], *, any_variant: bool) -> bool:
    """Whether it makes no difference which id these conditions hash."""
    assigned = bool(flag.variants) and any(condition.override is None for condition in conditions)
    return all(condition.rollout_bound is None for condition in conditions) and (any_variant or not assigned)


def _memberships(setting: Setting, check: Check) -> Iterator[list[SubjectChange]]:
    for cohort_id, cohort in setting.ruleset.cohorts.items():
        if cohort.tree is None:
            inside = check.is_member(cohort_id)
            yield [SubjectChange("membership", cohort_id, inside, not inside)]


def _tests(setting: Setting) -> Iterator[Test]:
    """All filters that may be asked, those of the flag itself first."""
    flags = setting.ruleset.flags
    keys = sorted(flags, key=lambda key: key != setting.key)
    for key in keys:
        for condition in flags[key].conditions:
            yield from condition.tests
    for cohort in setting.ruleset.cohorts.values():
        yield from leaves(cohort.tree)
