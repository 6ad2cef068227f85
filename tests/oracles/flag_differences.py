"""Which rows of the table in docs/semantics.md explain that server and SDK answer one check differently.

Walks everything that the flag asks, in both profiles, and names a row wherever they part. The local profile stands for
the SDK here: another test proves them equal.
"""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from evaluator import Definitions, compile_definitions, evaluate
from evaluator.ask import matches_flag
from evaluator.check import Check
from evaluator.compile_filter import Reading, compile_cohort_filter
from evaluator.compiled import CompiledFlag, FlagTest, PropertyTest
from evaluator.context import MISSING, Context, JsonValue, Mark
from evaluator.hashing import group_key_text
from evaluator.local import compile_local
from evaluator.local.compiled import Filter as LocalFilter
from evaluator.local.compiled import Properties, Run, Scope
from evaluator.local.evaluate import prepare
from evaluator.local.filters import compile_filter
from evaluator.local.unknown import Truth, Unknown
from evaluator.matching import compile_predicate
from tests.oracles.filter_differences import Answer, property_row
from tests.oracles.random_definitions import Feed
from tests.oracles.random_values import Filter

Row = int | None
"""None: the two part here, and no row says why."""

_BY_ERROR: Final = {
    "flag_data_parsing_error": 44,
    "cohort_filters_parsing_error": 59,
    "dependency_not_found_cohort": 34,
    "dependency_cycle_cohort": 34,
}
_DATES: Final = ("is_date_before", "is_date_after")


class Project:
    """One feed, in both profiles."""

    def __init__(self, feed: Feed) -> None:
        definitions = Definitions.from_posthog(feed)
        self.ruleset = compile_definitions(definitions)
        self.local = compile_local(feed)
        self.facts = definitions.facts()
        self.timezone = ZoneInfo(definitions.timezone)
        self.reading = Reading(definitions.matching_version, self.timezone, definitions.group_types)
        self.legacy = {flag["key"] for flag in feed["flags"] if _is_legacy(flag["filters"])}


