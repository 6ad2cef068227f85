"""drysail simulate."""

from typing import TYPE_CHECKING, Annotated

import typer

from mcp_server.cli.options import (
    Active,
    Environment,
    Json,
    Operation,
    Rollout,
    environment_of,
    home_of,
    operations_of,
)
from mcp_server.cli.other_traffic import (
    CompareFrom,
    CompareSnapshot,
    CompareUntil,
    From,
    Sample,
    Until,
    called,
    comparison_rows,
    selection_of,
)

if TYPE_CHECKING:
    from mcp_server.services.judging import Judgement
    from policies.replay.recording import Recording

    Simulated = tuple[Judgement, Recording | None]


def simulate(
    ctx: typer.Context,
    key: str,
    environment: Environment = None,
    active: Active = None,
    rollout: Rollout = None,
    op: Operation = None,
    by: Annotated[list[str] | None, typer.Option(help="Split the effect by this property. Repeatable.")] = None,
    since: From = None,
    until: Until = None,
    sample: Sample = None,
    compare_snapshot: CompareSnapshot = None,
    compare_from: CompareFrom = None,
    compare_until: CompareUntil = None,
    json: Json = False,
) -> int:
    """Dry-run a change on recorded traffic: who would move, and what the policy would say. Stores nothing.

    Exits with 0 if it would be allowed, 1 if denied, 3 if a person would have to approve.

    [bold]Examples[/bold]

      drysail simulate new-checkout --rollout c2=50 --by country

      drysail simulate new-checkout --rollout c2=50 --from 2026-11-20 --until 2026-11-21 --compare-from 2026-11-22
    """
    from mcp_server.cli.screen import replaying
    from mcp_server.composition.home import person
    from mcp_server.services.changing import modify
    from mcp_server.services.proposing import simulate as run

    home = home_of(ctx)
    name = environment_of(ctx, home, environment)
    operations = operations_of(op, rollout, active)
    intent = modify(home, name, key, operations, reason="simulation", actor=person())
    chosen = selection_of(None, since, until, sample)
    other = selection_of(compare_snapshot, compare_from, compare_until)
    with replaying() as report:
        simulated = run(home, intent, breakdowns=tuple(by or ()), progress=report, traffic=chosen)
    compared = None
    if other is not None:
        with replaying() as report:
            compared = run(home, intent, progress=report, traffic=other)
    if json:
        _print_json(simulated, compared)
    else:
        _print(simulated, split=bool(by))
        if compared is not None:
            _print_comparison(simulated, compared)
    return {"allow": 0, "deny": 1, "review": 3}[simulated[0].verdict.decision]


def _print_json(simulated: "Simulated", compared: "Simulated | None") -> None:
    from mcp_server.cli.screen import print_json
    from mcp_server.services.portability import added_lints, lint_rows

    judgement, recording = simulated
    lints = added_lints(judgement.change.base, judgement.change.edits)
    print_json(
        {
            "verdict": judgement.verdict,
            "impact": judgement.impact,
            "proved": judgement.proved,
            "traffic": None if recording is None else recording.facts,
            "portability": lint_rows(lints, len(lints)),
            "compared": compared and {"impact": compared[0].impact, "traffic": compared[1] and compared[1].facts},
        }
    )


def _print(simulated: "Simulated", *, split: bool) -> None:
    from mcp_server.cli.screen import out, print_line
    from mcp_server.cli.tables import table
    from mcp_server.services.portability import added_lints, lint_lines
    from mcp_server.services.wording import finding_lines, headline, impact_lines, proved_lines, trust_lines

    judgement, recording = simulated
    print_line(f"Would be {headline(judgement.verdict)}", style="bold")
    for line in [
        *impact_lines(judgement.impact),
        *proved_lines(judgement.proved),
        *finding_lines(judgement.verdict),
        *trust_lines(judgement.impact, None if recording is None else recording.facts),
        *lint_lines(added_lints(judgement.change.base, judgement.change.edits)),
    ]:
        print_line(line)
    for flag in judgement.impact.flags if judgement.impact is not None and split else ():
        for breakdown in flag.breakdowns:
            rows = [
                (row.value, f"{row.subjects:,}", f"{row.on_before:,}", f"{row.on_after:,}", f"{row.changed:,}")
                for row in [*breakdown.rows, *([breakdown.others] if breakdown.others else [])]
            ]
            columns = (breakdown.property, "subjects", "on before", "on after", "change")
            out().print(table(columns, rows, right=columns[1:]))


def _print_comparison(first: "Simulated", second: "Simulated") -> None:
    from mcp_server.cli.screen import out
    from mcp_server.cli.tables import table

    (one, here), (two, there) = first, second
    if one.impact is None or two.impact is None or here is None or there is None:
        return
    columns = ("flag", "", called(here.facts), called(there.facts), "difference")
    out().print(table(columns, comparison_rows(one.impact, two.impact), right=columns[2:]))
