"""A pytest plugin that lets PostHog's own tests of its SDK judge the local profile.

Loaded before any test module, it puts the local profile in the place of the SDK's matcher of one filter and of its
evaluator of one flag. Everything around them (getters, caches, fall-back to the server) stays PostHog's.
"""

from collections import Counter
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

import posthog.client
import posthog.feature_flags as sdk
import pytest
from posthog.types import UnresolvedFlagReason

from evaluator.context import MISSING, Context
from evaluator.local import compile_local
from evaluator.local.compiled import LocalFlag
from evaluator.local.evaluate import decide_for
from evaluator.local.flags import compile_flag
from evaluator.local.operators import compile_operator
from evaluator.local.unknown import Reach, Unknown

EXCLUDED: Final = {
    "::test_flag_dependencies_malformed_condition_warns_once": "looks for a line in the SDK's log",
    "::test_unknown_operator": "looks at the wording of an exception",
    "::test_regex_pattern_cache_reuses_metadata_not_match_results": "replaces the SDK's own cache of patterns",
    "::test_regex_pattern_cache_reuses_invalid_classification": "replaces the SDK's own cache of patterns",
    "::test_in_flight_full_evaluation_keeps_matching_snapshot": "replaces the function that evaluates conditions",
    "::test_in_flight_result_is_not_cached_in_new_generation": "replaces the function that evaluates conditions",
}
"""Tests that look at the SDK's insides instead of its answers: the end of their name, and what they look at."""

answered: Counter[str] = Counter()


def match_property(
    filter_: Mapping[str, Any], properties: Mapping[str, Any], property_matching_version: Any = 1
) -> bool:
    """In place of the SDK's function of this name."""
    answered["filters"] += 1
    explicit = property_matching_version == 2
    test = compile_operator(filter_.get("operator"), filter_.get("value"), explicit_equality=explicit)
    truth = test.answer(properties.get(filter_.get("key"), MISSING), datetime.now(UTC))
    if isinstance(truth, Unknown):
        raise _exception(truth)
    return truth


def compute_flag_locally(
    self: posthog.client.Client,
    feature_flag: Mapping[str, Any],
    distinct_id: Any,
    *,
    groups: Mapping[str, Any] | None = None,
    person_properties: Mapping[str, Any] | None = None,
    group_properties: Mapping[str, Any] | None = None,
    warn_on_unknown_groups: bool = True,
    device_id: str | None = None,
    _definition_snapshot: Mapping[str, Any] | None = None,
) -> bool | str:
    """In place of the SDK's method: the same arguments, on the same definitions."""
    answered["flags"] += 1
    snapshot = _definition_snapshot or self._local_evaluation_snapshot()
    explicit = snapshot["property_matching_version"] == 2
    ruleset = compile_local({**snapshot, "flags": list(snapshot["flags_by_key"].values())})
    flag: LocalFlag = compile_flag(feature_flag["key"], feature_flag, explicit_equality=explicit)
    context = Context(distinct_id, person_properties or {}, groups or {}, group_properties or {}, device_id)
    decision = decide_for(flag, ruleset, context, now=datetime.now(UTC))
    if isinstance(decision, Unknown):
        raise _exception(decision)
    return decision.value


def _exception(unknown: Unknown) -> Exception:
    if unknown.reach is Reach.EVALUATION:
        return ValueError("a malformed definition")
    needs_server = unknown.reach is Reach.FLAG
    kind = sdk.RequiresServerEvaluation if needs_server else sdk.InconclusiveMatchError
    return kind("left to the server", reason=UnresolvedFlagReason(unknown.cause.value))


sdk.match_property = match_property
posthog.client.Client._compute_flag_locally = compute_flag_locally  # type: ignore[method-assign, assignment]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The excluded tests must fail: one that passes is excluded without need."""
    for item in items:
        for name, reason in EXCLUDED.items():
            if item.nodeid.endswith(name):
                item.add_marker(pytest.mark.xfail(reason=reason, strict=True))


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Proof that the tests asked us."""
    terminalreporter.write_line(f"Drysail answered {answered['flags']:,} flags and {answered['filters']:,} filters.")
