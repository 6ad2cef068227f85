"""drysail demo."""

from pathlib import Path
from typing import Annotated

import typer

FOLDER = Path(".demo")


def demo(
    plain: Annotated[bool, typer.Option("--plain", help="No frames and colours, for logs.")] = False,
    folder: Annotated[Path, typer.Option(help="Where to play; made anew each time.")] = FOLDER,
    shoppers: Annotated[int, typer.Option(min=100, help="People that ask through the real SDK.")] = 2000,
    checks: Annotated[int, typer.Option(min=10_000, help="Checks that the generator adds.")] = 200_000,
    port: Annotated[int, typer.Option(help="Port of the server; 0 takes a free one.")] = 0,
    ephemeral: Annotated[bool, typer.Option("--ephemeral", help="Stop the server at the end.")] = False,
    stop: Annotated[bool, typer.Option("--stop", help="Stop the server that an earlier tour left running.")] = False,
) -> None:
    """Take the guided tour: real server, real SDK, an agent over MCP, a review in a terminal. Under a minute.

    [bold]Example[/bold]

      drysail demo --plain
    """
    from mcp_server.cli.screen import out, talk
    from mcp_server.demo.narration import Narrator
    from mcp_server.demo.stage import stop_server
    from mcp_server.demo.tour import Wishes, give_tour

    if stop:
        talk().print("Stopped." if stop_server(folder) else "No server of a tour is running.")
        return
    wishes = Wishes(folder=folder, shoppers=shoppers, checks=checks, port=port, leave_running=not ephemeral)
    give_tour(wishes, Narrator(out(), plain=plain))
