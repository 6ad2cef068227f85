"""The commands. Each lives in a module of its own and imports what it needs when it runs, so that help is quick."""

from pathlib import Path
from typing import Annotated

import typer

from mcp_server.cli import (
    applying,
    audit,
    checking,
    demo,
    environments,
    explaining,
    flags,
    keys,
    policy,
    review,
    serving,
    simulating,
    traffic,
)
from mcp_server.settings import read_settings

HELP = """Dry run, then sail: feature flags that agents can change without hurting anyone.

A change is a proposal: replayed on recorded traffic, judged by a policy on its measured effect, reviewed in this
terminal, and applied only if exactly that evidence was allowed or approved.

Start with [bold]drysail demo[/bold], or [bold]drysail flags import flags.json[/bold] and [bold]drysail serve[/bold].
"""

app = typer.Typer(help=HELP, no_args_is_help=True, rich_markup_mode="rich", pretty_exceptions_enable=False)


def _version(show: bool) -> None:
    if show:
        from importlib.metadata import version

        typer.echo(f"drysail {version('drysail')}")
        raise typer.Exit


@app.callback()
def root(
    ctx: typer.Context,
    home: Annotated[Path | None, typer.Option(help="Folder of the home (default ./.drysail; DRYSAIL_HOME).")] = None,
    database_url: Annotated[
        str | None, typer.Option(help="PostgreSQL instead of SQLite in the home (DRYSAIL_DATABASE_URL).")
    ] = None,
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    """Reads the settings: option, then DRYSAIL_* in the environment, then drysail.toml, then default."""
    ctx.obj = read_settings({"home": home, "database_url": database_url})


app.command(rich_help_panel="Start")(demo.demo)
app.command(rich_help_panel="Start")(serving.serve)
app.command(rich_help_panel="Start")(serving.mcp)
app.add_typer(flags.app, name="flags", rich_help_panel="Change")
app.command(rich_help_panel="Change")(simulating.simulate)
app.command(rich_help_panel="Change")(explaining.explain)
app.command(rich_help_panel="Change")(review.review)
app.command(rich_help_panel="Change")(applying.apply)
app.command(rich_help_panel="Change")(applying.undo)
app.command(rich_help_panel="Change")(checking.check)
app.add_typer(traffic.app, name="traffic", rich_help_panel="Run")
app.add_typer(policy.app, name="policy", rich_help_panel="Run")
app.add_typer(audit.app, name="audit", rich_help_panel="Run")
app.add_typer(keys.app, name="keys", rich_help_panel="Run")
app.add_typer(environments.app, name="environments", rich_help_panel="Run")
app.command(rich_help_panel="Run")(serving.migrate)
