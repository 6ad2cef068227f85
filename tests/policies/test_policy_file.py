"""Policy files: what they say, what they start from, and where exactly they are wrong."""

import json
from datetime import date, timedelta
from importlib.resources import files

import pytest
from jsonschema import Draft202012Validator

from policies.packs import PRESETS, preset
from policies.policy import Entry, Policy
from policies.policy_file import PolicyError, parse_policy
from policies.policy_schema import build_policy_schema
from policies.rules.registry import RULES
from policies.rules.rule import strictness
from policies.rules.scope import Scope
from policies.verdict import Level


def _parsed(text: str) -> Policy:
    return parse_policy(text, source="drysail.yaml")


def _entries(policy: Policy, rule: str) -> list[Entry]:
    return [entry for entry in policy.entries if entry.rule == rule]


def _only(policy: Policy, rule: str) -> Entry:
    [entry] = _entries(policy, rule)
    return entry


def test_a_file_that_says_nothing_is_the_standard_preset_by_another_name() -> None:
    policy = _parsed("version: 1\n")

    assert policy.name == "custom"
    assert policy.entries == preset("standard").entries
    assert policy.approvals == preset("standard").approvals


def test_a_file_starts_from_the_preset_it_extends() -> None:
    assert _parsed("version: 1\nextends: strict\n").entries == preset("strict").entries


def test_an_unscoped_rule_replaces_what_it_names_and_keeps_the_rest() -> None:
    policy = _parsed(
        "version: 1\nrules:\n  blast.catch_all: {params: {max_rollout_pct: 20}}\n  ramp.step: {level: warn}\n"
    )

    catch_all, step = _only(policy, "blast.catch_all"), _only(policy, "ramp.step")
    assert (catch_all.level, catch_all.params.model_dump()) == (
        Level.BLOCK,
        {"min_eligible_pct": 95.0, "max_rollout_pct": 20.0},
    )
    assert (step.level, step.params) == (Level.WARN, _only(preset("standard"), "ramp.step").params)


def test_a_scoped_rule_adds_to_the_unscoped_one_and_takes_over_what_it_does_not_say() -> None:
    policy = _parsed(
        "version: 1\n"
        "rules:\n"
        "  ramp.step@tag:billing: {level: block}\n"
        "  ramp.step: {params: {max_pp: 20}}\n"
        "  ramp.step@environment:eu: {params: {max_pp: 2}, where: {actors: [agent, ci], owners: [ann]}}\n"
    )

    assert [
        (entry.scope, entry.level, entry.params.model_dump(), entry.where) for entry in _entries(policy, "ramp.step")
    ] == [
        ("", Level.APPROVE, {"max_pp": 20.0}, Scope()),
        (
            "environment:eu",
            Level.APPROVE,
            {"max_pp": 2.0},
            Scope(environments=("eu",), actors=("agent", "ci"), owners=("ann",)),
        ),
        ("tag:billing", Level.BLOCK, {"max_pp": 20.0}, Scope(tags=("billing",))),
    ]


def test_a_rule_with_only_a_where_adds_to_the_preset_as_well() -> None:
    policy = _parsed("version: 1\nrules:\n  ramp.step:\n    where: {flags: [checkout]}\n    params: {max_pp: 1}\n")

    assert [(entry.scope, entry.where) for entry in _entries(policy, "ramp.step")] == [
        ("", Scope()),
        ("where", Scope(flags=("checkout",))),
    ]


def test_off_switches_a_rule_off_and_leaves_its_scoped_entries() -> None:
    policy = _parsed(
        "version: 1\n"
        "rules:\n"
        "  cov.fresh: {level: off}\n"
        "  cov.fresh@environment:eu: {level: warn}\n"
        "  ramp.step: {level: off}\n"
    )

    assert [(entry.scope, entry.level) for entry in _entries(policy, "cov.fresh")] == [("environment:eu", Level.WARN)]
    assert _entries(policy, "ramp.step") == []


