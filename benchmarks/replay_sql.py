"""The same question as one SQL statement on the raw checks, as somebody with a warehouse would ask it.

The statement is generated from the compiled flags. A filter is the list of values for which the evaluator's own
predicate holds (``IN``); a rollout compares hexadecimal texts, which is exact: the first 15 digits of a SHA-1 are the
hash.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import duckdb
import numpy as np

from benchmarks.replay_store import Log
from benchmarks.shop_traffic import COUNTRIES, NOW, PLANS, SIGNUPS, VERSIONS, Traffic, email, subject
from evaluator import MISSING, Ruleset
from evaluator.compiled import CompiledCondition, CompiledFlag, PropertyTest
from policies.impact import FlagValue

DICTIONARIES: Final[Mapping[str, Sequence[Any]]] = {
    "country": COUNTRIES,
    "plan": PLANS,
    "app_version": VERSIONS,
    "signup_date": SIGNUPS,
}

_HASHES: Final = 1 << 60

COPY: Final = """
    COPY (
        SELECT log.at, people.distinct_id, people.country, people.plan, people.email, versions.app_version,
               people.signup_date, answers.value
        FROM log JOIN contexts ON contexts.context = log.context JOIN people ON people.customer = contexts.customer
        JOIN versions ON versions.code = contexts.version JOIN answers ON answers.code = contexts.answer
        ORDER BY log.at
    ) TO $path (FORMAT parquet, COMPRESSION zstd)
"""


def write_raw_log(path: Path, traffic: Traffic, log: Log) -> None:
    """One row per check, with all that was sent: what a warehouse holds."""
    people = {
        "customer": list(range(len(traffic.countries))),
        "distinct_id": [subject(customer) for customer in range(len(traffic.countries))],
        "country": [COUNTRIES[code] for code in traffic.countries.tolist()],
        "plan": [None if PLANS[code] is MISSING else PLANS[code] for code in traffic.plans.tolist()],
        "email": [email(customer, host) for customer, host in enumerate(traffic.mail_hosts.tolist())],
        "signup_date": [SIGNUPS[code] for code in traffic.signups.tolist()],
    }
    with duckdb.connect() as connection:
        tables = {
            "log": {"at": log.at_us, "context": log.contexts},
            "contexts": {
                "context": np.arange(len(traffic.subjects), dtype=np.int32),
                "customer": traffic.subjects,
                "version": traffic.versions,
                "answer": log.answers,
            },
            "people": {
                name: np.array(values, dtype=np.int32 if name == "customer" else object)
                for name, values in people.items()
            },
            "versions": {"code": np.arange(len(VERSIONS)), "app_version": np.array(VERSIONS, dtype=object)},
            "answers": {
                "code": np.arange(len(log.values)),
                "value": np.array([_text(value) for value in log.values], dtype=object),
            },
        }
        for name, table in tables.items():
            connection.register(name, table)
        connection.execute(COPY, {"path": str(path)})


def ask(
    path: Path, before: Ruleset, after: Ruleset, flag: str, split_by: Sequence[str] = ()
) -> dict[tuple[FlagValue, FlagValue], tuple[int, int]]:
    """By old and new value: distinct subjects and checks. Reads the file once, with all cores.

    ``split_by`` are properties by which the statement counts the same again, as an impact does.
    """
    columns = "".join(f", {name}" for name in split_by)
    sets = ", ".join(["(before, after)", *(f"(before, after, {name})" for name in split_by)])
    sql = f"""
        SELECT before, after, count(DISTINCT distinct_id), count(*), grouping(before, after{columns}) AS level
        FROM (
            SELECT distinct_id{columns}, {_value(before.flags[flag])} AS before, {_value(after.flags[flag])} AS after
            FROM read_parquet($path)
        )
        GROUP BY GROUPING SETS ({sets})
    """
    with duckdb.connect() as connection:
        rows = connection.execute(sql, {"path": str(path)}).fetchall()
    whole = (1 << len(split_by)) - 1
    return {
        (_parsed(old), _parsed(new)): (subjects, checks) for old, new, subjects, checks, level in rows if level == whole
    }


def _value(flag: CompiledFlag) -> str:
    cases = " ".join(f"WHEN {_holds(flag, condition)} THEN {_variant(flag)}" for condition in flag.conditions)
    return f"CASE {cases} ELSE 'false' END"


def _holds(flag: CompiledFlag, condition: CompiledCondition) -> str:
    parts = [_test(test) for test in condition.tests if isinstance(test, PropertyTest)]
    if len(parts) != len(condition.tests):
        raise NotImplementedError("only filters on properties of persons are translated")
    if condition.rollout_bound is not None:
        parts.append(_below(f"sha1('{flag.key}.' || distinct_id)", condition.rollout_bound + 1))
    return " AND ".join(parts) or "true"


def _test(test: PropertyTest) -> str:
    values = DICTIONARIES.get(test.property)
    if values is None:
        return _substring(test)
    matching = [value for value in values if test.predicate(value, NOW)]
    listed = ", ".join(f"'{value}'" for value in matching if value is not MISSING)
    found = f"coalesce({test.property} IN ({listed}), false)" if listed else "false"
    return f"({found} OR {test.property} IS NULL)" if test.predicate(MISSING, NOW) else found


def _substring(test: PropertyTest) -> str:
    """A list of a million addresses is no way to ask for a part of one."""
    if test.filter["operator"] != "icontains":
        raise NotImplementedError(f"{test.filter['operator']} on a property with as many values as subjects")
    return f"coalesce(contains(lower({test.property}), '{test.filter['value'].lower()}'), false)"


def _variant(flag: CompiledFlag) -> str:
    hashed = f"sha1('{flag.key}.' || distinct_id || 'variant')"
    cases = " ".join(f"WHEN {_below(hashed, bound)} THEN '{key}'" for bound, key in flag.variants)
    return f"CASE {cases} ELSE 'true' END" if cases else "'true'"


def _below(hashed: str, bound: int) -> str:
    if bound <= 0:
        return "false"
    return "true" if bound >= _HASHES else f"{hashed} < '{bound:015x}'"


def _text(value: FlagValue) -> str:
    return value if isinstance(value, str) else str(value).lower()


def _parsed(text: str) -> FlagValue:
    return {"false": False, "true": True}.get(text, text)
