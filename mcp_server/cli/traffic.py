"""drysail traffic."""

from pathlib import Path
from typing import Annotated

import typer

from mcp_server.cli.options import Environment, Json, environment_of, home_of, settings_of

app = typer.Typer(help="Recorded traffic: what changes are replayed on.", no_args_is_help=True)


@app.command()
def generate(
    ctx: typer.Context,
    checks: Annotated[int, typer.Option(min=1, help="How many checks.")] = 200_000,
    seed: Annotated[int, typer.Option(help="The same seed gives the same traffic.")] = 1,
    subjects: Annotated[
        int | None, typer.Option(min=1, help="How many people (default: one for eight checks).")
    ] = None,
    hours: Annotated[int, typer.Option(min=1, help="The window, ending now.")] = 48,
    environment: Environment = None,
    json: Json = False,
) -> None:
    """Make synthetic traffic for a sandbox, and register it as a snapshot. It never counts in a real environment.

    [bold]Example[/bold]

      drysail traffic generate --checks 200000 --seed 7 --environment staging
    """
    from mcp_server.cli.screen import out, print_json, progress
    from mcp_server.composition.traffic import generate_traffic

    home = home_of(ctx)
    name = environment_of(ctx, home, environment)
    with progress("Generating") as report:
        snapshot = generate_traffic(
            home, settings_of(ctx), name, checks=checks, seed=seed, subjects=subjects, hours=hours, progress=report
        )
    if json:
        print_json(snapshot)
        return
    facts = snapshot.facts
    out().print(f"{snapshot.id}: {facts.checks:,} synthetic checks of {facts.subjects:,} subjects.", markup=False)


@app.command()
def snapshot(ctx: typer.Context, environment: Environment = None, json: Json = False) -> None:
    """Register what was recorded up to now; replays use the newest snapshot. `drysail serve` does it every hour.

    [bold]Example[/bold]

      drysail traffic snapshot --environment production
    """
    from mcp_server.cli.screen import out, print_json
    from mcp_server.composition.home import person
    from mcp_server.services.errors import NotFound
    from mcp_server.services.snapshots import register_snapshot

    home = home_of(ctx)
    name = environment_of(ctx, home, environment)
    found = register_snapshot(home, name, "recorded", person()) or register_snapshot(
        home, name, "reconstructed", person()
    )
    if found is None:
        raise NotFound(
            f"Nothing was recorded in {name} yet.",
            hint="Point an SDK at `drysail serve`, or import traffic. Recorded checks are written once a minute.",
            code="NO_TRAFFIC",
        )
    if json:
        print_json(found)
        return
    facts = found.facts
    out().print(f"{found.id}: {facts.checks:,} {facts.provenance} checks of {facts.subjects:,} subjects.", markup=False)


@app.command()
def stats(ctx: typer.Context, environment: Environment = None, json: Json = False) -> None:
    """Show what the newest snapshot holds: volume, properties and their values, SDKs, gaps."""
    from mcp_server.cli.screen import out, print_json
    from mcp_server.cli.tables import table
    from mcp_server.composition.traffic import statistics

    home = home_of(ctx)
    name = environment_of(ctx, home, environment)
    found = statistics(home, settings_of(ctx), name)
    if json:
        print_json(found)
        return
    facts = found.facts
    out().print(
        f"{facts.snapshot}: {facts.provenance}, {facts.checks:,} checks of {facts.subjects:,} subjects, "
        f"{facts.first_at:%Y-%m-%d %H:%M} to {facts.newest_at:%Y-%m-%d %H:%M} UTC, {facts.dropped:,} dropped",
        markup=False,
    )
    by_flag: dict[str, int] = {}
    for row in found.volume:
        by_flag[row.flag] = by_flag.get(row.flag, 0) + row.checks
    rows = [(flag, f"{checks:,}") for flag, checks in sorted(by_flag.items(), key=lambda item: -item[1])]
    out().print(table(("flag", "checks"), rows, right=("checks",)))
    properties = [
        (
            each.name if each.group_type is None else f"{each.group_type}.{each.name}",
            f"{each.present:,}",
            f"{each.missing:,}",
            f"{each.distinct_values:,}",
            ", ".join(f"{top.value} ({top.subjects:,})" for top in each.top[:4]),
        )
        for each in found.properties
    ]
    columns = ("property", "subjects", "missing", "values", "most frequent")
    out().print(table(columns, properties, right=columns[1:4]))
    sdks = [(sdk, f"{checks:,}") for sdk, checks in sorted(found.sdks.items(), key=lambda item: -item[1])]
    out().print(table(("sdk", "checks"), sdks, right=("checks",)))


