"""``docs/policy.md`` says what the rules and presets say."""

from pathlib import Path

import pytest

from policies.expect import Expect
from policies.judge import judge
from policies.packs import PRESETS, preset
from policies.policy_file import parse_policy
from policies.rules.registry import RULES
from policies.rules.rule import AnyRule
from policies.verdict import Level, State
from tests.policies.given import case

PAGE = (Path(__file__).parents[2] / "docs" / "policy.md").read_text(encoding="utf-8")


def _section(heading: str) -> str:
    _, found, rest = PAGE.partition(f"\n{heading}\n")
    assert found, f"docs/policy.md lacks the heading {heading}"
    return rest.split("\n#", maxsplit=1)[0]


def _shown(value: object) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)


@pytest.mark.parametrize("rule", RULES.values(), ids=list(RULES))
def test_every_rule_is_documented_with_its_level_and_its_parameters(rule: AnyRule) -> None:
    section = _section(f"### `{rule.id}`")

    assert f"{rule.summary} {rule.reason} Default level: `{rule.level.value}`." in section
    documented = {line for line in section.splitlines() if line.startswith("| `")}
    assert documented == {
        f"| `{name}` | {_shown(getattr(rule.params(), name))} | {field.description} |"
        for name, field in rule.params.model_fields.items()
    }


def test_no_rule_is_documented_that_does_not_exist() -> None:
    headings = {line.removeprefix("### `").removesuffix("`") for line in PAGE.splitlines() if line.startswith("### `")}

    assert headings == set(RULES)


@pytest.mark.parametrize("rule", RULES)
def test_the_table_of_presets_shows_the_limits_of_each(rule: str) -> None:
    cells = []
    for name in PRESETS:
        [entry] = [entry for entry in preset(name).entries if entry.rule == rule]
        limits = (f"{key} {_shown(value)}" for key, value in entry.params.model_dump().items())
        cells.append(", ".join([entry.level.value, *limits]))

    assert f"| `{rule}` | {' | '.join(cells)} |" in _section("## Presets")


def test_the_table_of_approvals_shows_what_each_preset_asks() -> None:
    approvals = [preset(name).approvals for name in PRESETS]
    rows = {
        "assurance": [each.assurance for each in approvals],
        "in sandboxes": [each.sandbox_assurance for each in approvals],
        "expire after": [f"{each.expire_after_hours} h" for each in approvals],
    }

    for name, cells in rows.items():
        assert f"| {name} | {' | '.join(cells)} |" in _section("## Presets")


def test_the_example_in_the_documentation_is_a_policy() -> None:
    example = _section("## The file").split("```yaml\n")[1].split("```")[0]

    policy = parse_policy(example, source="docs/policy.md")

    assert policy.name == "acme"
    assert [entry.scope for entry in policy.entries if entry.scope] == ["environment:eu", "tag:billing"]
    assert judge(case(), policy).policy == "acme"


def test_everything_that_can_be_declared_is_documented() -> None:
    rows = [line for line in _section("## What an agent declares").splitlines() if line.startswith("| `")]

    assert rows == [f"| `{name}` | {field.description} |" for name, field in Expect.model_fields.items()]


@pytest.mark.parametrize("name", [*State, *Level])
def test_every_state_and_level_is_documented(name: str) -> None:
    assert f"\n| `{name}` |" in _section("## How a verdict comes about")
