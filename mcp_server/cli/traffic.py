"""drysail traffic."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from mcp_server.cli.options import Environment, Json, environment_of, home_of

Chosen = Annotated[str | None, typer.Argument(help="A snapshot's id (default: the newest).", show_default=False)]

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
    from mcp_server.composition.home import person
    from mcp_server.services.traffic import generate_traffic

    home = home_of(ctx)
    name = environment_of(ctx, home, environment)
    with progress("Generating") as report:
        snapshot = generate_traffic(
            home, name, person(), checks=checks, seed=seed, subjects=subjects, hours=hours, progress=report
        )
    if json:
        print_json(snapshot)
        return
    facts = snapshot.facts
    out().print(f"{snapshot.id}: {facts.checks:,} synthetic checks of {facts.subjects:,} subjects.", markup=False)


@app.command()
def snapshot(ctx: typer.Context, environment: Environment = None, json: Json = False) -> None:
    """Register what was recorded up to now; replays use the newest snapshot. `drysail serve` does it every hour.

    Damaged segments are moved to quarantine and named; the snapshot is made of the rest.

    [bold]Example[/bold]

      drysail traffic snapshot --environment production
    """
    from mcp_server.cli.screen import out, print_json
    from mcp_server.cli.traffic_statistics import show_damaged
    from mcp_server.composition.home import person
    from mcp_server.services.damage import damaged_of
    from mcp_server.services.errors import NotFound
    from mcp_server.services.snapshots import register_best

    home = home_of(ctx)
    name = environment_of(ctx, home, environment)
    found = register_best(home, name, person())
    if found is None:
        if damaged := home.traffic.quarantined(name):
            raise NotFound(
                f"{name} has no whole traffic segment; {len(damaged)} lie in quarantine, among them "
                f"{damaged[-1].sentence()}",
                hint="Restore them from a backup, or wait for new traffic.",
                code="NO_TRAFFIC",
            )
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
    show_damaged(out(), damaged_of(found))


@app.command()
def stats(ctx: typer.Context, snapshot: Chosen = None, environment: Environment = None, json: Json = False) -> None:
    """Show what a snapshot holds: volume by flag, value and day, properties and their values, SDKs, gaps.

    [bold]Example[/bold]

      drysail traffic stats --environment production
    """
    from mcp_server.cli.screen import out, print_json
    from mcp_server.cli.traffic_statistics import show_statistics
    from mcp_server.services.traffic import traffic_statistics

    home = home_of(ctx)
    found = traffic_statistics(home, environment_of(ctx, home, environment), snapshot)
    if json:
        print_json(found)
    else:
        show_statistics(out(), found)


@app.command()
def prune(
    ctx: typer.Context,
    days: Annotated[int, typer.Option(min=0, help="Delete what ended longer ago than this.")] = 30,
    subject: Annotated[
        str | None, typer.Option(help="Delete this distinct id or device id instead, from all traffic.")
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", help="With --subject: do not ask.")] = False,
    environment: Environment = None,
    json: Json = False,
) -> None:
    """Delete old traffic, or everything about one subject. What the newest snapshot and open proposals rest on stays.

    With --subject nothing stays: segments are written again without it, and what was judged on them becomes stale.

    [bold]Examples[/bold]

      drysail traffic prune --days 7 --environment production
      drysail traffic prune --subject user-4711 --environment production
    """
    from datetime import timedelta

    from mcp_server.cli.screen import out, print_json
    from mcp_server.services.traffic import prune_traffic

    home = home_of(ctx)
    if subject is not None:
        from mcp_server.cli.forgetting import forget

        forget(home, environment_of(ctx, home, environment), subject, ask=not yes, json=json)
        return
    pruned = prune_traffic(home, environment_of(ctx, home, environment), timedelta(days=days))
    if json:
        print_json(pruned)
    else:
        out().print(f"Deleted {len(pruned.segments)} segments, {pruned.bytes:,} bytes.")


@app.command()
def quarantine(ctx: typer.Context, segment: str, environment: Environment = None) -> None:
    """Move a segment out of the way, so that the rest can be used. Taking a snapshot does it with damaged ones.

    [bold]Example[/bold]

      drysail traffic quarantine seg_20261122T100000_1f2e3d4c5b6a --environment production
    """
    from mcp_server.cli.screen import talk
    from mcp_server.composition.home import person
    from mcp_server.services.snapshots import quarantine_segment

    home = home_of(ctx)
    name = environment_of(ctx, home, environment)
    moved = quarantine_segment(home, name, segment, person())
    talk().print(
        f"Moved to {moved.place}. Now: drysail traffic snapshot --environment {name}", markup=False, soft_wrap=True
    )


class FileFormat(StrEnum):
    """Forms of traffic files. ``parquet`` and ``csv`` with ``--map`` are anybody's tables."""

    JSONL = "jsonl"
    PARQUET = "parquet"
    CSV = "csv"
    POSTHOG = "posthog"


