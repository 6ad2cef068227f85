"""drysail serve, mcp and migrate."""

from typing import Annotated

import typer

from mcp_server.cli.options import home_of, settings_of


def serve(
    ctx: typer.Context,
    host: Annotated[str | None, typer.Option(help="Address to listen on (default 127.0.0.1; DRYSAIL_HOST).")] = None,
    port: Annotated[int | None, typer.Option(help="Port; 0 takes a free one (default 8470; DRYSAIL_PORT).")] = None,
) -> None:
    """Serve flags to PostHog's SDKs and OpenFeature clients, and MCP to agents at /mcp.

    [bold]Examples[/bold]

      drysail serve

      drysail --home /var/lib/drysail serve --host 0.0.0.0 --port 8080
    """
    from dataclasses import replace

    from mcp_server.cli.screen import talk
    from mcp_server.composition.serving import serve as run

    settings = settings_of(ctx)
    settings = replace(
        settings,
        host=settings.host if host is None else host,
        port=settings.port if port is None else port,
    )
    home = home_of(ctx, create=True)
    with home.store.read() as reader:
        tokens = [key for key in reader.keys(None) if key.kind == "public" and key.revoked_at is None]

    def started(url: str) -> None:
        console = talk()
        console.print(f"[bold]Serving {settings.home} at {url}[/bold]  (MCP at {url}/mcp; stop with Ctrl-C)")
        for token in tokens:
            console.print(f"  {token.environment}: project token {token.token}", markup=False)

    run(home, settings, started)


def mcp(
    ctx: typer.Context,
    read_only: Annotated[bool, typer.Option("--read-only", help="Offer only tools that change nothing.")] = False,
) -> None:
    """Run the MCP server on stdin and stdout, for an agent on this machine.

    [bold]Example[/bold]

      claude mcp add drysail -- drysail --home /path/to/.drysail mcp
    """
    from mcp_server.composition.stdio import serve_stdio

    serve_stdio(home_of(ctx, create=True), read_only=read_only)


def migrate(ctx: typer.Context) -> None:
    """Upgrade the database to this version of Drysail. Stop its servers first; there is no way back.

    [bold]Example[/bold]

      drysail migrate
    """
    from mcp_server.cli.screen import talk
    from mcp_server.store import migrate as upgrade

    before, after = upgrade(settings_of(ctx).database_url)
    talk().print(f"The database is at schema {after}." if before == after else f"Upgraded from {before} to {after}.")
