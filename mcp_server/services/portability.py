"""What authors hear of SDKs that evaluate by themselves: the portability lints of what they write."""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from evaluator.definitions import DefinitionWarning
from evaluator.definitions.condition_ids import condition_ids
from mcp_server.services.definitions import Bodies, bodies_of, edited, ruleset_of
from mcp_server.services.document import Document, Ref
from mcp_server.services.foreign_text import clean
from mcp_server.services.grouping import reached
from mcp_server.services.home import Home
from mcp_server.services.proposal import DocumentEdit, Proposal

MOST_SHOWN = 3
"""Lints of one change in a text, and in a summary; the others are counted."""
LONGEST = 400
_IN_CONDITION = re.compile(r"filters\.groups\[(\d+)\](?:\.properties\[(\d+)\])?")


def added_lints(base: Bodies, edits: Sequence[DocumentEdit]) -> tuple[DefinitionWarning, ...]:
    """The lints that edits of these definitions bring with them, also by naming a cohort or flag that has some."""
    refs = [edit.ref for edit in edits]
    return new_lints(_lints_of(base, refs), _lints_of(edited(base, edits), refs))


def lints_of_proposal(home: Home, proposal: Proposal) -> tuple[DefinitionWarning, ...]:
    """The lints that a proposal brings with it, beside what is in force now."""
    with home.store.read() as reader:
        bodies = bodies_of(reader.documents(proposal.environment))
    for edit in proposal.edits:
        if edit.before is None:
            bodies.pop(edit.ref, None)
        else:
            bodies[edit.ref] = edit.before
    return added_lints(bodies, proposal.edits)


def new_lints(before: Iterable[DefinitionWarning], after: Iterable[DefinitionWarning]) -> tuple[DefinitionWarning, ...]:
    """The lints of ``after`` that ``before`` does not have at any place."""
    known = {_meaning(warning) for warning in before}
    return tuple(warning for warning in after if _meaning(warning) not in known)


def lint_lines(lints: Sequence[DefinitionWarning], most: int = MOST_SHOWN) -> list[str]:
    """The lints in lines of text, one of each code first."""
    return [row_line(row) for row in lint_rows(lints, most)]


def row_line(row: Mapping[str, Any]) -> str:
    """One of ``lint_rows`` as text."""
    if "more" in row:
        return f"SDKs: {row['more']} more places where they can answer otherwise."
    place = row.get("place", f"{row['kind']} {row['key']}" + (f", {row['path']}" if row["path"] else ""))
    return f"SDKs: {place}: {row['message']} {row['fix']}" if place else f"SDKs: {row['message']} {row['fix']}"


def lint_rows(lints: Sequence[DefinitionWarning], most: int = MOST_SHOWN) -> list[dict[str, Any]]:
    """The lints as objects, one of each code first, and how many more there are."""
    return cut([_row(warning) for warning in _various(lints)], most)


def cut(rows: Sequence[dict[str, Any]], most: int = MOST_SHOWN) -> list[dict[str, Any]]:
    """The first rows, and how many more there are."""
    return [*rows[:most], {"more": len(rows) - most}] if len(rows) > most else list(rows)


def lint_rows_of_flag(lints: Sequence[DefinitionWarning], flag: Document) -> list[dict[str, Any]]:
    """All lints of one flag's own page: what it says itself has its place in the flag's words, such as
    ``condition c1, country``.
    """
    rows = lint_rows(lints, len(lints))
    own = (flag.ref.kind, clean(flag.ref.key, 60))
    return [{**row, "place": _within(row["path"], flag.body)} if _owner(row) == own else row for row in rows]


def with_lints(flags: Sequence[Mapping[str, Any]], lints: Sequence[DefinitionWarning]) -> list[dict[str, Any]]:
    """Rows about flags, each with its lints under ``portability``. A cohort's stand in the first row of all."""
    rows = [dict(flag) for flag in flags]
    named = {row["flag"]: row for row in rows}
    by_flag: dict[str, list[DefinitionWarning]] = {}
    for warning in lints:
        key = warning.key if warning.kind == "flag" or not rows else rows[0]["flag"]
        by_flag.setdefault(key, []).append(warning)
    for key, found in by_flag.items():
        if key in named:
            named[key]["portability"] = lint_rows(found)
        else:
            rows.append({"flag": clean(key), "portability": lint_rows(found)})
    return rows


def lint_summary(lints: Sequence[DefinitionWarning]) -> list[str]:
    """Many lints of many flags, one line for each code with how often it occurs and one example."""
    codes: dict[str, list[DefinitionWarning]] = {}
    for warning in lints:
        codes.setdefault(warning.problem.code, []).append(warning)
    lines = []
    for code, found in sorted(codes.items(), key=lambda item: (-len(item[1]), item[0])):
        where = len({(warning.kind, warning.key) for warning in found})
        what = "definition" if where == 1 else "definitions"
        lines.append(f"SDKs: {code} in {where} {what}, such as {_place(found[0])}: {_said(found[0])}")
    return lines


def _various(lints: Sequence[DefinitionWarning]) -> list[DefinitionWarning]:
    """The first lint of each code, then the others."""
    first: dict[str, DefinitionWarning] = {}
    for warning in lints:
        first.setdefault(warning.problem.code, warning)
    chosen = set(map(id, first.values()))
    return [*first.values(), *(warning for warning in lints if id(warning) not in chosen)]


def _owner(row: Mapping[str, Any]) -> tuple[str, str]:
    return row["kind"], row["key"]


def _within(path: str, body: Mapping[str, Any]) -> str:
    """A path as a person names the place: the condition by its id, and the property that a filter asks for."""
    found = _IN_CONDITION.match(path)
    if found is None:
        return path
    index, filter_index = int(found[1]), found[2]
    name = f"condition {condition_ids(body)[index]}"
    if filter_index is None:
        return name
    asked = body["filters"]["groups"][index]["properties"][int(filter_index)].get("key")
    return f"{name}, {clean(asked, 60)}"


def _place(warning: DefinitionWarning) -> str:
    path = warning.problem.path
    return f"{warning.kind} {clean(warning.key, 60)}" + (f", {path}" if path else "")


def _said(warning: DefinitionWarning) -> str:
    return clean(f"{warning.problem.message} {warning.problem.fix}", LONGEST)


def _lints_of(bodies: Bodies, refs: Iterable[Ref]) -> tuple[DefinitionWarning, ...]:
    """The lints of these flags and cohorts and of all that they name. Looks at nothing else of the environment."""
    ruleset = ruleset_of(reached(bodies, refs))
    return tuple(warning for warning in ruleset.warnings if warning.level == "portability")


def _row(warning: DefinitionWarning) -> dict[str, Any]:
    problem = warning.problem
    row = {
        "kind": warning.kind,
        "key": clean(warning.key, 60),
        "path": problem.path,
        "code": problem.code,
        "difference": problem.difference,
        "message": clean(problem.message, LONGEST),
        "fix": clean(problem.fix, LONGEST),
    }
    return {name: value for name, value in row.items() if value is not None}


def _meaning(warning: DefinitionWarning) -> tuple[str, str, str, str]:
    return warning.kind, warning.key, warning.problem.code, warning.problem.message
