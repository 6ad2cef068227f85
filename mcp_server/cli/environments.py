"""drysail environments."""

from typing import Annotated

import typer

from mcp_server.cli.options import Json, home_of

app = typer.Typer(help="Isolated sets of flags, cohorts, traffic and keys.", no_args_is_help=True)


@app.command("list")
def list_environments(ctx: typer.Context, json: Json = False) -> None:
    """Show the environments."""
    from mcp_server.cli.screen import out, print_json
    from mcp_server.cli.tables import table

    with home_of(ctx).store.read() as reader:
        environments = list(reader.environments())
    if json:
        print_json(environments)
        return
    rows = [
        (each.name, "sandbox" if each.sandbox else "real", str(each.revision), f"{each.created_at:%Y-%m-%d %H:%M}")
        for each in environments
    ]
    out().print(table(("environment", "kind", "revision", "created (UTC)"), rows))


@app.command()
def create(
    ctx: typer.Context,
    name: str,
    sandbox: Annotated[
        bool, typer.Option("--sandbox", help="For trying out: accepts generated traffic and approving one's own agent.")
    ] = False,
) -> None:
    """Add an environment, with a public token. A new home gets the environment production besides.

    [bold]Example[/bold]

      drysail environments create staging
    """
    from mcp_server.cli.options import settings_of
    from mcp_server.cli.screen import talk
    from mcp_server.composition.home import FIRST_ENVIRONMENT, open_home, person
    from mcp_server.services.environments import create_environment

    first = None if name == FIRST_ENVIRONMENT else FIRST_ENVIRONMENT
    home = open_home(settings_of(ctx), create=True, first_environment=first)
    environment, key = create_environment(home, name, sandbox=sandbox, actor=person())
    talk().print(f"Created {environment.name}. Its project token is {key.token}", markup=False, soft_wrap=True)


@app.command("make-real")
def make_real(ctx: typer.Context, name: str) -> None:
    """End a sandbox: from now on its changes are judged like production's. There is no way back."""
    from mcp_server.cli.screen import talk
    from mcp_server.composition.home import person
    from mcp_server.services.environments import end_sandbox

    end_sandbox(home_of(ctx), name, person())
    talk().print(f"{name} is real now.", markup=False)
