"""The fix of a lint is safe to follow: what it has callers pass keeps the server's answers, and SDKs then agree.

``LAW_EXAMPLES=5000 pytest tests/laws/test_portability_fixes.py --hypothesis-profile=random`` tries harder.
"""

from os import environ
from typing import Any

from hypothesis import event, given, settings
from hypothesis import strategies as st

from evaluator import Context, Definitions, compile_definitions, evaluate
from evaluator.local import compile_local, evaluate_local
from evaluator.portability import Lint
from tests.evaluator.analysis.definitions import MOMENTS

EXAMPLES = int(environ.get("LAW_EXAMPLES", "400"))
POSITIVE = ("exact", "icontains", "starts_with", "ends_with", "regex", "gt", "lte", "is_set", "semver_eq", "semver_gt")
NEGATIVE = ("is_not", "not_icontains", "not_starts_with", "not_ends_with", "not_regex", "is_not_set", "semver_neq")
VALUES: tuple[Any, ...] = (
    "",
    "pro",
    "none",
    "^$",
    "^pro",
    ".*",
    "1.2.3",
    "-7d",
    "2026-01-01",
    5,
    7.5,
    True,
    [""],
    ["pro", ""],
    [],
    {},
)

filters = st.builds(
    lambda operator, value: {"key": "plan", "type": "person", "operator": operator, "value": value},
    st.sampled_from((*NEGATIVE, *NEGATIVE, *POSITIVE, "is_date_before", "is_date_after")),
    st.sampled_from(VALUES),
)


def feed_of(entry: dict[str, Any], *, negated: bool, version: int) -> dict[str, Any]:
    """A flag on one filter, or on a cohort in whose tree the filter stands negated."""
    tree = {"type": "OR", "values": [{"type": "AND", "values": [{**entry, "negation": True}]}]}
    asked = {"key": "id", "type": "cohort", "operator": "in", "value": 1} if negated else entry
    flag = {"key": "flag", "active": True, "filters": {"groups": [{"properties": [asked], "rollout_percentage": 100}]}}
    cohorts = {"1": tree} if negated else {}
    return {"flags": [flag], "cohorts": cohorts, "group_type_mapping": {}, "property_matching_version": version}


@settings(max_examples=EXAMPLES)
@given(filters, st.booleans(), st.sampled_from([1, 2]), st.sampled_from(MOMENTS))
def test_passing_an_empty_text_where_a_lint_offers_it_keeps_the_answer_and_lets_sdks_decide(
    entry: dict[str, Any], negated: bool, version: int, now: Any
) -> None:
    feed = feed_of(entry, negated=negated, version=version)
    rules = compile_definitions(Definitions.from_posthog(feed))
    fixes = [one.problem.fix for one in rules.warnings_about("flag") if one.problem.code == Lint.ABSENT_PROPERTY]
    if not fixes:
        return
    without = evaluate(rules, "flag", Context(distinct_id="ada"), now=now)
    passing = Context(distinct_id="ada", properties={"plan": ""})
    here, there = (
        evaluate(rules, "flag", passing, now=now),
        evaluate_local(compile_local(feed), "flag", passing, now=now),
    )
    safe = without.value is True and here.value is True and there.value is True
    assert without.value is True
    event("offered" if safe else "not offered")
    assert [("an empty text will do" in (fix or "")) for fix in fixes] == [safe]
