"""Predicts what posthog-node 5.70.0 decides, given its own answers to single filters.

This is the table of docs/semantics.md in code: how that SDK walks a flag, its conditions, cohorts and dependencies. A
place where it leaves the way of the Python SDK is noted under the number of its row.
"""

import hashlib
import math
import re
from typing import Any, Final

from evaluator.context import MISSING, Context
from evaluator.local.cohorts import COHORT_OPERATORS
from evaluator.local.compiled import LocalFlag, LocalRuleset, Run
from evaluator.local.filters import compile_filter
from evaluator.local.trees import compile_cohort
from evaluator.local.unknown import Unknown
from tests.oracles.node_definitions import Matcher, NodeDefinitions, Properties
from tests.oracles.node_outcomes import (
    NeedsServer,
    Stumble,
    Undecided,
    arithmetic_value,
    filters_of,
    graver,
    iterated,
    javascript_text,
)
from tests.oracles.posthog_node import DEVICE, person_properties
from tests.oracles.random_definitions import Feed
from tests.oracles.random_values import Filter

Value = bool | str

_SCALE: Final = float(0xFFFFFFFFFFFFFFF)
_SURROGATE: Final = re.compile("[\ud800-\udfff]")


class NodePrediction(NodeDefinitions):
    """One flag asked by one subject. ``rows`` are the rows that it met; None among them: a difference without a row."""

    def __init__(self, feed: Feed, local: LocalRuleset, context: Context, run: Run, matcher: Matcher) -> None:
        super().__init__(feed, local, run, matcher)
        self._distinct_id = context.distinct_id
        self._person = {"distinct_id": context.distinct_id, **person_properties(context)}
        self._groups = context.groups
        self._group_properties = {
            name: {"$group_key": key, **context.group_properties.get(name, {})} for name, key in context.groups.items()
        }
        self._answers: dict[str, Value] = {}
        self._unanswered: set[str] = set()

    def answer(self, key: str) -> tuple[Value | None, str | None]:
        """The value, or the reason for none; neither where the SDK stumbles or is not asked at all."""
        if not self._distinct_id:
            self.rows.add("N17")
            return None, None
        try:
            return self._value(self._flags[key]), None
        except (Undecided, NeedsServer) as unknown:
            return None, unknown.reason
        except Stumble:
            return None, None

    # A flag

    def _value(self, flag: Feed) -> Value:
        if not flag["active"]:
            return False
        if flag.get("ensure_experience_continuity"):
            raise Undecided("experience_continuity")
        local = self._local.flags[flag["key"]]
        self._note_flag(flag, local)
        index = filters_of(flag).get("aggregation_group_type_index")
        if index is None:
            return self._decide(flag, self._bucket(flag), self._person)
        name = self._feed["group_type_mapping"].get(str(index))
        if not name:
            raise Undecided
        if name not in self._groups:
            return False
        if local.device_bucketing and self._groups[name] is None:
            self.rows.add("N22")
        return self._decide(flag, self._groups[name], self._group_properties[name])

    def _note_flag(self, flag: Feed, local: LocalFlag) -> None:
        if local.device_bucketing is not (flag.get("bucketing_identifier") == "device_id"):
            self.rows.add("N21")
        if local.enrollment:
            self.rows.add("N24")
        parts: list[object] = [local.holdout, local.variant_keys, local.variants, *local.conditions]
        parts += [condition.bound for condition in local.conditions if not isinstance(condition, Unknown)]
        if local.malformed or any(isinstance(part, Unknown) for part in parts):
            self.rows.add("N30")

    def _bucket(self, flag: Feed) -> Any:
        if flag.get("bucketing_identifier") != "device_id":
            return self._distinct_id
        if not self._person.get(DEVICE):
            raise Undecided(self._definition_reason(flag) or "missing_context")
        if self._person[DEVICE] != self._run.device_id:
            self.rows.add("N20")
        return self._person[DEVICE]

    def _decide(self, flag: Feed, bucket: Any, properties: Properties) -> Value:
        filters = filters_of(flag)
        held_out = self._holdout(filters.get("holdout"), bucket)
        if held_out is not None:
            return held_out
        reason: str | None = None
        deferred: set[Value] = set()
        for condition in iterated(filters.get("groups")):
            target = self._target(filters, condition, bucket, properties)
            if target is None:
                continue
            hashed, seen = target
            try:
                outcome = self._condition(flag, condition, hashed, seen)
            except NeedsServer as unknown:
                raise NeedsServer(self._graver_by_definition(reason, unknown.reason, flag)) from unknown
            except Undecided as unknown:
                reason = graver(reason, unknown.reason)
                if unknown.regex:
                    deferred.add(self._value_if_matched(flag, condition, hashed))
                continue
            if outcome == "match":
                value = self._variant_of(flag, condition, hashed)
                if deferred <= {value}:
                    return value
                self.rows.add("N23")
                break
            if filters.get("early_exit") and outcome == "out of rollout":
                break
        if reason is not None:
            raise Undecided(reason, regex=bool(deferred))
        return False

    def _target(
        self, filters: Feed, condition: Any, bucket: Any, properties: Properties
    ) -> tuple[Any, Properties] | None:
        """Whom the condition hashes and whose properties it reads; None if it is about a group that was not named."""
        if condition is None:
            raise Stumble
        flag_index = filters.get("aggregation_group_type_index")
        index = condition.get("aggregation_group_type_index", flag_index)
        if index is None or index == flag_index:
            return bucket, properties
        name = self._feed["group_type_mapping"].get(str(index))
        return (self._groups[name], self._group_properties[name]) if name in self._groups else None

    def _value_if_matched(self, flag: Feed, condition: Feed, bucket: Any) -> Value:
        """What a condition would decide whose pattern is left to the server."""
        rollout = condition.get("rollout_percentage")
        if filters_of(flag).get("early_exit") and rollout is not None and self._beyond(flag["key"], bucket, rollout):
            return False
        return self._variant_of(flag, condition, bucket)

    def _holdout(self, holdout: Any, bucket: Any) -> str | None:
        if not isinstance(holdout, dict) or holdout.get("id") is None or holdout.get("exclusion_percentage") is None:
            return None
        percentage = arithmetic_value(holdout["exclusion_percentage"])
        if not math.isfinite(percentage):
            return None
        percentage = min(max(percentage, 0), 100)
        if percentage != 100 and self._hash("holdout", bucket, separator="-") > percentage / 100:
            return None
        return f"holdout-{holdout['id']}"

    def _variant_of(self, flag: Feed, condition: Feed, bucket: Any) -> Value:
        variants = iterated((filters_of(flag).get("multivariate") or {}).get("variants"))
        pinned = condition.get("variant")
        if pinned and any(variant.get("key") == pinned for variant in variants):
            return str(pinned)
        place = self._hash(flag["key"], bucket, salt="variant")
        lower = 0.0
        for variant in variants:
            upper = lower + arithmetic_value(variant.get("rollout_percentage", math.nan)) / 100
            if lower <= place < upper:
                return variant.get("key") or True
            lower = upper
        return True

    def _beyond(self, key: str, bucket: Any, rollout: Any) -> bool:
        return self._hash(key, bucket) > arithmetic_value(rollout) / 100

    def _hash(self, key: str, bucket: Any, *, salt: str = "", separator: str = ".") -> float:
        text = javascript_text(bucket)
        if text != str(bucket):
            self.rows.add("N19")
        if _SURROGATE.search(text):
            self.rows.add("N18")
            text = _SURROGATE.sub("\ufffd", text)
        return int(hashlib.sha1(f"{key}{separator}{text}{salt}".encode()).hexdigest()[:15], 16) / _SCALE

    # A condition

    def _condition(self, flag: Feed, condition: Feed, bucket: Any, properties: Properties) -> str:
        reason: str | None = None
        regex = False
        server: NeedsServer | None = None
        for entry in condition.get("properties") or []:
            if entry is None:
                raise Stumble
            try:
                if not self._matches(entry, properties):
                    return "no match"
            except NeedsServer as unknown:
                server = server or (unknown if reason is None else None)
                reason = graver(reason, unknown.reason)
            except Undecided as unknown:
                regex |= unknown.regex
                reason = graver(reason, unknown.reason)
            except Stumble:
                if reason is None:
                    raise
                break
        if server is not None:
            raise server
        if reason is not None:
            raise Undecided(reason, regex=regex)
        rollout = condition.get("rollout_percentage")
        beyond = rollout is not None and self._beyond(flag["key"], bucket, rollout)
        return "out of rollout" if beyond else "match"

    def _matches(self, entry: Filter, properties: Properties) -> bool:
        if entry.get("type") == "cohort":
            return self._cohort(entry, properties)
        if entry.get("type") == "flag":
            if properties is not self._person:
                self.rows.add("N25")
            return self._dependency(entry)
        return self._property(entry, properties)

    def _property(self, entry: Any, properties: Properties) -> bool:
        node = self._matcher(entry, properties)
        known = entry if isinstance(entry, dict) else {}
        truth = compile_filter(entry, explicit_equality=self._explicit).decide(self._scope(properties))
        python = truth.cause.value if isinstance(truth, Unknown) else truth
        self._note_filter(known, properties.get(javascript_text(known.get("key")), MISSING), python, node)
        if isinstance(node, bool):
            return node
        if node is None:
            raise Stumble
        raise Undecided("unsupported_definition" if node == "regex" else node, regex=node == "regex")

    # Cohorts

    def _cohort(self, entry: Filter, properties: Properties) -> bool:
        identity = javascript_text(entry.get("value"))
        if identity != str(entry.get("value")):
            self.rows.add("N38")
        if identity not in self._feed["cohorts"]:
            raise NeedsServer
        if (entry.get("operator") or "exact") not in COHORT_OPERATORS:
            self.rows.add("N33")
        return self._tree(self._feed["cohorts"][identity], properties) is not (entry.get("operator") == "not_in")

    def _tree(self, tree: Any, properties: Properties) -> bool:
        if not tree:
            if tree != {}:
                self.rows.add("N36")
            return True
        kind = tree.get("type") if isinstance(tree, dict) else None
        if kind == "property":
            self.rows.add("N36")
        if kind not in ("AND", "OR", "property"):
            raise NeedsServer
        every = kind != "OR"
        entries = tree.get("values")
        if not entries:
            if entries is None:
                self.rows.add("N36")
            elif not every:
                self.rows.add("N34")
            return every
        return self._entries(tree, entries, properties, every=every)

    def _entries(self, tree: Feed, entries: list[Any], properties: Properties, *, every: bool) -> bool:
        if not isinstance(entries[0], dict):
            self.rows.add("N36")
            raise Stumble
        nested = "values" in entries[0]
        reason: str | None = None
        regex = False
        for position, entry in enumerate(entries):
            if not isinstance(entry, dict):
                self.rows.add("N36")
            elif ("values" in entry) is not nested:
                self.rows.add("N37")
            try:
                matches = self._tree(entry, properties) if nested else self._leaf(entry, properties)
            except Undecided as unknown:
                reason = graver(reason, unknown.reason)
                regex |= unknown.regex
                continue
            if matches is not every:
                if position + 1 < len(entries):
                    self._note_order(tree, properties, answer=matches)
                return matches
        if reason is not None:
            raise Undecided(reason, regex=regex)
        return every

    def _leaf(self, entry: Any, properties: Properties) -> bool:
        if entry is None:
            raise Stumble
        matches = self._matches(entry, properties) if isinstance(entry, dict) else self._property(entry, properties)
        return matches is not bool(isinstance(entry, dict) and entry.get("negation"))

    def _note_order(self, tree: Feed, properties: Properties, *, answer: bool) -> None:
        """The Python SDK asks the entries behind the one that settles the tree, too."""
        if compile_cohort(tree, explicit_equality=self._explicit).decide(self._scope(properties)) is not answer:
            self.rows.add("N35")

    # Dependencies

    def _dependency(self, entry: Filter) -> bool:
        self._note_shape(entry)
        chain = entry.get("dependency_chain")
        if not isinstance(chain, list) or not chain:
            raise Undecided
        absent = next((key for key in chain if key not in self._answers and key not in self._flags), None)
        if absent is not None:
            self._note_repetition(absent)
            raise Undecided
        for key in chain:
            if key not in self._answers:
                self._answers[key] = self._answer_of(self._flags[key])
        target, expected = entry.get("key"), entry.get("value")
        if target not in self._answers:
            self.rows.add("N27")
            return False
        value = self._answers[target]
        if isinstance(expected, bool):
            return expected is value or (isinstance(value, str) and value != "" and expected)
        return isinstance(expected, str) and value == expected

    def _note_repetition(self, key: str) -> None:
        if key in self._unanswered:
            self.rows.add("N29")
        self._unanswered.add(key)

    def _answer_of(self, flag: Feed) -> Value:
        if _asks_groups(flag):
            self.rows.add("N25")
        self._note_repetition(flag["key"])
        try:
            return self._value(flag)
        except NeedsServer as unknown:
            raise NeedsServer("unresolved_dependency") from unknown
        except Undecided as unknown:
            raise Undecided("unresolved_dependency", regex=unknown.regex) from unknown
        except Stumble as unknown:
            self.rows.add("N28")
            raise Undecided("unresolved_dependency") from unknown


def _asks_groups(flag: Feed) -> bool:
    filters = filters_of(flag)
    groups = filters.get("groups")
    conditions = [condition for condition in groups if condition] if isinstance(groups, list) else []
    return any(part.get("aggregation_group_type_index") is not None for part in (filters, *conditions))
