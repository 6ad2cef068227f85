"""Seeded random property filters and property values, chosen so that they often meet."""

from collections.abc import Mapping, Sequence
from random import Random
from typing import Any, Final

Filter = dict[str, Any]

LONG: Final = "x" * 250
TEXTS: Final = ["pro", "PRO", "Pro plan", "free", "Straße", "STRASSE", "İstanbul", "ΟΔΟΣ", "", "true", "False", "null", "a\nb"]
TRUTHS: Final = [True, False, "true", "TRUE", "false", [], ["true"], [True, "false"], [[True]], "banana", None]
NUMBERS: Final = [0, 1, -1, 5, 18, 18.5, 1.0, 1e-7, 1e16, -0.0, 0.00001, "5", " 5", "1e3", "6px", "+7", ".5", "5.", "", 2**60]
NON_NUMBERS: Final = ["inf", "nan", "Infinity", "1_000", "٣", True, None, [5], {"a": 1}, float("inf"), float("nan")]
VERSIONS: Final = ["1.2.3", "1.2", "1", "v1.2.3", "V2.0.0", "0.5.0", "0.0.3", "1.2.4", "2.0.0", "10.0.1", "1.10.0", 2, 1.5]
ODD_VERSIONS: Final = ["1.2.3-alpha", "1.2.3+build", "1.02.3", "1..3", "1.", "", "x", " 1.2.3 ", "v 1.2", "1.2.3.4", "1.2.3.x",
                       "vv1.2.3", "١.2.3", "²", None, True, "99999999999999999999.0.0", "1.2.x"]  # fmt: skip
WILDCARDS: Final = ["1.*", "1.2.*", "1.*.*", "1.2.3", "*", "1.*.3", "v1.*", "2.x", "0.*", "1.2.3.4", ""]
DATES: Final = ["2026-01-01", "2026-03-31T10:00:00Z", "2025-06-15 12:30:00", "2025-12-31T23:59:59.5+02:00", "2024-02-29", "2024-12-01"]
ODD_DATES: Final = ["2024", "2026-01-01Z", "2026-01-01 UTC", "2026-01-01T00:00:00 utc", "2026-01-01 00:00:00 +02:00",
                    "2026-01-01+02:00", "20260101", "2026-W01-1", "2026-01-01T10", "2026-01-01T10:00:00,5", "2026-01", "2026-001",
                    "2026-01-01T24:00", "2026-01-01t00:00:00z", " 2026-01-01 ", "not a date", "", "0001-01-01T00:00:00+14:00",
                    "9999-12-31T23:59:59-12:00", 1700000000, 1700000000.5, "1700000000", None, True, ["2026-01-01"]]  # fmt: skip
RELATIVE: Final = ["-7d", "30d", "-1h", "2w", "-6m", "2m", "13m", "-4y", "1y", "-90d", "9999d"]
ODD_RELATIVE: Final = ["10000d", "2000y", "-7D", "7s", "7", "--7d", "-7d\n", "0d", "00007d", "2023", 2026, 20260601, 1.5, True]
PATTERNS: Final = ["^pro", "plan$", "p.o", r"\d+", r"^\w+$", r"\s", "a|b", "(pro|free)", "[a-z]+", "[^a-z]", "", "(?:ab)+c?", "x{2,4}",
                   r"\.", r"[\d-]", r"[\w.]+@[\w.]+", r"\x41", r"\S+", r"[|&]", r"a||b", r"^\W*$", r"^[\W]$", r"[^\s]", r"^[^\W]+$", ".",
                   r"^\D*$", "^(a$)?", "(^a)+", "(a|)+", r"[\b]", r"\-\/\ ", "[a-c-e]", "[-a]", "[a-]", "ß", "[À-ÿ]+", "}", "]", "a{1}?",
                   "x*?", "[||]", "a{1000}", "$", r"[\^a]", "[a^]"]  # fmt: skip
ODD_PATTERNS: Final = ["(?i)pro", "(?=p)", r"\bpro", r"\p{L}", "(?P<n>a)", "(a+)+", r"(a)\1", "[[:alpha:]]", "[a&&b]", "a++", "^*", "()*",
                       "{", "a{,2}", "a{2}{3}", r"\A", r"\z", r"\<", "[", "(", ")", "*", "a**", "[z-a]", "a{2,1}", "\\", "[]a]", "[^]]",
                       r"[a-\d]", r"[-\d]", r"[\d-a]", "[a", r"\xZZ", r"\q", r"[\q]", r"[\ ]", "(?:", "|*", "a{2}*", None, True, ["a"], 5,
                       "a{4294967295}", "a{99999999999}", "\ud800", r"[\\d-a]", "(?#x)", "[a--b]", "[a~~b]"]  # fmt: skip