class Investigation:
    """One subject and one moment in a project."""

    def __init__(self, project: Project, context: Context, now: datetime) -> None:
        self.project = project
        self.context = context
        self.prepared = prepare(context)
        self.now = now
        self.check = Check(context, now, project.facts)

    def rows(self, key: str) -> set[Row]:
        """All rows that bear on the flag for this subject."""
        flag = self.project.ruleset.flags[key]
        if flag.error is not None:
            return {_error_row(flag)}
        if flag.missing_dependency:
            return {36}
        return {*self._identity_rows(flag), *self._condition_rows(flag)}

    def _identity_rows(self, flag: CompiledFlag) -> Iterator[Row]:
        filters = flag.definition.get("filters") or {}
        if flag.continuity:
            yield 5
        if flag.key in self.project.legacy:
            yield 41
        if "bucketing_identifier" in filters:
            yield 54
        if any(not key for _, key in flag.variants):
            yield 58
        if flag.definition.get("has_encrypted_payloads") is True:
            yield 61
        if flag.device_bucketing and not self.context.device_id:
            yield 6
        if flag.enrollment and (
            flag.aggregation is not None or self._asked(f"$feature_enrollment/{flag.key}") is MISSING
        ):
            yield 7
        if not self.context.distinct_id:
            yield 2
        if len(self.context.distinct_id) > 200:
            yield 3
        if flag.aggregation is not None and flag.group_type not in self.context.groups:
            yield 51
        for aggregation in {flag.aggregation, *(condition.aggregation for condition in flag.conditions)}:
            name = self.project.reading.group_types.get(-1 if aggregation is None else aggregation)
            if name in self.context.groups and not group_key_text(self.context.groups[name]):
                yield 10

    def _asked(self, name: str) -> JsonValue | Mark:
        return self.context.properties.get(name, MISSING)

    def _condition_rows(self, flag: CompiledFlag) -> Iterator[Row]:
        local_flag = self.project.local.flags[flag.key]
        for condition, local in zip(flag.conditions, local_flag.conditions, strict=True):
            if condition.aggregation is None and flag.aggregation is not None:
                yield 53
            index = local.group_index or local_flag.group_index
            name = self.project.local.group_types.get(index or "")
            if index is not None and name not in self.context.groups:
                continue
            properties = self.prepared.properties if index is None else self.prepared.group_properties[str(name)]
            owner = flag.group_type if local_flag.group_index is not None else None
            identity = self.context.distinct_id if owner is None else self.context.groups.get(owner)
            scope = Scope(properties, identity, Run(self.project.local, self.now, self.context.device_id))
            entries = flag.definition["filters"]["groups"][condition.index].get("properties") or ()
            for entry, test, local_filter in zip(entries, condition.tests, local.filters, strict=True):
                yield from self._filter_rows(entry, test, local_filter, scope, plain=index is None)

    def _filter_rows(
        self, entry: Filter, test: Any, local_filter: LocalFilter, scope: Scope, *, plain: bool
    ) -> Iterator[Row]:
        if entry.get("type") == "cohort":
            yield from self._cohort_rows(entry, scope) if plain else [9]
        elif isinstance(test, FlagTest):
            yield from self._dependency_rows(test, local_filter.decide(scope), plain=plain)
        elif isinstance(test, PropertyTest):
            group = test.group_index is not None
            found = self.check.group_property(str(test.source), test.property) if group else self._person(test.property)
            server = (
                test.source is not None and test.predicate(found, self.now)
                if group
                else test.predicate(found, self.now)
            )
            yield from self._property_rows(entry, found, server, local_filter.decide(scope), scope.properties)
        elif local_filter.decide(scope) is not False:
            yield 56 if entry.get("type") == "person_metadata" else 8

    def _person(self, name: str) -> JsonValue | Mark:
        return self.check.person_property(name)

    def _property_rows(
        self, entry: Filter, found: JsonValue | Mark, server: bool, sdk: Truth, properties: Properties
    ) -> Iterator[Row]:
        if sdk is server:
            return
        locally = properties.get(entry["key"], MISSING)
        if locally is not found:
            special = {"$group_key": 11, "distinct_id": 3 if len(self.context.distinct_id) > 200 else 8}
            yield special.get(entry["key"], 8)
        elif self._hangs_on_the_time_zone(entry, found, server):
            yield 15
        else:
            yield property_row(entry, found, _answer(sdk), server)

    def _hangs_on_the_time_zone(self, entry: Filter, found: JsonValue | Mark, server: bool) -> bool:
        if entry.get("operator") not in _DATES or self.project.timezone.key == "UTC":
            return False
        in_utc = compile_predicate(entry, matching_version=self.project.reading.matching_version, timezone=UTC)
        return in_utc.predicate(found, self.now) is not server

    def _dependency_rows(self, test: FlagTest, sdk: Truth, *, plain: bool) -> Iterator[Row]:
        target = self.project.ruleset.flags[test.flag]
        result = evaluate(self.project.ruleset, test.flag, self.context, now=self.now, facts=self.check.facts)
        if sdk is matches_flag(result, test.expected):
            return
        rows = self.rows(test.flag) if target.served else set()
        grouped = target.aggregation is not None or any(c.aggregation is not None for c in target.conditions)
        if grouped or not plain:
            rows.add(35)
        yield from rows or ({36} if isinstance(sdk, Unknown) else {None})

    def _cohort_rows(self, entry: Filter, scope: Scope) -> Iterator[Row]:
        operator = entry.get("operator") or "in"
        if operator not in ("in", "not_in", "exact"):
            yield 30
        elif entry["value"] == 7:
            yield 33
        else:
            yield from self._tree_rows(self.project.ruleset.definitions.cohorts[str(entry["value"])], scope)

    def _tree_rows(self, tree: Mapping[str, Any], scope: Scope) -> Iterator[Row]:
        if not tree.get("values"):
            yield 31
        for entry in tree.get("values") or ():
            if "values" in entry or entry == {}:
                yield from self._tree_rows(entry, scope)
            elif entry.get("type") == "cohort":
                yield from self._cohort_rows(entry, scope)
            else:
                yield from self._leaf_rows(entry, scope)

    def _leaf_rows(self, entry: Filter, scope: Scope) -> Iterator[Row]:
        explicit = self.project.reading.matching_version == 2
        sdk = compile_filter(entry, explicit_equality=explicit).decide(scope)
        test = compile_cohort_filter(entry, self.project.reading, "")
        assert isinstance(test, PropertyTest)
        found = self._person(test.property)
        for row in self._property_rows(entry, found, test.predicate(found, self.now), sdk, scope.properties):
            yield row
            if isinstance(sdk, Unknown) and entry.get("negation"):
                yield 32


def _error_row(flag: CompiledFlag) -> Row:
    filters = flag.definition.get("filters")
    if isinstance(filters, Mapping) and "rules" in filters:
        return 55
    if flag.error == "cohort_filters_parsing_error" and any(
        _names_cohort_by_text(entry) for entry in _entries(filters)
    ):
        return 57
    return _BY_ERROR[str(flag.error)]


def _is_legacy(filters: Any) -> bool:
    return isinstance(filters, Mapping) and not filters.keys().isdisjoint(("super_groups", "holdout_groups"))


def _names_cohort_by_text(entry: Any) -> bool:
    return isinstance(entry, Mapping) and entry.get("type") == "cohort" and type(entry.get("value")) is not int


def _entries(filters: Any) -> Iterator[Any]:
    for condition in filters["groups"]:
        yield from condition.get("properties") or ()


def _answer(truth: Truth) -> Answer:
    return truth.cause.value if isinstance(truth, Unknown) else truth
