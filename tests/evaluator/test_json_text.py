"""Lossless reading and writing, canonical bytes and digests."""

import copy
import json
import math
import pickle
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluator.json_text import (
    MAX_DEPTH,
    InvalidJson,
    NotCanonical,
    NumberText,
    canonical,
    digest,
    dumps,
    loads,
    path_text,
    walk,
)

texts = st.text(st.characters(exclude_categories=["Cs"]))
number_texts = st.from_regex(r"-?(0|[1-9][0-9]{0,30})(\.[0-9]{1,20})?([eE][+-]?[0-9]{1,2})?", fullmatch=True)
scalars = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | texts
values = st.recursive(scalars, lambda inner: st.lists(inner) | st.dictionaries(texts, inner), max_leaves=20)


@given(number_texts)
def test_a_number_is_written_as_it_was_read(text: str) -> None:
    assert dumps(loads(f'{{"share": [{text}]}}')) == f'{{"share":[{text}]}}'


@given(number_texts)
def test_a_number_means_what_the_standard_library_reads(text: str) -> None:
    assert loads(text) == json.loads(text)
    assert isinstance(loads(text), type(json.loads(text))) or text == "-0"


@given(values)
def test_what_is_written_reads_back_the_same(value: Any) -> None:
    for indent in (None, 2):
        again = loads(dumps(value, indent=indent))
        assert again == value
        assert digest(again) == digest(value)


@given(values)
def test_indented_text_is_what_the_standard_library_writes(value: Any) -> None:
    assert dumps(value, indent=2) == json.dumps(value, indent=2, ensure_ascii=False)


def test_integers_keep_every_digit() -> None:
    digits = "123456789012345678901234567890"
    assert loads(digits) == int(digits)
    assert dumps(loads(f"[{digits}]")) == f"[{digits}]"


@pytest.mark.parametrize("text", ["1.10", "1e5", "1E5", "100.00", "0.10e-3", "-0", "1.0E+2"])
def test_an_unusual_spelling_survives_copies(text: str) -> None:
    number = loads(text)
    assert isinstance(number, NumberText)
    assert number == float(text)
    assert dumps(copy.deepcopy(number)) == text
    assert dumps(pickle.loads(pickle.dumps(number))) == text


def test_minus_zero_is_a_number_with_a_sign() -> None:
    assert math.copysign(1, loads("-0")) == -1


def test_other_json_libraries_write_the_value() -> None:
    number = loads("1.10")
    assert json.dumps(number) == "1.1"
    assert orjson.dumps({"share": number}, default=float) == b'{"share":1.1}'


def test_of_a_repeated_key_the_last_value_counts() -> None:
    assert loads('{"a": 1, "a": 2}') == {"a": 2}


def test_keys_keep_their_order_and_text_its_characters() -> None:
    assert dumps(loads('{"b": "ü\\u0000", "a": "\\"/😀"}')) == '{"b":"ü\\u0000","a":"\\"/😀"}'


def test_bytes_are_read_too() -> None:
    assert loads('{"a": "ü"}'.encode()) == {"a": "ü"}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"a": }', "not JSON at line 1, column 7"),
        ("[1,\n  x]", "not JSON at line 2, column 3"),
        ("", "not JSON at line 1, column 1"),
        (b'{"a": "\xff"}', "not JSON: byte 7 is not UTF-8"),
        ("9" * 5000, "an integer of 5000 digits"),
        ("[" * 100_000, f"nests deeper than {MAX_DEPTH} levels"),
        ('{"a":' * 100_000 + "1" + "}" * 100_000, f"nests deeper than {MAX_DEPTH} levels"),
        ("[" * (MAX_DEPTH + 1) + "]" * (MAX_DEPTH + 1), f"nests deeper than {MAX_DEPTH} levels"),
    ],
)
def test_what_cannot_be_read_is_named_with_its_place(text: str | bytes, message: str) -> None:
    with pytest.raises(InvalidJson) as caught:
        loads(text)
    assert message in str(caught.value)


def test_the_deepest_allowed_document_is_read() -> None:
    text = "[" * MAX_DEPTH + "]" * MAX_DEPTH
    assert dumps(loads(text)) == text


@given(values)
def test_canonical_bytes_do_not_depend_on_key_order_or_library(value: Any) -> None:
    assert canonical(json.loads(json.dumps(value))) == canonical(value)
    assert canonical(_reversed(value)) == canonical(value)
    assert canonical(loads(canonical(value))) == canonical(value)


def _reversed(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _reversed(inner) for key, inner in reversed(value.items())}
    return [_reversed(inner) for inner in value] if isinstance(value, list) else value


def test_canonical_text_is_compact_sorted_by_code_point_and_not_escaped() -> None:
    value = {"b": [1.0, 1e16, 1e-7, True, None], "a": "ü", "Z": {}, "😀": 0, "\uffff": 0}
    assert canonical(value) == '{"Z":{},"a":"ü","b":[1.0,1e+16,1e-07,true,null],"\uffff":0,"😀":0}'.encode()


def test_spellings_of_a_number_share_a_digest_but_an_integer_has_another() -> None:
    assert digest(loads("1.00")) == digest(loads("1.0")) == digest(1.0) == digest(loads("1e0"))
    assert digest(1) != digest(1.0)
    assert digest(True) != digest(1)
    assert digest(loads("-0")) == digest(-0.0) != digest(0.0)


def test_a_digest_is_the_hex_sha256_of_the_canonical_bytes() -> None:
    assert digest({}) == "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"


@pytest.mark.parametrize(
    ("value", "place", "reason"),
    [
        ({"filters": {"groups": [{"rollout_percentage": math.nan}]}}, "filters.groups[0].rollout_percentage", "nan"),
        ([1, [math.inf]], "[1][0]", "inf"),
        (loads("[1e999]"), "[0]", "inf"),
        ({"name": "half \ud83d"}, "name", "surrogate"),
        ({"a": {"half \ud83d": 1}}, "a", "key"),
        (float("-inf"), "(top)", "-inf"),
        ([10**5000], "[0]", "integer"),
    ],
    ids=["nan", "inf", "1e999", "surrogate", "surrogate-key", "-inf", "long-integer"],
)
def test_what_has_no_canonical_form_is_named_with_its_place(value: Any, place: str, reason: str) -> None:
    with pytest.raises(NotCanonical) as caught:
        canonical(value)
    assert path_text(caught.value.path) == place
    assert reason in caught.value.reason


def test_bottomless_nesting_has_no_canonical_form() -> None:
    value: list[Any] = []
    for _ in range(100_000):
        value = [value]
    with pytest.raises(NotCanonical):
        canonical(value)
    assert dumps(value).startswith("[[[")


def test_walking_visits_containers_before_their_contents_in_order() -> None:
    visited = [(path_text(path), value) for path, value in walk({"a": [1, {"b": 2}], "odd key": 3})]
    assert [place for place, _ in visited] == ["(top)", "a", "a[0]", "a[1]", "a[1].b", '["odd key"]']
    assert visited[4][1] == 2


def test_a_path_reads_like_code() -> None:
    assert path_text(("filters", "groups", 0, "properties", 12, "value")) == "filters.groups[0].properties[12].value"
    assert path_text((0, "$key", 'a "b"', "c")) == '[0].$key["a \\"b\\""].c'
