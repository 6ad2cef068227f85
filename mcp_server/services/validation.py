"""What a change must satisfy before it is worth judging."""

from collections.abc import Sequence
from difflib import get_close_matches
from typing import Any

from evaluator.validate import validate_flag

from evaluator.definitions.problem import Problem
from mcp_server.services.definitions import bodies_of, edited
from mcp_server.services.errors import Conflict, InvalidInput, Stale
from mcp_server.services.home import Home
from mcp_server.services.proposal import DocumentEdit


def check_edits(home: Home, environment: str, edits: Sequence[DocumentEdit]) -> None:
    """Raises InvalidInput for a flag that cannot be served, Stale where the base has moved, Conflict for no change."""
    if not edits:
        raise InvalidInput("The change is empty.", code="NO_CHANGE")
    with home.store.read() as reader:
        reader.environment(environment)
        documents = {document.ref: document for document in reader.documents(environment)}
    for edit in edits:
        current = documents.get(edit.ref)
        revision = 0 if current is None else current.revision
        if revision != edit.base_revision:
            raise Stale(
                f"{edit.ref.kind.capitalize()} {edit.ref.key!r} is at revision {revision}, "
                f"the change was made for {edit.base_revision}.",
                hint="Read it again and repeat the change.",
            )
        if edit.after == edit.before:
            raise Conflict(
                f"The change leaves {edit.ref.kind} {edit.ref.key!r} as it is.",
                hint="Leave it out.",
                code="NO_CHANGE",
            )
    after = edited(bodies_of(documents.values()), edits)
    flag_keys = [ref.key for ref in after if ref.kind == "flag"]
    cohort_keys = [ref.key for ref in after if ref.kind == "cohort"]
    for edit in edits:
        if edit.ref.kind == "flag" and edit.after is not None:
            _check_flag(edit.after, flag_keys, cohort_keys)


def _check_flag(flag: dict[str, Any], flag_keys: Sequence[str], cohort_keys: Sequence[str]) -> None:
    problems = [*validate_flag(flag), *_missing_references(flag, flag_keys, cohort_keys)]
    if problems:
        first = problems[0]
        more = f" ({len(problems) - 1} more problems)" if len(problems) > 1 else ""
        raise InvalidInput(
            f"Flag {flag.get('key')!r}: {first.message}{more}",
            hint=first.fix,
            code=first.code.upper(),
            place=first.path,
        )


def _missing_references(flag: dict[str, Any], flag_keys: Sequence[str], cohort_keys: Sequence[str]) -> list[Problem]:
    problems = []
    for number, condition in enumerate((flag.get("filters") or {}).get("groups") or []):
        for place, entry in enumerate(condition.get("properties") or []):
            path = f"filters.groups[{number}].properties[{place}]"
            if entry.get("type") == "cohort" and str(entry.get("value")) not in cohort_keys:
                problems.append(
                    Problem(
                        path=path,
                        code="no_such_cohort",
                        message=f"There is no cohort {entry.get('value')}.",
                        fix=f"Use one of: {', '.join(cohort_keys) or 'none exists'}.",
                    )
                )
            if entry.get("type") == "flag" and entry.get("key") not in flag_keys:
                near = get_close_matches(str(entry.get("key")), flag_keys, n=1)
                problems.append(
                    Problem(
                        path=path,
                        code="no_such_flag",
                        message=f"It depends on flag {entry.get('key')!r}, which does not exist.",
                        fix=f"Did you mean {near[0]!r}?" if near else "Create that flag first.",
                    )
                )
    return problems
