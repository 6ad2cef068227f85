"""What flags refer to, and who refers to them."""

from collections.abc import Iterable
from dataclasses import dataclass

from evaluator.check import DEVICE_ID
from evaluator.compiled import CompiledFlag, PropertyTest, leaves
from evaluator.graph import inverse, reachable
from evaluator.program import enrollment_property
from evaluator.ruleset import Ruleset


@dataclass(frozen=True, slots=True)
class Needs:
    """What answering some flags takes. All names are sorted.

    ``flags`` are the flags that they depend on, directly or not; ``cohorts`` all that they ask for, cohorts within
    cohorts included. Both name what does not exist, too. ``memberships`` are those of the cohorts whose members the
    facts must list. ``properties`` are the person's; ``group_properties`` are pairs of group type and property.
    """

    flags: tuple[str, ...]
    cohorts: tuple[str, ...]
    memberships: tuple[str, ...]
    properties: tuple[str, ...]
    group_types: tuple[str, ...]
    group_properties: tuple[tuple[str, str], ...]


def needs(ruleset: Ruleset, keys: Iterable[str] | None = None) -> Needs:
    """What the flags of these keys refer to, directly or through others; None asks for all flags."""
    start = list(ruleset.flags if keys is None else keys)
    further = reachable(start, {key: flag.dependencies for key, flag in ruleset.flags.items()})
    flags = [ruleset.flags[key] for key in dict.fromkeys((*start, *further)) if key in ruleset.flags]
    named = list(dict.fromkeys(cohort_id for flag in flags for cohort_id in flag.cohorts))
    cohorts = {*named, *reachable(named, ruleset.cohort_references)}
    trees = {cohort_id: ruleset.cohorts[cohort_id].tree for cohort_id in cohorts if cohort_id in ruleset.cohorts}
    tests = [
        *(test for flag in flags for condition in flag.conditions for test in condition.tests),
        *(test for tree in trees.values() for test in leaves(tree)),
    ]
    asked = [test for test in tests if isinstance(test, PropertyTest)]
    hashed = {condition.group_type for flag in flags for condition in flag.conditions} | {f.group_type for f in flags}
    return Needs(
        flags=tuple(sorted(further)),
        cohorts=tuple(sorted(cohorts)),
        memberships=tuple(sorted(cohort_id for cohort_id, tree in trees.items() if tree is None)),
        properties=tuple(sorted({test.property for test in asked if test.group_index is None} | _own(flags))),
        group_types=tuple(sorted(name for name in {test.source for test in asked} | hashed if name is not None)),
        group_properties=tuple(sorted({(test.source, test.property) for test in asked if test.source is not None})),
    )


def dependents(ruleset: Ruleset, keys: Iterable[str] = (), cohorts: Iterable[str] = ()) -> tuple[str, ...]:
    """Other flags whose answer may change when these flags or cohorts do, directly or through others; sorted.

    Names that do not exist (yet) are fine. The given flags themselves are not listed.
    """
    named = set(keys)
    using_cohorts = inverse(ruleset.cohort_references)
    start = list(cohorts)
    touched = {*start, *reachable(start, using_cohorts)}
    by_cohort = {key for key, flag in ruleset.flags.items() if flag.served and not touched.isdisjoint(flag.cohorts)}
    using_flags = inverse({key: flag.dependencies for key, flag in ruleset.flags.items() if flag.served})
    return tuple(sorted({*by_cohort, *reachable([*named, *by_cohort], using_flags)} - named))


def _own(flags: Iterable[CompiledFlag]) -> set[str]:
    """Properties that flags read themselves, without a filter."""
    enrolling = {enrollment_property(flag.key) for flag in flags if flag.enrollment}
    return enrolling | {DEVICE_ID for flag in flags if flag.device_bucketing}
