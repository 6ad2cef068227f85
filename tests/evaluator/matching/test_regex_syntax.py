"""What is rewritten for RE2, what is refused, and what is invalid everywhere."""

import re
import sys
import unicodedata
from datetime import UTC, datetime

import pytest
import re2
from hypothesis import given
from hypothesis import strategies as st

from evaluator.matching import BadFilter, compile_predicate
from evaluator.matching.regex_syntax import InvalidPattern, UnsupportedPattern, complement, translate

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def finds(pattern: str, text: str) -> bool:
    compiled = compile_predicate({"key": "p", "operator": "regex", "value": pattern}, matching_version=1, timezone=UTC)
    return compiled.predicate(text, NOW)


@pytest.mark.parametrize(
    ("pattern", "construct"),
    [
        ("(?=a)", "look-ahead"),
        ("(?!a)b", "look-ahead"),
        ("(?<=a)b", "look-behind"),
        ("(?<!a)b", "look-behind"),
        ("(?>a)", "an atomic group"),
        ("(?(1)a|b)", "a conditional group"),
        ("(?#note)a", "a comment"),
        (r"(a)\1", "a back-reference"),
        ("(?P<x>a)(?P=x)", "a back-reference"),
        (r"(?<x>a)\k<x>", "a back-reference"),
        ("a++", "a possessive quantifier"),
        ("a*?+", "a possessive quantifier"),
        ("a{2}+", "a possessive quantifier"),
        ("(?x) a", "the flag x"),
        ("(a(?i)b)", "flags that change in the middle"),
        ("[a[bc]]", "brackets inside brackets"),
        ("[a-z&&[^b]]", "set operations"),
        ("[a-z--b]", "set operations"),
        ("[a-z~~b]", "set operations"),
        ("a{1001}", "more than 1000 repetitions"),
        ("a{,5000}", "more than 1000 repetitions"),
        ("(a{100}){100}", "repetitions that multiply"),
        (r"(\pL{100}){10}" * 50, "repetitions that multiply"),
        (r"\p{Script=Greek}", "the Unicode property"),
        (r"\p{^Greek}", "the Unicode property"),
        (r"\<a", "the word edges"),
        (r"a\Z", r"\Z"),
        (r"\Ka", r"\K"),
        (r"\h", "the hexadecimal classes"),
        (r"[\h]", "the hexadecimal classes"),
    ],
)
def test_what_re2_cannot_do_is_refused_by_name(pattern: str, construct: str) -> None:
    for operator in ("regex", "not_regex"):
        with pytest.raises(BadFilter) as caught:
            compile_predicate({"key": "p", "operator": operator, "value": pattern}, matching_version=1, timezone=UTC)
        assert caught.value.code == "unsupported_regex"
        assert caught.value.path == "value"
        assert construct in caught.value.message


@pytest.mark.parametrize(
    "pattern",
    ["[", "(", ")", "*a", "a**", "a|*", "(*a)", "^*", "$+", r"\b?", "(?i)*", "[z-a]", "a{2,1}", "\\", r"\y", r"\Q.\E",
     r"\C", r"\xg", r"\u12", r"\x{110000}", r"\ud800", r"\b{start}", "[]", "[^]", "[a", r"[a-\d]", r"[\d-z]",
     r"[\y]", "(?z)", "(?)", "(?-)", "(?i", "(?P<1", "(?-u:a)", r"\p", "(a"],
)  # fmt: skip
def test_what_the_server_rejects_matches_neither_operator(pattern: str) -> None:
    for operator in ("regex", "not_regex"):
        compiled = compile_predicate(
            {"key": "p", "operator": operator, "value": pattern}, matching_version=1, timezone=UTC
        )
        assert not any(compiled.predicate(text, NOW) for text in ("", "a", pattern))


@pytest.mark.parametrize(
    ("pattern", "text", "found"),
    [
        ("^{$", "{", True),
        ("a{$", "a{", True),
        ("a{x}$", "a{x}", True),
        ("a{}$", "a{}", True),
        ("{2}", "{2}", True),
        ("(|{2})$", "{2}", True),
        ("^a{2}{3}$", "aa{3}", True),
        ("^a{,2}$", "aaa", False),
        ("^a{2,}?$", "aaa", True),
        ("[a]]", "a]", True),
        ("^[^]a]$", "b", True),
        ("^[a-]$", "-", True),
        ("^[-a]$", "-", True),
        ("^[[:digit:]_]+$", "1_2", True),
        (r"^[\w.]+$", "é.１", True),
        (r"^[^\s\d]$", "\u2003", False),
        (r"^[\D]$", "٣", False),
        (r"^[^\D]$", "٣", True),
        (r"^[\W\d]+$", "٣ !", True),
        (r"^[\W\d]+$", "a", False),
        (r"^[\x41-\u{43}]$", "B", True),
        (r"\-\/\ \é", "-/ é", True),
        (r"\U0001F600", "😀", True),
        (r"^\e\a\v$", "\x1b\x07\x0b", True),
        ("(?i)é", "É", True),
        ("(?i-s:A).", "ab", True),
        ("(?u)a", "a", True),
        ("a(?i)b|c", "C", True),
        ("(?'plan'pro)", "pro", True),
        ("(?<a>x)(?<a>y)", "xy", True),
        (".", "\n", False),
        ("\x00", "a\x00b", True),
    ],
)
def test_shared_syntax_means_what_it_means_on_the_server(pattern: str, text: str, found: bool) -> None:
    assert finds(pattern, text) is found


def test_a_pattern_that_would_backtrack_forever_ends() -> None:
    assert not finds("(a*)*(a|a)*(a|b|ab)+c$", "a" * 20_000)


@pytest.mark.parametrize("shorthand", ["d", "s", "w"])
def test_a_shorthand_and_its_complement_share_no_character_and_leave_none_out(shorthand: str) -> None:
    inside = re2.compile(translate(f"\\{shorthand}"))
    outside = re2.compile(f"[{complement(shorthand)}]")
    for code in (*range(0x3000), *range(0x3000, sys.maxunicode, 97)):
        if not 0xD800 <= code <= 0xDFFF:
            character = chr(code).encode()
            assert (inside.search(character) is None) is not (outside.search(character) is None), hex(code)


@given(st.characters(exclude_categories=["Cs", "Cn"]))
def test_unicode_shorthands_follow_the_character_database(character: str) -> None:
    category = unicodedata.category(character)
    assert finds(r"\d", character) is (category == "Nd")
    if category[0] == "L" or category[0] == "M" or category in ("Nd", "Nl", "Pc"):
        assert finds(r"^\w$", character)
    if character.isspace() and not "\x1c" <= character <= "\x1f":
        assert finds(r"\s", character)


@given(st.text(st.sampled_from("ab1 é()[]{}|*+?^$.\\-&~:<>=!idswbDSWpPxu,0Z")))
def test_any_pattern_is_translated_refused_or_invalid(pattern: str) -> None:
    try:
        translated = translate(pattern)
    except (InvalidPattern, UnsupportedPattern):
        return
    assert isinstance(translated, str)


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=10), st.text(max_size=3))
def test_escaped_text_finds_itself(literal: str, rest: str) -> None:
    assert finds(re.escape(literal), rest.replace("\ud800", "") + literal)
