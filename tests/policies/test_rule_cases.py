"""What each rule says, as tables: ``rule_cases/*.yaml``."""

from collections.abc import Iterator, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml

from policies.case import Case, Edit
from policies.judge import judge
from policies.rules.registry import RULES
from policies.verdict import FAILED_STATES, State
from tests.policies.given import NOW, case, definition, flag_edit, flag_impact, impact_of, policy_of, raised, traffic

FOLDER = Path(__file__).parent / "rule_cases"


def _rows() -> Iterator[tuple[str, dict[str, Any]]]:
    for file in sorted(FOLDER.glob("*.yaml")):
        for row in yaml.safe_load(file.read_text(encoding="utf-8")):
            yield file.stem, row


ROWS = list(_rows())


def built_case(given: Mapping[str, Any]) -> Case:
    fields = dict(given)
    edits = [_edit(key, edit) for key, edit in fields.pop("edits", {}).items()]
    edits += [Edit("cohort", key, {"id": key}, {"id": key, "name": "new"}) for key in fields.pop("cohorts", ())]
    flags = [flag_impact(key, **counts) for key, counts in fields.pop("flags", {}).items()]
    if flags or "impact" in fields:
        measured = fields.get("impact", {})
        fields["impact"] = None if measured is None else impact_of(*flags, **measured)
    if "traffic" in fields:
        fields["traffic"] = None if fields["traffic"] is None else traffic(**fields["traffic"])
    fields["drift"] = {key: flag_impact(key, **counts) for key, counts in fields.get("drift", {}).items()}
    retired = fields.pop("retired_days_ago", {})
    fields["retired_keys"] = {key: NOW - timedelta(days=days) for key, days in retired.items()}
    fields["dependents"] = {key: _definition(key, known) for key, known in fields.get("dependents", {}).items()}
    return case(*edits, **fields)


def _edit(key: str, edit: Any) -> Edit:
    if isinstance(edit, list):
        return raised(*edit, key=key)
    return flag_edit(_definition(key, edit.get("before")), _definition(key, edit.get("after")), key)


def _definition(key: str, described: Mapping[str, Any] | None) -> dict[str, Any] | None:
    if described is None:
        return None
    fields = dict(described)
    return definition(*fields.pop("conditions", ()), key=key, **fields)


@pytest.mark.parametrize("row", [pytest.param(row, id=f"{row['rule']}: {row['name']}") for _, row in ROWS])
def test_a_rule_says_what_its_table_says(row: dict[str, Any]) -> None:
    policy = policy_of(row["rule"], **row.get("params", {}))
    verdict = judge(built_case(row.get("given", {})), policy)
    said = [finding.model_dump(mode="json") for finding in verdict.findings]
    expected = row["says"] if isinstance(row["says"], list) else [row["says"]]
    compared = [{name: each[name] for name in wanted} for each, wanted in zip(said, expected, strict=True)]
    assert compared == expected


@pytest.mark.parametrize("rule", sorted(RULES))
def test_every_rule_has_a_failing_a_passing_and_an_inapplicable_case(rule: str) -> None:
    says = [row["says"] for _, row in ROWS if row["rule"] == rule]
    states = {State(each["state"]) for said in says for each in (said if isinstance(said, list) else [said])}
    assert states & FAILED_STATES
    assert State.PASS in states
    assert State.NOT_APPLICABLE in states


def test_a_table_is_named_after_the_family_of_its_rules() -> None:
    assert [(file, row["rule"]) for file, row in ROWS if not row["rule"].startswith(f"{file}.")] == []
