"""drysail flags."""

from pathlib import Path
from typing import Annotated

import typer

from mcp_server.cli.options import (
    Active,
    Environment,
    Json,
    Operation,
    Reason,
    Rollout,
    environment_of,
    home_of,
    operations_of,
)

app = typer.Typer(help="Look at flags, and propose changes to them.", no_args_is_help=True)
ProposeOnly = Annotated[
    bool, typer.Option("--propose-only", help="Make the proposal, and do not apply it if it is allowed.")
]


@app.command("list")
def list_flags(
    ctx: typer.Context,
    query: Annotated[str, typer.Argument(help="Words in key, name, owner, tags or variants.")] = "",
    environment: Environment = None,
    archived: Annotated[bool, typer.Option("--archived", help="Archived ones, too.")] = False,
    json: Json = False,
) -> None:
    """Show the flags.

    [bold]Example[/bold]

      drysail flags list checkout
    """
    from dataclasses import asdict

    from mcp_server.cli.screen import out, print_json
    from mcp_server.cli.tables import table
    from mcp_server.services.finding import find_flags

    home = home_of(ctx)
    name = environment_of(ctx, home, environment)
    page = find_flags(home, name, query=query, archived=None if archived else False, limit=1_000_000)
    if json:
        print_json([asdict(flag) for flag in page.flags])
        return
    rows = [
        (
            flag.key,
            "archived" if flag.archived else "on" if flag.active else "off",
            str(flag.conditions),
            ", ".join(flag.variants),
            flag.owner,
            flag.name,
        )
        for flag in page.flags
    ]
    out().print(table(("flag", "state", "conditions", "variants", "owner", "name"), rows, right=("conditions",)))


@app.command()
def show(ctx: typer.Context, key: str, environment: Environment = None, json: Json = False) -> None:
    """Show one flag in words, with its conditions' ids and open proposals."""
    from mcp_server.cli.screen import print_json, print_line
    from mcp_server.services.finding import get_flag
    from mcp_server.tools.views import flag_answer, flag_lines, flag_summary

    home = home_of(ctx)
    name = environment_of(ctx, home, environment)
    flag = flag_answer(name, get_flag(home, name, key))
    if json:
        print_json(flag)
        return
    for line in flag_lines(flag_summary(flag))[:-1]:
        print_line(line)


@app.command()
def history(ctx: typer.Context, key: str, environment: Environment = None, json: Json = False) -> None:
    """Show who changed a flag, when and why."""
    from mcp_server.cli.screen import out, print_json
    from mcp_server.cli.tables import table
    from mcp_server.services.finding import history as read

    home = home_of(ctx)
    entries = read(home, environment_of(ctx, home, environment), key)
    if json:
        print_json(
            [
                {
                    "revision": revision.revision,
                    "at": revision.at.isoformat(),
                    "proposal": proposal.id,
                    "by": proposal.actor.principal,
                    "reviewed": revision.reviewed,
                    "reason": proposal.reason,
                }
                for revision, proposal in entries
            ]
        )
        return
    rows = [
        (
            str(revision.revision),
            f"{revision.at:%Y-%m-%d %H:%M:%S}",
            proposal.id,
            proposal.actor.principal,
            "yes" if revision.reviewed else "no",
            proposal.reason,
        )
        for revision, proposal in entries
    ]
    out().print(table(("revision", "at (UTC)", "proposal", "by", "reviewed", "reason"), rows, right=("revision",)))


@app.command("set")
def set_flag(
    ctx: typer.Context,
    key: str,
    reason: Reason,
    environment: Environment = None,
    active: Active = None,
    rollout: Rollout = None,
    op: Operation = None,
    propose_only: ProposeOnly = False,
    json: Json = False,
) -> int:
    """Propose a change; apply it if the policy allows it.

    Exits with 0 if applied, 1 if denied, 3 if another person has to approve.

    [bold]Examples[/bold]

      drysail flags set new-checkout --rollout c2=15 -m "Second step of the ramp"

      drysail flags set dark-mode --off -m "Broken on Safari"
    """
    from mcp_server.cli.outcome import propose_and_apply
    from mcp_server.composition.home import person
    from mcp_server.services.changing import modify

    home = home_of(ctx)
    name = environment_of(ctx, home, environment)
    operations = operations_of(op, rollout, active)
    intent = modify(home, name, key, operations, reason=reason, actor=person())
    return propose_and_apply(home, intent, propose_only=propose_only, json=json)


@app.command()
def off(
    ctx: typer.Context,
    key: str,
    reason: Reason = "Switched off.",
    environment: Environment = None,
    json: Json = False,
) -> int:
    """Give everybody the flag's safe value, at once. Replayed and recorded, but not held up by missing traffic.

    [bold]Example[/bold]

      drysail flags off search-enabled -m "Search is down"
    """
    from mcp_server.cli.outcome import propose_and_apply
    from mcp_server.composition.home import person
    from mcp_server.services.changing import switch_off

    home = home_of(ctx)
    name = environment_of(ctx, home, environment)
    intent = switch_off(home, name, key, reason=reason, actor=person())
    return propose_and_apply(home, intent, propose_only=False, json=json)


@app.command("import")
def import_flags(
    ctx: typer.Context,
    path: Annotated[Path, typer.Argument(help="A JSON or YAML file in PostHog's feed form, or a folder of them.")],
    environment: Environment = None,
    reason: Reason = "Imported.",
    json: Json = False,
) -> int:
    """Bring flags in from files.

    The first import into an empty environment is applied at once; later ones make a proposal per changed flag. A flag
    that could not be served is left out and reported; then the command exits with 2 although the others came in.

    [bold]Example[/bold]

      drysail flags import flags.json --environment staging
    """
    from mcp_server.cli.flag_files import read_flag_files
    from mcp_server.cli.outcome import print_imported
    from mcp_server.composition.home import person
    from mcp_server.services.importing import import_feed

    feed = read_flag_files(path)
    home = home_of(ctx, create=True)
    name = environment_of(ctx, home, environment)
    return print_imported(import_feed(home, name, feed, reason=reason, actor=person()), str(path), json=json)


@app.command("export")
def export_flags(
    ctx: typer.Context,
    environment: Environment = None,
    output: Annotated[Path | None, typer.Option("--output", "-o", help="File to write (default: stdout).")] = None,
) -> None:
    """Print all definitions in PostHog's feed form, with Drysail's own data under "drysail"."""
    from mcp_server.cli.screen import out, talk
    from mcp_server.services.exporting import export_feed

    home = home_of(ctx)
    name = environment_of(ctx, home, environment)
    text = export_feed(home, name)
    if output is None:
        out().file.write(text)
    else:
        output.write_text(text, encoding="utf-8")
        talk().print(f"Wrote {output}.", markup=False)