@pytest.mark.parametrize("until", ["2027-01-31", "'2027-01-31'", '"2027-01-31"'])
def test_exceptions_are_read_with_or_without_quotes_around_the_date(until: str) -> None:
    policy = _parsed(
        f"version: 1\nexceptions:\n  - {{rule: ramp.step, flag: no, until: {until}, reason: Old menu, by: ann}}\n"
    )

    [exception] = policy.exceptions
    assert (exception.flag, exception.until, exception.reason) == ("no", date(2027, 1, 31), "Old menu")
    assert policy.exception("ramp.step", "no") == exception
    assert policy.exception("ramp.step", "yes") is None


def test_approvals_say_how_sure_and_how_long() -> None:
    policy = _parsed("version: 1\napprovals:\n  tags: {billing: ssh-sk, web: tty-same-user}\n  expire_after_hours: 8\n")

    assert policy.required_assurance(sandbox=False) == "tty"
    assert policy.required_assurance(sandbox=True) == "tty-same-user"
    assert policy.required_assurance(sandbox=True, tags=["billing", "web"]) == "ssh-sk"
    assert policy.required_assurance(sandbox=False, tags=["web", "other"]) == "tty", "a tag never asks for less"
    assert policy.approval_ttl == timedelta(hours=8)


@pytest.mark.parametrize(
    ("name", "real", "sandbox", "hours"),
    [
        ("standard", "tty", "tty-same-user", 72),
        ("strict", "ssh-sig", "ssh-sig", 24),
        ("audit-only", "tty-same-user", "tty-same-user", 72),
    ],
)
def test_what_the_presets_ask_of_an_approval(name: str, real: str, sandbox: str, hours: int) -> None:
    policy = preset(name)

    assert policy.required_assurance(sandbox=False) == real
    assert policy.required_assurance(sandbox=True) == sandbox
    assert policy.approval_ttl == timedelta(hours=hours)


@pytest.mark.parametrize("name", PRESETS)
def test_a_preset_names_itself_and_every_rule(name: str) -> None:
    policy = preset(name)

    assert policy.name == name
    assert {entry.rule for entry in policy.entries} == set(RULES)
    assert all(entry.where.is_empty for entry in policy.entries)


def test_standard_has_the_levels_and_limits_that_the_rules_have_by_default() -> None:
    assert {entry.rule: (entry.level, entry.params) for entry in preset("standard").entries} == {
        rule.id: (rule.level, rule.params()) for rule in RULES.values()
    }


def test_strict_is_at_least_as_strict_as_standard_in_every_limit() -> None:
    larger_is_stricter = ("min_days", "min_subjects", "min_span_hours")
    for entry in preset("strict").entries:
        mild = _only(preset("standard"), entry.rule)
        assert strictness(entry.level) >= strictness(mild.level)
        for name, value in entry.params.model_dump().items():
            other = mild.params.model_dump()[name]
            if name == "reconstructed":
                assert strictness(Level(value)) > strictness(Level(other))
            elif name in larger_is_stricter:
                assert value >= other, (entry.rule, name)
            else:
                assert value <= other, (entry.rule, name)


def test_there_is_no_other_preset() -> None:
    with pytest.raises(KeyError, match="no preset 'lenient'; there are standard, strict, audit-only"):
        preset("lenient")


def test_the_digest_names_what_a_policy_means_not_how_it_is_written() -> None:
    one = _parsed(
        "version: 1\nname: a\nrules:\n  ramp.step: {level: block, params: {max_pp: 5}}\n  cov.fresh: {level: off}\n"
    )
    same = _parsed(
        "# A comment.\n"
        "rules:\n"
        "  'cov.fresh':\n"
        "    level: 'off'\n"
        "  ramp.step: {params: {max_pp: 5.0}, level: block}\n"
        "name: a\n"
        "version: 1\n"
    )
    other = _parsed(
        "version: 1\nname: a\nrules:\n  ramp.step: {level: block, params: {max_pp: 6}}\n  cov.fresh: {level: off}\n"
    )

    assert one.digest == same.digest
    assert one.digest != other.digest
    assert len(one.digest) == 64


