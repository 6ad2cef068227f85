"""The part of `drysail traffic prune` that deletes one subject: count, ask, delete, tell what is left to do."""

import sys

import typer

from mcp_server.cli.screen import out, print_json, talk
from mcp_server.composition.home import person
from mcp_server.services.errors import InvalidInput
from mcp_server.services.forgetting import forget_subject, trace_subject
from mcp_server.services.home import Home


def forget(home: Home, environment: str, subject: str, *, ask: bool, json: bool) -> None:
    """Deletes the subject, after asking at a terminal. Raises InvalidInput where there is none to ask at."""
    found = trace_subject(home, environment, subject)
    talk().print(
        f"{found.checks:,} checks in {found.segments:,} segments of {environment} are of this subject. "
        "What was judged on them becomes stale.",
        markup=False,
        soft_wrap=True,
    )
    if ask:
        if not (sys.stdin.isatty() and sys.stderr.isatty()):
            raise InvalidInput(
                "Nothing was deleted: there is no terminal to ask at.", hint="Add --yes to delete without a question."
            )
        typer.confirm("Delete them?", abort=True, err=True)
    forgotten = forget_subject(home, environment, subject, person())
    if json:
        print_json(forgotten)
        return
    out().print(
        f"Deleted {len(forgotten.deleted) + forgotten.quarantined:,} segments and wrote {len(forgotten.rewritten):,} "
        "without the subject.",
        markup=False,
    )
    if forgotten.unfinished:
        talk().print(
            f"{forgotten.unfinished:,} unfinished files may belong to running processes and were left alone: "
            "run the same command again in ten minutes.",
            markup=False,
            soft_wrap=True,
        )
