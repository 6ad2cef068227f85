"""Flags, from records to the two channels: lines of text and shallow objects."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from evaluator import json_text
from evaluator.analysis import Finding
from evaluator.describe import describe_condition
from mcp_server.services.finding import FlagSummary, FlagView
from mcp_server.services.foreign_text import clean
from mcp_server.services.portability import cut, lint_rows_of_flag, row_line
from mcp_server.tools.proposal_views import proposal_row
from mcp_server.tools.quoting import cleaned
from mcp_server.tools.shapes import Flag

IN_WORDS = 300
"""Characters of one sentence about a flag; a condition with hundreds of values says how many more there are."""


def flag_line(flag: FlagSummary) -> str:
    """One flag in a list."""
    state = "archived" if flag.archived else "on" if flag.active else "off"
    conditions = f"{flag.conditions} condition{'' if flag.conditions == 1 else 's'}"
    variants = f", variants {clean(', '.join(flag.variants), 120)}" if flag.variants else ""
    about = f" - {clean(flag.name, 60)}" if flag.name else ""
    owner = f" (owner {clean(flag.owner, 40)})" if flag.owner else ""
    tags = f" #{clean(' #'.join(flag.tags), 80)}" if flag.tags else ""
    return f"{clean(flag.key)} [{state}, {conditions}{variants}, {flag.lifecycle}]{about}{owner}{tags}"


def flag_row(flag: FlagSummary) -> dict[str, Any]:
    """The same as an object. What is empty is left out."""
    return {
        name: cleaned(value, 120) for name, value in asdict(flag).items() if value is not None and value not in ("", ())
    }


def flag_answer(environment: str, view: FlagView) -> Flag:
    """One flag with its conditions by id, its exact definition and its history."""
    body = view.document.body
    own: dict[str, Any] = dict(body.get("drysail") or {})
    ids = own.pop("condition_ids", [])
    own.pop("next_condition", None)
    groups = (body.get("filters") or {}).get("groups") or []
    return Flag(
        environment=environment,
        key=view.document.ref.key,
        revision=view.document.revision,
        active=bool(body.get("active")) and not body.get("deleted"),
        archived=bool(body.get("deleted")),
        in_words=[
            *(clean(line, IN_WORDS) for line in view.description),
            *(clean(finding.message, IN_WORDS) for finding in view.findings if finding.condition is None),
        ],
        conditions=[
            {
                "id": name,
                "when": clean(describe_condition(group, view.cohort_names, view.group_types), IN_WORDS),
                "rollout_percentage": group.get("rollout_percentage", 100),
                "filters": group.get("properties") or [],
            }
            | _without_effect(view.findings, index)
            for index, (name, group) in enumerate(zip(ids, groups, strict=False))
        ],
        definition={name: value for name, value in body.items() if name != "drysail"},
        metadata=own,
        open_proposals=[proposal_row(proposal) for proposal in view.open_proposals],
        history=[
            {"revision": revision.revision, "at": f"{revision.at:%Y-%m-%dT%H:%M:%SZ}", "proposal": revision.proposal_id}
            for revision in view.revisions
        ],
        portability=lint_rows_of_flag(view.lints, view.document),
        next_step=(
            "simulate_flag tries a change without consequences; explain_flag tells why a subject gets its value; "
            'get_flag with detail="full" gives the exact filters and payloads.'
        ),
    )


def flag_summary(flag: Flag) -> Flag:
    """The flag without its exact definition, and nothing in it that could forge a screen."""
    return flag.model_copy(
        update={
            "conditions": [
                {name: value for name, value in condition.items() if name != "filters"} for condition in flag.conditions
            ],
            "definition": None,
            "portability": cut(flag.portability),
            "metadata": {name: cleaned(value, 120) for name, value in flag.metadata.items()},
        }
    )


def flag_lines(flag: Flag) -> list[str]:
    """The flag as text."""
    state = "archived" if flag.archived else "on" if flag.active else "off"
    lines = [f"{clean(flag.key)} in {flag.environment}, revision {flag.revision}, {state}"]
    lines.extend(line for line in flag.in_words if not line.startswith("Condition "))
    lines.append("Conditions, in order:" if flag.conditions else "It has no conditions.")
    for condition in flag.conditions:
        lines.append(f"  {condition['id']}: {condition['when']}")
        lines.extend(f"    ! {line}" for line in condition.get("without_effect", ()))
    lines.extend(map(row_line, flag.portability))
    if flag.metadata:
        lines.append("Metadata: " + ", ".join(f"{name}={_shown(value)}" for name, value in flag.metadata.items()))
    lines.extend(f"Proposal {row['id']} ({row['state']}) by {row['by']}" for row in flag.open_proposals)
    if flag.history:
        lines.append(
            "History: " + ", ".join(f"{entry['revision']} by {entry['proposal']}" for entry in flag.history[:5])
        )
    if flag.definition is not None:
        lines.append(f"Exact definition: {json_text.dumps(flag.definition)}")
    lines.append(flag.next_step)
    return lines


def _without_effect(findings: Sequence[Finding], index: int) -> dict[str, Any]:
    """What in one condition can be left out, and why."""
    lines = [clean(finding.message, IN_WORDS) for finding in findings if finding.condition == index]
    return {"without_effect": lines} if lines else {}


def _shown(value: Any) -> str:
    return clean(value if isinstance(value, str) else json_text.dumps(value), 80)
