"""Functions made for plain flags answer what the loop over the conditions answers, whatever the values are."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from hashlib import sha1
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluator import REDACTED, Context, Definitions, Reason, Ruleset, compile_definitions, evaluate
from evaluator.check import Check
from evaluator.compiled import PropertyTest
from evaluator.decide import decide
from evaluator.facts import NO_FACTS
from evaluator.hashing import SCALE, digest_bound, hash60
from evaluator.matching import OPERATORS, BadFilter, compile_predicate
from evaluator.matching.text_test import SURROUNDINGS
from evaluator.plain import LARGEST, plain_answer
from evaluator.text_test import REMEMBERED, REMEMBERED_LENGTH, Form, Memory, Remembered

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
TEXTS = st.sampled_from(
    [
        "",
        "a",
        "A",
        "US",
        "us",
        "İ",
        "ı",
        "K",
        "k",
        "ß",
        "SS",
        "1",
        "true",
        "TRUE",
        "1.2.3",
        "v1.2",
        "1.2.3-rc.1",
        "2.0.0+b",
    ]
) | st.text(max_size=8)
SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | TEXTS | st.just("1." * 40 + "0")
VALUES = SCALARS | st.lists(SCALARS, max_size=3) | st.dictionaries(TEXTS, SCALARS, max_size=2)
PROPERTIES = st.dictionaries(st.sampled_from(["p", "q"]), VALUES | st.just(REDACTED), max_size=2)
FILTERS = st.builds(
    lambda key, operator, value: {"key": key, "type": "person", "operator": operator, "value": value},
    st.sampled_from(["p", "q"]),
    st.sampled_from([name for name in OPERATORS if "regex" not in name]),
    TEXTS | st.lists(TEXTS, max_size=3) | st.integers(-3, 3) | st.booleans(),
)
CONDITIONS = st.builds(
    lambda filters, share, variant: {"properties": filters, "rollout_percentage": share, "variant": variant},
    st.lists(FILTERS, max_size=3),
    st.sampled_from([0, 30, 50, 100, 120, -1]),
    st.sampled_from([None, "blue"]),
)
SUBJECTS = st.sampled_from(["", "ada", "u" * 300, "\ud800"])
WEIGHTS = st.sampled_from([[], [50, 50], [0, 30], [100]])


def compiled(conditions: list[Any], weights: list[int], *, early_exit: bool) -> Ruleset:
    variants = [
        {"key": name, "rollout_percentage": share} for name, share in zip(["blue", "red"], weights, strict=False)
    ]
    filters = {"groups": conditions, "multivariate": {"variants": variants}, "early_exit": early_exit}
    flag = {"key": "f", "active": True, "filters": filters}
    return compile_definitions(Definitions.from_posthog({"flags": [flag]}))


@given(
    st.lists(CONDITIONS, max_size=4),
    WEIGHTS,
    st.booleans(),
    PROPERTIES,
    st.sampled_from(["", "ada", "u" * 300, "\ud800"]),
)
def test_a_function_answers_what_the_loop_answers(
    conditions: list[Any], weights: list[int], early_exit: bool, properties: dict[str, Any], subject: str
) -> None:
    ruleset = compiled(conditions, weights, early_exit=early_exit)
    context = Context(subject, properties)
    wanted = ruleset.programs["f"].fixed or decide(ruleset.programs["f"], Check(context, NOW, NO_FACTS))
    assert evaluate(ruleset, "f", context, now=NOW) is wanted


@given(st.sampled_from(OPERATORS), VALUES, st.sampled_from([1, 2]), TEXTS | st.text())
def test_forms_and_memories_say_what_the_predicate_says(operator: str, wanted: Any, version: int, value: str) -> None:
    try:
        made = compile_predicate({"operator": operator, "value": wanted}, matching_version=version, timezone=UTC)
    except BadFilter:
        return
    if made.text is not None and (made.text.form.of is None or eval(made.text.form.of, {"value": value})):
        assert of_text(made.text.form, made.text.wanted, value) is made.predicate(value, NOW)
    if made.remembered is not None:
        assert [made.remembered[value], made.remembered[value]] == [made.predicate(value, NOW)] * 2


def of_text(form: Form, wanted: Any, value: str) -> Any:
    return eval(form.test.format(wanted="wanted"), {**SURROUNDINGS, "value": value, "wanted": wanted})


def test_every_form_belongs_to_an_operator() -> None:
    made = [
        compile_predicate({"operator": operator, "value": "1.2.3"}, matching_version=1, timezone=UTC).text
        for operator in OPERATORS
    ]
    assert {text.form for text in made if text is not None} == set(Form)


@pytest.mark.parametrize("operator", [name for name in OPERATORS if "regex" not in name])
def test_a_function_knows_all_names_of_a_form_also_without_a_memory(operator: str) -> None:
    ruleset = compiled([{"properties": [{"key": "p", "operator": operator, "value": "1.2.3"}]}], [], early_exit=False)
    flag = ruleset.flags["f"]
    forgetful = [
        replace(condition, tests=[replace(test, remembered=None) for test in condition.tests])
        for condition in flag.conditions
    ]
    answer = plain_answer(ruleset.programs["f"], replace(flag, conditions=forgetful))
    assert answer is not None
    for text in ("1.2.3", "v2.0", "0.9", "b"):
        context = Context("ada", {"p": text})
        assert answer(context, NOW, NO_FACTS) is decide(ruleset.programs["f"], Check(context, NOW, NO_FACTS))


def test_what_a_filter_remembers_of_texts_is_bounded() -> None:
    remembered = Remembered(lambda text: "7" in text, Memory())
    assert [remembered[str(number)] for number in range(3 * REMEMBERED)] == [
        "7" in str(number) for number in range(3 * REMEMBERED)
    ]
    assert len(remembered) <= REMEMBERED
    before = list(remembered)
    assert remembered["7" * (REMEMBERED_LENGTH + 1)] is True
    assert list(remembered) == before


def test_the_filters_of_a_ruleset_remember_within_one_bound() -> None:
    memory = Memory(texts=100)
    filters = [Remembered(str.isdigit, memory) for _ in range(10)]
    for text in map(str, range(60)):
        assert all(remembered[text] for remembered in filters)
    assert sum(map(len, filters)) <= 100
    assert memory.left == 100 - sum(map(len, filters))


def test_filters_of_one_ruleset_share_what_they_may_remember() -> None:
    wants = [{"key": "p", "type": "person", "operator": "exact", "value": value} for value in ("x", "y")]
    ruleset = compiled([{"properties": [wanted]} for wanted in wants], [], early_exit=False)
    one, other = (condition.tests[0] for condition in ruleset.flags["f"].conditions)
    assert isinstance(one, PropertyTest)
    assert isinstance(other, PropertyTest)
    assert one.remembered is not None
    assert other.remembered is not None
    assert one.remembered.memory is other.remembered.memory


def test_an_answer_that_depends_on_the_moment_is_not_remembered() -> None:
    recent = {"key": "seen", "type": "person", "operator": "is_date_after", "value": "-3d"}
    ruleset = compiled([{"properties": [recent]}], [], early_exit=False)
    context = Context("ada", {"seen": "2026-11-21"})
    moments = (NOW, NOW + timedelta(days=7), NOW)
    assert [evaluate(ruleset, "f", context, now=moment).value for moment in moments] == [True, False, True]


def test_a_redacted_value_is_weighed_and_not_guessed() -> None:
    wants_p = {"key": "p", "type": "person", "operator": "exact", "value": "x"}
    ruleset = compiled([{"properties": [wants_p]}], [], early_exit=False)
    assert evaluate(ruleset, "f", Context("ada", {"p": REDACTED}), now=NOW).reason is Reason.UNDETERMINED
    assert evaluate(ruleset, "f", Context("ada", {"p": "X"}), now=NOW).value is True


@pytest.mark.parametrize("name", ["__import__('os')", "p'\"\\\n{}@", "{test}", "wanted_0_0"])
def test_names_and_values_never_become_source(name: str) -> None:
    wants = {"key": name, "type": "person", "operator": "exact", "value": name}
    ruleset = compiled([{"properties": [wants]}], [], early_exit=False)
    assert evaluate(ruleset, "f", Context("ada", {name: name}), now=NOW).value is True
    assert evaluate(ruleset, "f", Context("ada", {name: "other"}), now=NOW).value is False


def test_a_flag_too_large_for_a_function_is_decided_in_the_loop() -> None:
    wants = {"key": "p", "type": "person", "operator": "exact", "value": "x"}
    ruleset = compiled([{"properties": [wants]}] * LARGEST, [], early_exit=False)
    assert plain_answer(ruleset.programs["f"], ruleset.flags["f"]) is None
    assert evaluate(ruleset, "f", Context("ada", {"p": "x"}), now=NOW).condition_index == 0


def test_functions_are_kept_for_flags_and_not_for_unknown_keys() -> None:
    ruleset = compiled([{"properties": [], "rollout_percentage": 50}], [], early_exit=False)
    for key in ("f", "g", "f", "h"):
        evaluate(ruleset, key, Context("ada"), now=NOW)
    assert list(ruleset.prepared) == ["f"]


@given(st.integers(0, SCALE) | st.sampled_from([0, 1, SCALE - 1, SCALE]), st.text())
def test_digests_compare_with_bounds_as_hashes_do(bound: int, text: str) -> None:
    hashed = hash60(text)
    digest = sha1(text.encode("utf-8", "surrogatepass")).digest()
    for limit in (bound, hashed, hashed + 1):
        assert (digest < digest_bound(limit)) is (hashed < limit)
