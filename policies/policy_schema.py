"""The JSON Schema of policy files, made from the rules so that the two cannot drift.

``policies/schema/policy.schema.json`` is its text: Drysail validates with that file, and so can an editor.
"""

import json
import re
from functools import cache
from importlib.resources import files
from typing import Any

from policies.policy import ASSURANCES
from policies.policy_preset import PRESETS
from policies.rules.registry import RULES
from policies.rules.rule import AnyRule
from policies.verdict import Level

SCOPES = {"tag": "tags", "owner": "owners", "environment": "environments", "actor": "actors", "flag": "flags"}
"""What may stand behind the ``@`` of a rule id, and the list in ``where`` that says the same."""

ACTORS = ("agent", "person", "ci")

OFF = "off"
"""The level that switches a rule off."""


@cache
def policy_schema() -> dict[str, Any]:
    """The schema as it ships. The caller must not change it."""
    text = files("policies").joinpath("schema", "policy.schema.json").read_text(encoding="utf-8")
    schema: dict[str, Any] = json.loads(text)
    return schema


def build_policy_schema() -> dict[str, Any]:
    """The schema as it should ship."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Drysail policy",
        "description": "What a change to a feature flag may do.",
        "type": "object",
        "additionalProperties": False,
        "required": ["version"],
        "properties": {
            "version": {"const": 1, "description": "Version of this file format."},
            "name": {"type": "string", "minLength": 1, "description": "Name of the policy in verdicts."},
            "extends": {
                "enum": list(PRESETS),
                "default": PRESETS[0],
                "description": "Preset that this policy starts from.",
            },
            "rules": _rules(),
            "exceptions": {"type": "array", "items": _EXCEPTION},
            "approvals": _APPROVALS,
        },
        "$defs": {"where": _WHERE, "names": _NAMES},
    }


def _rules() -> dict[str, Any]:
    kinds = "|".join(SCOPES)
    return {
        "type": "object",
        "description": "Rules by id; with '@tag:billing' and the like, further limits for part of the changes.",
        "additionalProperties": False,
        "patternProperties": {f"^{re.escape(rule.id)}(@({kinds}):.+)?$": _entry(rule) for rule in RULES.values()},
    }


def _entry(rule: AnyRule) -> dict[str, Any]:
    return {
        "type": "object",
        "description": rule.summary,
        "additionalProperties": False,
        "properties": {
            "level": {"enum": [*(level.value for level in Level), OFF], "description": "What a failure means."},
            "params": _params(rule),
            "where": {"$ref": "#/$defs/where"},
        },
    }


def _params(rule: AnyRule) -> dict[str, Any]:
    properties = rule.params.model_json_schema()["properties"] if rule.params.model_fields else {}
    plain = {
        name: {key: value for key, value in schema.items() if key != "title"} for name, schema in properties.items()
    }
    return {"type": "object", "additionalProperties": False, "properties": plain}


_NAMES = {"type": "array", "minItems": 1, "items": {"type": "string", "minLength": 1}}

_WHERE: dict[str, Any] = {
    "type": "object",
    "description": "Limits the entry to some changes. All lists must match.",
    "additionalProperties": False,
    "minProperties": 1,
    "properties": {
        **{name: {"$ref": "#/$defs/names"} for name in ("environments", "tags", "owners", "flags")},
        "actors": {"type": "array", "minItems": 1, "items": {"enum": list(ACTORS)}},
    },
}

_EXCEPTION: dict[str, Any] = {
    "type": "object",
    "description": "A permission for one flag to fail one rule for a while.",
    "additionalProperties": False,
    "required": ["rule", "flag", "until", "reason", "by"],
    "properties": {
        "rule": {"enum": list(RULES)},
        "flag": {"type": "string", "minLength": 1},
        "until": {
            "type": "string",
            "format": "date",
            "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}$",
            "description": "Last day on which it counts (UTC).",
        },
        "reason": {"type": "string", "minLength": 1},
        "by": {"type": "string", "minLength": 1, "description": "Who answers for it."},
    },
}

_ASSURANCE = {"enum": list(ASSURANCES)}

_APPROVALS: dict[str, Any] = {
    "type": "object",
    "description": "What an approval needs.",
    "additionalProperties": False,
    "properties": {
        "assurance": {**_ASSURANCE, "description": "How sure an approval must be."},
        "sandbox_assurance": {**_ASSURANCE, "description": "The same in sandbox environments."},
        "tags": {
            "type": "object",
            "additionalProperties": _ASSURANCE,
            "description": "More assurance for flags with a tag.",
        },
        "expire_after_hours": {
            "type": "integer",
            "minimum": 1,
            "maximum": 8760,
            "description": "How long an approval counts, in hours.",
        },
    },
}
