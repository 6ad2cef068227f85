"""Work is bounded by the size of what is asked, never by the number of ways through it."""

from datetime import UTC, datetime
from itertools import product
from time import process_time
from typing import Any

import pytest

from evaluator import Context, Definitions, Result, Ruleset, compile_definitions, evaluate, evaluate_all, explain, needs
from evaluator.definitions.limits import LONGEST_VERSION, MOST_SEARCH_WORK
from evaluator.local import compile_local, evaluate_local
from evaluator.matching import OPERATORS

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
DEPTH = 50
"""Levels of which each names the next one twice: 2^50 ways, so that whoever walks them all never comes back."""

WANTED: dict[str, Any] = {"between": [1, 5], "not_between": [1, 5], "semver_wildcard": "1.2.*"}
HUGE = 1_000_000
HUGE_VALUES: dict[str, Any] = {
    "digits": "9" * HUGE,
    "dots": "." * HUGE,
    "pre-release": "1.2.3-" + "1." * (HUGE // 2) + "1",
    "spaces": " " * HUGE + "x",
    "not ASCII": "İ" * HUGE,
    "a fraction": "2026-01-01T00:00:00." + "1" * HUGE,
    "a long span": "9" * HUGE + "d",
    "a long number": 1 << (3 * HUGE),
    "a long list": [1.5] * (HUGE // 10),
}


def flag(key: str, *filters: Any) -> dict[str, Any]:
    return {"key": key, "active": True, "filters": {"groups": [{"properties": list(filters)}]}}


def in_cohort(number: int, **more: Any) -> dict[str, Any]:
    return {"type": "cohort", "key": "id", "operator": "in", "value": number, **more}


def person(operator: str, value: Any) -> dict[str, Any]:
    return {"key": "p", "type": "person", "operator": operator, "value": value}


def diamonds(kind: str, leaf: dict[str, Any]) -> dict[str, Any]:
    trees = {
        str(level): {"type": kind, "values": [in_cohort(level + 1), in_cohort(level + 1, negation=level % 2 == 0)]}
        for level in range(1, DEPTH)
    }
    return trees | {str(DEPTH): {"type": kind, "values": [leaf]}}


def ask(ruleset: Ruleset, key: str, context: Context) -> Result:
    answer = evaluate(ruleset, key, context, now=NOW)
    evaluate(ruleset, key, context, now=NOW, profile="local")
    assert evaluate_all(ruleset, context, now=NOW)[key] == answer
    assert explain(ruleset, key, context, now=NOW).result == answer
    return answer


@pytest.mark.parametrize("kind", ["AND", "OR"])
@pytest.mark.parametrize("wanted", ["pro", "free"])
@pytest.mark.parametrize("given", [{}, {"p": "pro"}])
def test_cohorts_that_meet_again_are_decided_once(kind: str, wanted: str, given: dict[str, Any]) -> None:
    feed = {"flags": [flag("f", in_cohort(1))], "cohorts": diamonds(kind, person("exact", wanted))}
    ruleset = compile_definitions(Definitions.from_posthog(feed))
    ask(ruleset, "f", Context("ada", given))
    assert len(needs(ruleset).cohorts) == DEPTH
    assert len(ruleset.feed()["cohorts"]) == DEPTH


def test_a_flag_within_cohorts_that_meet_again_is_decided_once_by_sdks() -> None:
    leaf = {"key": "g", "type": "flag", "operator": "flag_evaluates_to", "value": True, "dependency_chain": ["g"]}
    feed = {"flags": [flag("f", in_cohort(1)), flag("g", person("exact", "x"))], "cohorts": diamonds("OR", leaf)}
    answer = evaluate_local(compile_local(feed), "f", Context("ada"), now=NOW)
    assert answer.error == "unresolved_dependency"


def test_flags_that_meet_again_are_decided_once() -> None:
    def on(number: int) -> dict[str, Any]:
        return {"key": f"f{number}", "type": "flag", "operator": "flag_evaluates_to", "value": True}

    flags = [flag(f"f{n}", *(on(below) for below in (n + 1, n + 2) if below < DEPTH)) for n in range(DEPTH)]
    ruleset = compile_definitions(Definitions.from_posthog({"flags": flags}))
    assert ask(ruleset, "f0", Context("ada")).enabled


@pytest.mark.parametrize("kind", HUGE_VALUES)
def test_a_huge_property_takes_time_in_proportion(kind: str) -> None:
    conditions = [
        flag(name, person(name, WANTED.get(name, "1.2.3" if "semver" in name else "5"))) for name in OPERATORS
    ]
    ruleset = compile_definitions(Definitions.from_posthog({"flags": conditions}))
    context = Context("ada", {"p": HUGE_VALUES[kind]})
    begun = process_time()
    for name, profile in product(ruleset.flags, ("server", "local")):
        evaluate(ruleset, name, context, now=NOW, profile=profile)  # type: ignore[arg-type]
    evaluate_all(ruleset, context, now=NOW)
    assert process_time() - begun < 30, "about a second is usual"


def test_a_pattern_that_would_take_minutes_on_a_huge_text_matches_neither_way() -> None:
    pattern = "(?:a?){1000}(?:a?){1000}c"
    ruleset = compile_definitions(
        Definitions.from_posthog(
            {"flags": [flag("found", person("regex", pattern)), flag("missing", person("not_regex", pattern))]}
        )
    )
    context = Context("ada", {"p": "a" * 10_000_000})
    for name, profile in product(("found", "missing"), ("server", "local")):
        answer = evaluate(ruleset, name, context, now=NOW, profile=profile)  # type: ignore[arg-type]
        assert not answer.enabled
        assert answer.error == ("unsupported_definition" if profile == "local" else None)


def test_texts_of_every_real_size_are_searched() -> None:
    text = "x" * 100_000 + "ann@acme.com"
    ruleset = compile_definitions(
        Definitions.from_posthog({"flags": [flag("f", person("regex", r"\w+@acme\.(com|org)$"))]})
    )
    assert 100 * len(text) < MOST_SEARCH_WORK
    assert ask(ruleset, "f", Context("ada", {"p": text})).enabled


def test_a_second_repetition_is_text_and_not_a_million_copies() -> None:
    ruleset = compile_definitions(Definitions.from_posthog({"flags": [flag("f", person("regex", "a{1000}{1000}"))]}))
    assert not ask(ruleset, "f", Context("ada", {"p": "a" * 100_000})).enabled
    assert ask(ruleset, "f", Context("ada", {"p": "a" * 1000 + "{1000}"})).enabled


def test_a_version_is_read_up_to_a_length() -> None:
    ruleset = compile_definitions(Definitions.from_posthog({"flags": [flag("f", person("semver_gt", "1.2.3"))]}))
    assert ask(ruleset, "f", Context("ada", {"p": "1.3.0+" + "b" * (LONGEST_VERSION - 6)})).enabled
    assert not ask(ruleset, "f", Context("ada", {"p": "1.3.0+" + "b" * (LONGEST_VERSION - 5)})).enabled


def test_group_properties_of_any_shape_are_survived() -> None:
    ruleset = compile_definitions(Definitions.from_posthog({"flags": [flag("f", person("is_not_set", None))]}))
    broken: Any = {"company": ["no", "mapping"]}
    assert ask(ruleset, "f", Context("ada", groups={"company": "acme"}, group_properties=broken)).enabled