@pytest.mark.parametrize(
    "change",
    [
        "name: b",
        "extends: strict",
        "rules: {ramp.step@tag:x: {}}",
        "approvals: {assurance: ssh-sk}",
        "exceptions: [{rule: ramp.step, flag: f, until: 2027-01-31, reason: r, by: b}]",
    ],
)
def test_everything_that_a_policy_says_is_in_its_digest(change: str) -> None:
    assert _parsed(f"version: 1\n{change}\n").digest != _parsed("version: 1\n").digest


def _errors(text: str) -> list[str]:
    with pytest.raises(PolicyError) as caught:
        _parsed(text)
    return str(caught.value).splitlines()


WRONG = {
    "unknown rule": (
        "version: 1\nrules:\n  ramp.stp: {}\n",
        "drysail.yaml:3:3: There is no rule 'ramp.stp'. Did you mean 'ramp.step'?",
    ),
    "unknown parameter": (
        "version: 1\nrules:\n  ramp.step:\n    params:\n      max_p: 5\n",
        "drysail.yaml:5:7: 'max_p' is unknown in 'params'. Did you mean 'max_pp'?",
    ),
    "unknown key": (
        "version: 1\nrulez: {}\n",
        "drysail.yaml:2:1: 'rulez' is unknown. Did you mean 'rules'?",
    ),
    "a parameter where there is none": (
        "version: 1\nrules:\n  deps.ready: {params: {max: 1}}\n",
        "drysail.yaml:3:25: 'max' is unknown in 'params'. Remove it.",
    ),
    "unknown level": (
        "version: 1\nrules:\n  ramp.step: {level: blok}\n",
        "drysail.yaml:3:22: 'level' cannot be 'blok'. Did you mean 'block'?",
    ),
    "level on": (
        "version: 1\nrules:\n  ramp.step: {level: on}\n",
        "drysail.yaml:3:22: 'level' cannot be 'on'. Known: approve, audit, block, off, warn.",
    ),
    "level false": (
        "version: 1\nrules:\n  ramp.step: {level: false}\n",
        "drysail.yaml:3:22: 'level' cannot be false. Choose from block, approve, warn, audit, off.",
    ),
    "unknown preset": (
        "version: 1\nextends: standart\n",
        "drysail.yaml:2:10: 'extends' cannot be 'standart'. Did you mean 'standard'?",
    ),
    "text for a number": (
        "version: 1\nrules:\n  cov.sample: {params: {min_subjects: 1_000}}\n",
        "drysail.yaml:3:39: 'min_subjects' must be a whole number, not the text '1_000'. "
        "Write a whole number such as 1000.",
    ),
    "a clock time for a number": (
        "version: 1\nrules:\n  cov.fresh: {params: {max_gap_minutes: 1:30}}\n",
        "drysail.yaml:3:41: 'max_gap_minutes' must be a number, not the text '1:30'. Write a number such as 5 or 0.5.",
    ),
    "not a number": (
        "version: 1\nrules:\n  ramp.step: {params: {max_pp: .nan}}\n",
        "drysail.yaml:3:32: 'max_pp' must be a number, not the text '.nan'. Write a number such as 5 or 0.5.",
    ),
    "a boolean for a number": (
        "version: 1\nrules:\n  ramp.step: {params: {max_pp: true}}\n",
        "drysail.yaml:3:32: 'max_pp' must be a number, not true. Write a number such as 5 or 0.5.",
    ),
    "a number that means two things": (
        "version: 1\nrules:\n  ramp.step: {params: {max_pp: 010}}\n",
        "drysail.yaml:3:32: The number '010' is read differently by different programs. "
        "Remove the leading zero, or quote it.",
    ),
    "too large": (
        "version: 1\nrules:\n  ramp.step:\n    params: {max_pp: 101}\n",
        "drysail.yaml:4:22: 'max_pp' must be at most 100, not 101. Choose a value within the range.",
    ),
    "not above zero": (
        "version: 1\nrules:\n  def.key_reuse: {params: {min_days: 0}}\n",
        "drysail.yaml:3:38: 'min_days' must be more than 0, not 0. Choose a value within the range.",
    ),
    "a key that is written twice": (
        "version: 1\nrules:\n  ramp.step: {}\n  cov.fresh: {}\n  ramp.step: {level: warn}\n",
        "drysail.yaml:5:3: 'ramp.step' is written twice; the first time on line 3. Keep one of them.",
    ),
    "an unknown scope": (
        "version: 1\nrules:\n  ramp.step@tags:billing: {}\n",
        "drysail.yaml:3:3: '@tags:billing' is no scope. "
        "Scopes begin with @tag:, @owner:, @environment:, @actor:, @flag: and name one thing.",
    ),
    "a scope without a name": (
        "version: 1\nrules:\n  'ramp.step@tag:': {}\n",
        "drysail.yaml:3:3: '@tag:' is no scope. "
        "Scopes begin with @tag:, @owner:, @environment:, @actor:, @flag: and name one thing.",
    ),
    "an unknown actor in a scope": (
        "version: 1\nrules:\n  ramp.step@actor:agnet: {}\n",
        "drysail.yaml:3:3: There is no actor 'agnet'. Did you mean 'agent'?",
    ),
    "an unknown actor in where": (
        "version: 1\nrules:\n  ramp.step: {where: {actors: [agent, persn]}}\n",
        "drysail.yaml:3:39: 'actors[1]' cannot be 'persn'. Did you mean 'person'?",
    ),
    "one name for a list": (
        "version: 1\nrules:\n  ramp.step: {where: {tags: billing}}\n",
        "drysail.yaml:3:29: 'tags' must be a list, not the text 'billing'. Write [billing].",
    ),
    "an empty list": (
        "version: 1\nrules:\n  ramp.step: {where: {tags: []}}\n",
        "drysail.yaml:3:29: 'tags' is empty. Fill it in, or remove it.",
    ),
    "a scope that switches off": (
        "version: 1\nrules:\n  ramp.step@tag:billing: {level: off}\n",
        "drysail.yaml:3:34: A scoped entry can only add limits. "
        "To switch the rule off, write 'ramp.step' without a scope.",
    ),
    "a scope given twice": (
        "version: 1\nrules:\n  ramp.step@tag:billing: {where: {tags: [web]}}\n",
        "drysail.yaml:3:35: The tag is scoped twice, by '@tag:billing' and by 'where'. Keep one of them.",
    ),
    "nothing where a mapping belongs": (
        "version: 1\nrules:\n",
        "drysail.yaml:2:7: 'rules' must be a mapping, not nothing. "
        "Write indented 'name: value' lines, or remove the line.",
    ),
    "an exception without an end": (
        "version: 1\nexceptions:\n  - {rule: ramp.step, flag: f, reason: r, by: b}\n",
        "drysail.yaml:3:5: Missing in 'exceptions[0]': until. Add it.",
    ),
    "an exception that says little": (
        "version: 1\nexceptions:\n  - rule: ramp.step\n    until: 2027-01-31\n",
        "drysail.yaml:3:5: Missing in 'exceptions[0]': flag, reason, by. Add them.",
    ),
    "an exception for ever": (
        "version: 1\nexceptions:\n  - {rule: ramp.step, flag: f, until: never, reason: r, by: b}\n",
        "drysail.yaml:3:39: 'never' is no date. Write year-month-day such as 2027-01-31.",
    ),
    "a day that is not in the calendar": (
        "version: 1\nexceptions:\n  - {rule: ramp.step, flag: f, until: 2027-02-30, reason: r, by: b}\n",
        "drysail.yaml:3:39: '2027-02-30' is no date. Write year-month-day such as 2027-01-31.",
    ),
    "an exception without a reason": (
        "version: 1\nexceptions:\n  - {rule: ramp.step, flag: f, until: 2027-01-31, reason: '', by: b}\n",
        "drysail.yaml:3:59: 'reason' is empty. Fill it in, or remove it.",
    ),
    "an exception from no rule": (
        "version: 1\nexceptions:\n  - {rule: cov.frsh, flag: f, until: 2027-01-31, reason: r, by: b}\n",
        "drysail.yaml:3:12: 'rule' cannot be 'cov.frsh'. Did you mean 'cov.fresh'?",
    ),
    "an unknown assurance": (
        "version: 1\napprovals: {tags: {billing: ssh}}\n",
        "drysail.yaml:2:29: 'billing' cannot be 'ssh'. Did you mean 'ssh-sk'?",
    ),
    "no version": ("name: a\n", "drysail.yaml:1:1: Missing: version. Add it."),
    "another version": ("version: 2\n", "drysail.yaml:1:10: 'version' cannot be the number 2. Write version: 1."),
    "a name that is a number": (
        "version: 1\nname: 7\n",
        "drysail.yaml:2:7: 'name' must be text, not the number 7. Put it in quotes.",
    ),
    "empty": ("", "drysail.yaml:1:1: The policy is empty. Begin with 'version: 1'."),
    "a list": (
        "- version: 1\n",
        "drysail.yaml:1:1: The policy must be a mapping, not a list. Write indented 'name: value' lines.",
    ),
    "an alias": (
        "version: 1\nrules: &all {}\n",
        "drysail.yaml:2:8: Anchors and aliases are not read. Write the value out.",
    ),
    "a tag": (
        "version: 1\nname: !!python/object/apply:os.system [true]\n",
        "drysail.yaml:2:7: The tag 'tag:yaml.org,2002:python/object/apply:os.system' is not read. Remove it.",
    ),
    "a merge": (
        "version: 1\n<<: {name: a}\n",
        "drysail.yaml:2:1: '<<' is unknown. Known: approvals, exceptions, extends, name, rules, version.",
    ),
    "no YAML": (
        "version: 1\nrules: {ramp.step: {}\n",
        "drysail.yaml:3:1: This is not YAML: while parsing a flow mapping expected ',' or '}', but got '<stream end>'. "
        "Check indentation, colons and quotes around this place.",
    ),
    "two documents": (
        "version: 1\n---\nversion: 1\n",
        "drysail.yaml:2:1: This is not YAML: expected a single document in the stream but found another document. "
        "Check indentation, colons and quotes around this place.",
    ),
    "a control character": (
        "version: 1\nname: 'a\x1b[31m'\n",
        "drysail.yaml:2:9: The character U+001B is not allowed here. Remove it.",
    ),
    "an escape for no character": (
        'version: 1\nname: "\\UFFFFFFFF"\n',
        "drysail.yaml:2:10: This escape names no character. Write the character itself.",
    ),
    "a list as a key": ("version: 1\n[a]: 1\n", "drysail.yaml:2:1: A key must be text. Write 'name: value'."),
    "nested without end": (
        "version: 1\nname: " + "[" * 500 + "\n",
        "drysail.yaml:2:38: Nests deeper than 32 levels. Flatten it.",
    ),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_mistake_is_told_with_its_place_and_its_fix(name: str) -> None:
    text, expected = WRONG[name]

    assert _errors(text) == [expected]


def test_all_mistakes_are_told_at_once_in_the_order_of_the_file() -> None:
    text = "version: 1\nrules:\n  ramp.stp: {}\n  cov.fresh: {level: maybe, params: {max_age: 1}}\nname: 3\nname: b\n"

    assert [error.split(": ")[0] for error in _errors(text)] == [
        "drysail.yaml:3:3",
        "drysail.yaml:4:22",
        "drysail.yaml:4:38",
        "drysail.yaml:5:7",
        "drysail.yaml:6:1",
    ]


def test_a_problem_can_be_read_part_by_part() -> None:
    with pytest.raises(PolicyError) as caught:
        _parsed("version: 1\nrules:\n  ramp.stp: {}\n")

    [problem] = caught.value.problems
    assert caught.value.source == "drysail.yaml"
    assert (problem.line, problem.column) == (3, 3)
    assert (problem.message, problem.fix) == ("There is no rule 'ramp.stp'.", "Did you mean 'ramp.step'?")


def test_the_shipped_schema_is_the_one_that_the_rules_make() -> None:
    """To renew the file, write ``json.dumps(build_policy_schema(), indent=2, ensure_ascii=False)`` and a newline."""
    shipped = files("policies").joinpath("schema", "policy.schema.json").read_text(encoding="utf-8")

    assert json.loads(shipped) == build_policy_schema()
    Draft202012Validator.check_schema(build_policy_schema())
