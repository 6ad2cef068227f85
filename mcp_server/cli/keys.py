"""drysail keys."""

from typing import Annotated

import typer

from mcp_server.cli.options import Environment, Json, environment_of, home_of

app = typer.Typer(help="Tokens of SDKs (public, secret) and of agents.", no_args_is_help=True)


@app.command("list")
def list_keys(ctx: typer.Context, environment: Environment = None, json: Json = False) -> None:
    """Show the keys that are valid. Only public tokens can be shown; the others were shown once."""
    from mcp_server.cli.screen import out, print_json
    from mcp_server.cli.tables import table

    with home_of(ctx).store.read() as reader:
        keys = [key for key in reader.keys(environment) if key.revoked_at is None]
    if json:
        print_json(keys)
        return
    rows = [
        (key.id, key.environment, key.kind, key.token or f"{key.hint}…", " ".join(key.scopes), key.label)
        for key in keys
    ]
    out().print(table(("id", "environment", "kind", "token", "scopes", "label"), rows))


@app.command()
def create(
    ctx: typer.Context,
    kind: Annotated[str, typer.Option(help="public, secret or agent.")] = "agent",
    environment: Environment = None,
    label: Annotated[str, typer.Option(help="What it is for.")] = "",
    scope: Annotated[
        list[str] | None, typer.Option(help="flags:read, :simulate, :propose, :apply. Repeatable.")
    ] = None,
    on_behalf_of: Annotated[str | None, typer.Option(help="Who answers for the agent (default: you).")] = None,
    json: Json = False,
) -> None:
    """Make a key. A secret or agent token is printed once and kept as a hash only.

    [bold]Examples[/bold]

      drysail keys create --kind secret --environment production

      drysail keys create --kind agent --scope flags:read --scope flags:simulate
    """
    from typing import cast, get_args

    from mcp_server.cli.screen import out, print_json, talk
    from mcp_server.composition.home import person
    from mcp_server.services.environment import KeyKind
    from mcp_server.services.environments import AGENT_SCOPES, create_key
    from mcp_server.services.errors import InvalidInput

    if kind not in get_args(KeyKind):
        raise InvalidInput(f"There is no kind of key {kind!r}.", hint="Use public, secret or agent.", place="--kind")
    home = home_of(ctx)
    actor = person()
    key, token = create_key(
        home,
        environment_of(ctx, home, environment),
        cast(KeyKind, kind),
        actor=actor,
        label=label,
        scopes=scope or AGENT_SCOPES,
        on_behalf_of=on_behalf_of or actor.principal,
    )
    if json:
        print_json({**key.model_dump(mode="json"), "token": token})
        return
    out().print(token, markup=False, soft_wrap=True)
    talk().print(f"{key.id}, a {key.kind} key of {key.environment}." + ("" if key.token else " It is not shown again."))


@app.command()
def revoke(ctx: typer.Context, key_id: str) -> None:
    """End a key; servers refuse it within a quarter of a second."""
    from mcp_server.cli.screen import talk
    from mcp_server.composition.home import person
    from mcp_server.services.environments import revoke_key

    revoke_key(home_of(ctx), key_id, person())
    talk().print(f"Revoked {key_id}.", markup=False)
