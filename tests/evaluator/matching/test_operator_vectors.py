"""Numbered cases of every operator. Where a case claims an SDK's agreement or a known difference, the SDK is asked."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from unittest.mock import patch
from zoneinfo import ZoneInfo

import pytest
from posthog import feature_flags as sdk

from evaluator.context import MISSING
from evaluator.matching import OPERATORS, compile_predicate

ROOT = Path(__file__).parents[3]
NOW = "2026-03-31T12:00:00Z"
FAMILIES = sorted((ROOT / "tests" / "vectors" / "operators").glob("*.json"))
UNKNOWN = "unknown"


def cases(source: str = "") -> list[Any]:
    return [
        pytest.param(case, id=f"{path.stem}-{case['number']}")
        for path in FAMILIES
        for case in json.loads(path.read_text())["cases"]
        if case["source"].startswith(source)
    ]


def filter_of(case: dict[str, Any]) -> dict[str, Any]:
    return {"key": "p", "operator": case["operator"], "value": case["filter"]}


def sdk_answer(case: dict[str, Any]) -> bool | str:
    properties = {} if case.get("absent") else {"p": case["property"]}
    with patch.object(sdk.datetime, "datetime", _FrozenDatetime):
        _FrozenDatetime.moment = datetime.fromisoformat(case.get("now", NOW))
        try:
            return sdk.match_property(filter_of(case), properties, case.get("version", 1))
        except sdk.InconclusiveMatchError:
            return UNKNOWN


class _FrozenDatetime(datetime):
    moment: datetime

    @classmethod
    def now(cls, tz: Any = None) -> datetime:
        return cls.moment.astimezone(tz)


@pytest.mark.parametrize("case", cases())
def test_the_predicate_gives_the_pinned_answer(case: dict[str, Any]) -> None:
    compiled = compile_predicate(
        filter_of(case),
        matching_version=case.get("version", 1),
        timezone=ZoneInfo(case["timezone"]) if "timezone" in case else UTC,
    )
    value = MISSING if case.get("absent") else case["property"]
    assert compiled.predicate(value, datetime.fromisoformat(case.get("now", NOW))) is case["matches"]


@pytest.mark.parametrize("case", cases("sdk"))
def test_the_sdk_gives_the_answer_that_is_attributed_to_it(case: dict[str, Any]) -> None:
    assert sdk_answer(case) is case["matches"]


@pytest.mark.parametrize("case", cases("difference"))
def test_the_sdk_answers_otherwise_where_a_difference_is_claimed(case: dict[str, Any]) -> None:
    assert sdk_answer(case) is not case["matches"]


def test_every_operator_has_a_case() -> None:
    covered = {case.values[0]["operator"] for case in cases()}
    assert set(OPERATORS) <= covered


def test_numbers_are_consecutive_and_sources_known() -> None:
    documented = (ROOT / "docs" / "semantics.md").read_text()
    for path in FAMILIES:
        family = json.loads(path.read_text())
        assert [case["number"] for case in family["cases"]] == list(range(1, len(family["cases"]) + 1))
        for case in family["cases"]:
            kind, _, row = case["source"].partition(" ")
            assert kind in ("sdk", "server", "difference")
            assert not row or f"\n| {row} |" in documented, f"docs/semantics.md lacks difference {row}"
