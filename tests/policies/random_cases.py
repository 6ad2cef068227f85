"""Random changes: plausible counts, any definitions."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

from hypothesis import strategies as st

from policies.case import Case, Edit
from policies.impact import FlagImpact, Impact, TrafficFacts
from tests.policies.given import NOW, case, definition, flag_impact, impact_of, traffic

KEYS = ("checkout", "search", "upsell")

scalars = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=True) | st.text(max_size=5)
json_values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
percentages = st.none() | st.integers(0, 100) | st.floats(0, 100)


@st.composite
def definitions(draw: st.DrawFn, key: str = "checkout") -> dict[str, Any]:
    """A flag as PostHog would write it, with a little of everything that rules look at."""
    conditions = [
        {
            "id": name,
            "rollout": draw(percentages),
            "filters": draw(st.sampled_from([{}, {"plan": "pro"}, {"plan": "free"}])),
        }
        for name in draw(st.lists(st.sampled_from(["c1", "c2", "c3"]), unique=True, max_size=3))
    ]
    own = {"tags": draw(st.lists(st.sampled_from(["billing", "web"]), max_size=2)), "safe_value": draw(st.booleans())}
    variants = draw(st.sampled_from([None, {"variants": [{"key": "a"}, {"key": "b"}]}]))
    return definition(*conditions, key=key, drysail=own, active=draw(st.booleans()), filters={"multivariate": variants})


@st.composite
def odd_definitions(draw: st.DrawFn) -> dict[str, Any]:
    """JSON that nobody promised to be a flag."""
    group = st.fixed_dictionaries({}, optional={"properties": json_values, "rollout_percentage": json_values})
    filters = st.fixed_dictionaries({}, optional={"groups": json_values | st.lists(group | json_values, max_size=3)})
    parts = {"active": json_values, "deleted": json_values, "filters": json_values | filters, "drysail": json_values}
    return draw(st.fixed_dictionaries({}, optional=parts))


@st.composite
def flag_impacts(draw: st.DrawFn, flag: str, subjects: int) -> FlagImpact:
    """Counts that fit together."""
    count = st.integers(0, subjects)
    on_before, on_after, switched = draw(count), draw(count), draw(count)
    coverage = {name: {"eligible": draw(count), "matched": draw(count)} for name in ("c1", "c2", "c3")}
    changed = min(abs(on_after - on_before) + switched, subjects)
    return flag_impact(
        flag,
        subjects=subjects,
        edited=draw(st.booleans()),
        checks=draw(st.integers(0, 5)),
        on_before=on_before,
        on_after=on_after,
        switched=switched,
        changed=changed,
        payload_changed=draw(st.sampled_from([0, 0, subjects])),
        undetermined=draw(st.just(0) | count),
        coverage_after=coverage,
    )


@st.composite
def impacts(draw: st.DrawFn) -> Impact:
    """An impact on up to three flags."""
    subjects = draw(st.sampled_from([0, 1, 50, 2000, 100_000]))
    flags = [draw(flag_impacts(key, subjects)) for key in draw(st.lists(st.sampled_from(KEYS), unique=True))]
    compared = draw(st.integers(0, subjects))
    return impact_of(
        *flags,
        subjects=subjects,
        changed_subjects=min(sum(flag.changed for flag in flags), subjects),
        undetermined_subjects=min(sum(flag.undetermined for flag in flags), subjects),
        fidelity={"compared": compared, "differing": draw(st.integers(0, compared))},
    )


def traffics() -> st.SearchStrategy[TrafficFacts]:
    """Traffic of any origin and age."""
    return st.builds(
        traffic,
        provenance=st.sampled_from(["recorded", "reconstructed", "synthetic"]),
        environment=st.sampled_from(["production", "staging"]),
        age_hours=st.integers(-5, 50),
        span_hours=st.integers(0, 50),
        largest_gap_seconds=st.integers(0, 8000),
        sampled_ppm=st.integers(0, 1_000_000),
    )


@st.composite
def cases(draw: st.DrawFn, *, of: st.SearchStrategy[dict[str, Any]] | None = None) -> Case:
    """Any change; with ``of``, of such definitions."""
    edits = [
        Edit("flag", key, *draw(st.tuples(*[st.none() | (definitions(key) if of is None else of)] * 2)))
        for key in draw(st.lists(st.sampled_from(KEYS), unique=True))
    ]
    if draw(st.booleans()):
        edits.append(Edit("cohort", "7", {}, {"name": "x"}))
    impact = draw(st.none() | impacts())
    known: dict[str, Any] = {
        "impact": impact,
        "traffic": draw(st.none() | traffics()),
        "actor": draw(st.sampled_from(["agent", "person", "ci"])),
        "sandbox": draw(st.booleans()),
        "towards_safe": draw(st.sampled_from([False, False, False, True])),
        "alters_nothing": draw(st.sampled_from([False, False, False, True])),
        "drift": {flag.flag: flag for flag in impact.flags if draw(st.booleans())} if impact is not None else {},
        "retired_keys": draw(st.dictionaries(st.sampled_from(KEYS), st.just(NOW - timedelta(days=9)))),
        "dependencies": draw(
            st.dictionaries(
                st.sampled_from(KEYS),
                st.dictionaries(st.sampled_from(["p"]), st.sampled_from(["on", "off", "missing", "cycle"])),
            )
        ),
        "dependents": draw(st.dictionaries(st.sampled_from(KEYS), definitions() if of is None else of)),
        "expect": draw(st.sampled_from([None, {"newly_on_max": 100}, {"only": {"plan": ["pro"]}}, {"odd": 1}])),
        "try_rollout": draw(st.sampled_from([None, lambda *_: impact])) if impact is not None else None,
    }
    return case(**known) if not edits else case(*edits, **known)


def with_undetermined(change: Case, flag: str, more: int) -> Case:
    """The same change with more undetermined subjects for one flag."""
    impact = change.impact
    if impact is None:
        return change
    flags = tuple(
        each.model_copy(
            update={
                "undetermined": each.undetermined + more,
                "coverage_after": tuple(
                    row.model_copy(update={"undetermined": row.undetermined + more}) for row in each.coverage_after
                ),
            }
        )
        if each.flag == flag
        else each
        for each in impact.flags
    )
    union = {"undetermined_subjects": impact.undetermined_subjects + more}
    return replace(change, impact=impact.model_copy(update={"flags": flags, **union}))
