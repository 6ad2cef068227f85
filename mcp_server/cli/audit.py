"""drysail audit."""

from typing import Annotated

import typer

from mcp_server.cli.options import Json, home_of

app = typer.Typer(help="The hash-chained log of everything that happened.", no_args_is_help=True)


@app.command()
def log(
    ctx: typer.Context,
    limit: Annotated[int, typer.Option(help="How many of the newest entries.", min=1)] = 50,
    json: Json = False,
) -> None:
    """Show the newest entries."""
    from mcp_server.cli.screen import out, print_json
    from mcp_server.cli.tables import table
    from mcp_server.services.auditing import all_entries

    entries = all_entries(home_of(ctx))[-limit:]
    if json:
        print_json(entries)
        return
    rows = [
        (
            str(entry.sequence),
            f"{entry.event.at:%Y-%m-%d %H:%M:%S}",
            entry.event.action,
            entry.event.subject or "",
            entry.event.actor.principal,
            entry.event.reason,
        )
        for entry in entries
    ]
    out().print(table(("#", "at (UTC)", "action", "subject", "actor", "reason"), rows, right=("#",)))


@app.command()
def verify(
    ctx: typer.Context,
    head: Annotated[str | None, typer.Option(help="Hash that must be in the chain: a head noted down earlier.")] = None,
    json: Json = False,
) -> None:
    """Walk the whole chain. A changed, missing or reordered entry is named. Exits with 2 if it is broken.

    A chain can be rewritten as a whole by whoever owns the database: note the head down elsewhere and pass it later.
    """
    from mcp_server.cli.screen import out, print_json
    from mcp_server.services.auditing import verify as walk

    walked = walk(home_of(ctx), head)
    if json:
        print_json({"entries": walked.entries, "head": walked.head, "intact": True})
        return
    out().print(f"{walked.entries} entries, intact. Head {walked.head}", soft_wrap=True)