class ExportFormat(StrEnum):
    """Forms that an export can have."""

    JSONL = "jsonl"
    PARQUET = "parquet"


@app.command("import")
def import_traffic(
    ctx: typer.Context,
    files: Annotated[list[Path], typer.Argument(help="Files: Drysail's own, PostHog events, or tables with --map.")],
    file_format: Annotated[
        FileFormat | None, typer.Option("--format", help="What the files are (default: found out).")
    ] = None,
    mapping: Annotated[
        list[str] | None,
        typer.Option("--map", help="WHAT=COLUMN, e.g. distinct_id=user_id or property.age:integer=age. Repeatable."),
    ] = None,
    strict: Annotated[bool, typer.Option("--strict", help="Stop at the first row that cannot be read.")] = False,
    restart: Annotated[
        bool, typer.Option("--restart", help="Take back what an interrupted import wrote, and begin again.")
    ] = False,
    environment: Environment = None,
    json: Json = False,
) -> int:
    """Bring in checks from files. They count as reconstructed. Rows that cannot be read are counted and named.

    An import that was interrupted goes on where it stopped when the same command is run again. Exits with 2 if a row
    could not be read.

    [bold]Examples[/bold]

      drysail traffic import traffic.jsonl
      drysail traffic import events.parquet --format posthog
      drysail traffic import users.csv --map distinct_id=user_id --map at:utc=seen_at --map property.plan=plan
    """
    from mcp_server.cli.screen import as_json, print_json, progress, talk
    from mcp_server.cli.traffic_reports import show_import
    from mcp_server.services.traffic import ImportOptions, bring_in

    home = home_of(ctx)
    name = environment_of(ctx, home, environment)
    options = ImportOptions(
        format=None if file_format is None else file_format.value,
        mapping=tuple(mapping or ()),
        strict=strict,
        restart=restart,
    )
    reports = []
    for path in files:
        try:
            with progress(f"Importing {path.name}") as report:
                reports.append(bring_in(home, name, path, options, report))
        except KeyboardInterrupt:
            talk().print("Stopped. Run the same command again to go on from here.", markup=False)
            raise
        if not json:
            show_import(reports[-1])
    if json:
        print_json([as_json(each) for each in reports])
    elif sum(each.checks for each in reports):
        talk().print(f"Replays use it after: drysail traffic snapshot --environment {name}", markup=False)
    return 2 if any(each.corrupt_rows for each in reports) else 0


@app.command("export")
def export_traffic(
    ctx: typer.Context,
    snapshot: Chosen = None,
    file_format: Annotated[
        ExportFormat | None, typer.Option("--format", help="jsonl or parquet (default: by the file's name, or jsonl).")
    ] = None,
    output: Annotated[Path | None, typer.Option("--output", "-o", help="File to write (default: stdout).")] = None,
    environment: Environment = None,
) -> None:
    """Write a snapshot, one row per check, as JSON lines or Parquet.

    [bold]Examples[/bold]

      drysail traffic export --output traffic.jsonl
      drysail traffic export snap_20261122T120000_1f2e3d --format parquet --output traffic.parquet
    """
    from mcp_server.cli.screen import out, talk
    from mcp_server.services.errors import InvalidInput
    from mcp_server.services.traffic import export_lines, export_parquet

    home = home_of(ctx)
    name = environment_of(ctx, home, environment)
    suffix = "" if output is None else output.suffix
    if file_format is ExportFormat.PARQUET or (file_format is None and suffix == ".parquet"):
        if output is None:
            raise InvalidInput("Parquet cannot be printed.", hint="Name a file with --output.")
        export_parquet(home, name, output, snapshot)
    else:
        lines = export_lines(home, name, snapshot)
        if output is None:
            for line in lines:
                out().file.write(line + "\n")
            return
        from mcp_server.cli.traffic_reports import write_lines

        write_lines(output, lines)
    talk().print(f"Wrote {output}.", markup=False)