@app.command()
def prune(
    ctx: typer.Context,
    days: Annotated[int, typer.Option(min=0, help="Delete what ended longer ago than this.")] = 30,
    environment: Environment = None,
    json: Json = False,
) -> None:
    """Delete old traffic. What the newest snapshot and open proposals rest on stays.

    [bold]Example[/bold]

      drysail traffic prune --days 7 --environment production
    """
    from datetime import timedelta

    from mcp_server.cli.screen import out, print_json
    from mcp_server.composition.traffic import prune as run
    from mcp_server.traffic.archive import TrafficArchive

    home = home_of(ctx)
    name = environment_of(ctx, home, environment)
    pruned = run(home, TrafficArchive(settings_of(ctx).home), name, timedelta(days=days))
    if json:
        print_json(pruned)
    else:
        out().print(f"Deleted {len(pruned.segments)} segments, {pruned.bytes:,} bytes.")


@app.command()
def quarantine(ctx: typer.Context, segment: str, environment: Environment = None) -> None:
    """Move a damaged segment out of the way, so that the rest can be used. Take a new snapshot afterwards.

    [bold]Example[/bold]

      drysail traffic quarantine 0b1c2d3e4f --environment production
    """
    from mcp_server.cli.screen import talk
    from mcp_server.traffic.archive import TrafficArchive

    home = home_of(ctx)
    name = environment_of(ctx, home, environment)
    moved = TrafficArchive(settings_of(ctx).home).quarantine(name, segment)
    talk().print(f"Moved to {moved}. Now: drysail traffic snapshot --environment {name}", markup=False, soft_wrap=True)


@app.command("import")
def import_traffic(
    ctx: typer.Context,
    path: Annotated[Path, typer.Argument(help="A file of JSON lines, as `drysail traffic export` writes it.")],
    environment: Environment = None,
    json: Json = False,
) -> int:
    """Bring in checks from a file. They count as reconstructed. Lines that cannot be read are counted and named."""
    from mcp_server.cli.screen import out, print_json, talk
    from mcp_server.composition.traffic import import_traffic as run
    from mcp_server.services.errors import NotFound

    home = home_of(ctx)
    name = environment_of(ctx, home, environment)
    if not path.is_file():
        raise NotFound(f"There is no file {path}.", hint="Check the path.")
    report = run(settings_of(ctx), name, path)
    if json:
        print_json(report)
    else:
        out().print(f"Imported {report.checks:,} checks.")
        for line in report.corrupt[:10]:
            talk().print(f"{path}:{line.line}: {line.message}", markup=False)
        if report.corrupt_lines > 10:
            talk().print(f"{report.corrupt_lines - 10} more lines could not be read.")
    return 2 if report.corrupt_lines else 0


@app.command("export")
def export_traffic(
    ctx: typer.Context,
    environment: Environment = None,
    output: Annotated[Path | None, typer.Option("--output", "-o", help="File to write (default: stdout).")] = None,
) -> None:
    """Print the newest snapshot as JSON lines, one check each."""
    from mcp_server.cli.screen import out, talk
    from mcp_server.composition.traffic import export_traffic as run

    home = home_of(ctx)
    lines = run(home, settings_of(ctx), environment_of(ctx, home, environment))
    if output is None:
        for line in lines:
            out().file.write(line + "\n")
        return
    with output.open("w", encoding="utf-8") as file:
        file.writelines(line + "\n" for line in lines)
    talk().print(f"Wrote {output}.", markup=False)
