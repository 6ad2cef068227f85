"""drysail policy."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mcp_server.cli.options import Json, home_of

if TYPE_CHECKING:
    from policies.policy import Policy

app = typer.Typer(help="What decides whether a change may happen.", no_args_is_help=True)
PolicyFile = Annotated[Path, typer.Argument(help="A policy file (drysail.yaml).")]


@app.command()
def check(path: PolicyFile, json: Json = False) -> None:
    """Read a policy file and say what it comes to; a mistake is named with its line. Changes nothing.

    [bold]Example[/bold]

      drysail policy check drysail.yaml
    """
    _print(_read(path), json=json)


@app.command()
def activate(ctx: typer.Context, path: PolicyFile, json: Json = False) -> None:
    """Make a policy file the one that judges in this home. Open proposals become stale. Audited.

    [bold]Example[/bold]

      drysail policy activate drysail.yaml
    """
    from mcp_server.cli.screen import talk
    from mcp_server.composition.home import person
    from mcp_server.services.policy_in_force import activate_policy

    _read(path)
    policy = activate_policy(home_of(ctx, create=True), path.read_text(encoding="utf-8"), str(path), person())
    _print(policy, json=json)
    talk().print(f"{policy.name} judges from now on.", markup=False)


@app.command()
def show(ctx: typer.Context, json: Json = False) -> None:
    """Show the policy that judges in this home."""
    from mcp_server.services.policy_in_force import policy_in_force

    with home_of(ctx).store.read() as reader:
        policy = policy_in_force(reader)
    _print(policy, json=json)


def _read(path: Path) -> "Policy":
    from mcp_server.services.errors import NotFound
    from mcp_server.services.policy_in_force import read_policy

    if not path.is_file():
        raise NotFound(f"There is no policy file {path}.", hint="Check the path.")
    return read_policy(path.read_text(encoding="utf-8"), str(path))


def _print(policy: "Policy", *, json: bool) -> None:
    from mcp_server.cli.screen import out, print_json
    from mcp_server.cli.tables import table

    if json:
        print_json({**policy.resolved(), "digest": policy.digest})
        return
    out().print(f"{policy.name}, digest {policy.digest[:16]}", markup=False)
    rows = [
        (
            entry.rule + (f"@{entry.scope}" if entry.scope else ""),
            str(entry.level),
            ", ".join(f"{name} {value}" for name, value in entry.params.model_dump().items()),
        )
        for entry in policy.entries
    ]
    out().print(table(("rule", "level", "limits"), rows))