SUBJECT_TEXTS: Final = ["pro", "pro plan", "free", "abc", "xxx", "a@b.c", "42", "A", "a\n", "a\x1fb", "naïve", "٣", "½x", "á́", "", " ", "日本",
                        "a\u200bb", "\ud800", "-", "]}", "ß", "e-", "-/ ", "\x08", "a\u00a0b", "\U0001f600", "^a", "a" * 1000]  # fmt: skip
ANYTHING: Final = [None, True, False, 0, 1, 1.0, "1", "1.0", 323.0, [1, "PRO"], [None, "PRO"], {"b": [1, 2], "a": 1}, '{"a":1,"b":[1,2]}',
                   [], {}, "", float("nan"), [float("inf")], 2**70, "né", ["a", "b"], '["a","b"]', {"k": "é\"\n"}]  # fmt: skip

OPERATORS: Final[Mapping[str, Sequence[str]]] = {
    "text": ["exact", "is_not", "is_set", "is_not_set", "icontains", "not_icontains", "starts_with", "not_starts_with", "ends_with",
             "not_ends_with"],
    "regex": ["regex", "not_regex"],
    "number": ["gt", "gte", "lt", "lte"],
    "date": ["is_date_before", "is_date_after"],
    "version": ["semver_eq", "semver_neq", "semver_gt", "semver_gte", "semver_lt", "semver_lte", "semver_tilde", "semver_caret",
                "semver_wildcard"],
    "server": ["icontains_multi", "not_icontains_multi", "between", "not_between", "is_date_exact", "no_such_operator", "in"],
}  # fmt: skip
LOCAL_OPERATORS: Final = frozenset(name for family, names in OPERATORS.items() if family != "server" for name in names)

PROPERTIES: Final[Mapping[str, str]] = {
    "plan": "text", "city": "text", "beta": "truth", "age": "number", "seats": "number", "app": "version", "os": "version",
    "signup": "date", "renewal": "date", "email": "regex", "path": "regex", "any": "anything",
}  # fmt: skip


def random_value(random: Random, family: str, *, oddness: float) -> Any:
    """A property value of a family of properties."""
    odd = random.random() < oddness
    if family == "truth":
        return random.choice(TRUTHS)
    if family == "number":
        return random.choice(NON_NUMBERS if odd else NUMBERS)
    if family == "version":
        return random.choice(ODD_VERSIONS if odd else VERSIONS)
    if family == "date":
        return random.choice([*ODD_DATES, *RELATIVE] if odd else DATES)
    if family == "regex":
        return random.choice(SUBJECT_TEXTS)
    return random.choice(ANYTHING if odd or family == "anything" else TEXTS)


def random_property_filter(random: Random, *, oddness: float, kind: str = "person") -> Filter:
    """A filter on a property, mostly with an operator that suits it."""
    key = random.choice(list(PROPERTIES))
    family = PROPERTIES[key]
    if random.random() < oddness:
        operators = random.choice(list(OPERATORS.values()))
    else:
        operators = OPERATORS[family if family in OPERATORS and random.random() < 0.8 else "text"]
    operator = random.choice(operators)
    entry: Filter = {"key": key, "type": kind, "value": _filter_value(random, family, operator, oddness)}
    if operator != "exact" or random.random() < 0.8:
        entry["operator"] = operator
    if random.random() < oddness / 2:
        entry["negation"] = True
    if kind == "group":
        entry["group_type_index"] = 0
    return entry


def _filter_value(random: Random, family: str, operator: str, oddness: float) -> Any:
    odd = random.random() < oddness
    if operator in OPERATORS["regex"]:
        return random.choice(ODD_PATTERNS if odd else PATTERNS)
    if operator in OPERATORS["date"]:
        return random.choice([*ODD_DATES, *ODD_RELATIVE] if odd else [*DATES, *RELATIVE])
    if operator == "semver_wildcard":
        return random.choice(WILDCARDS)
    if operator in OPERATORS["version"]:
        return random.choice(ODD_VERSIONS if odd else VERSIONS)
    if operator in OPERATORS["number"]:
        return random.choice(NON_NUMBERS if odd else NUMBERS)
    if operator in ("between", "not_between"):
        return random.choice([[0, 10], [10, 0], ["1", "20"], [1], None])
    if operator in ("exact", "is_not") and random.random() < 0.3:
        return [random_value(random, family, oddness=oddness) for _ in range(random.randrange(4))]
    return random_value(random, family, oddness=oddness)
