"""drysail check: the same replay and policy for flags kept in files."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from mcp_server.cli.options import Environment, Json, environment_of, home_of

if TYPE_CHECKING:
    from mcp_server.services.checking import Checked
    from policies.policy import Policy


def check(
    ctx: typer.Context,
    base: Annotated[str, typer.Option(help="What is in force: a file, a folder or a git revision.")],
    head: Annotated[Path, typer.Option(help="What is proposed: a file or a folder.")],
    traffic: Annotated[str | None, typer.Option(help="Snapshot id (default: the environment's newest).")] = None,
    policy: Annotated[Path | None, typer.Option(help="Policy file (default: the active one).")] = None,
    environment: Environment = None,
    json: Json = False,
) -> int:
    """Replay and judge every flag that differs between two versions of flag files, as CI does.

    Exits with 0 if all would be allowed, 1 if one is denied, 2 if no verdict could be formed, 3 if one needs approval.

    [bold]Examples[/bold]

      drysail check --base main --head flags/

      drysail check --base old.json --head new.json --policy drysail.yaml --json
    """
    from mcp_server.cli.screen import print_json, replaying
    from mcp_server.services.checking import Circumstances
    from mcp_server.services.checking import check as run
    from mcp_server.services.errors import NotFound
    from mcp_server.services.policy_in_force import policy_in_force, read_policy
    from mcp_server.services.snapshots import newest_snapshot

    feeds = _feeds(base, head)
    home = home_of(ctx)
    name = environment_of(ctx, home, environment)
    in_force: Policy
    with home.store.read() as reader:
        sandbox = reader.environment(name).sandbox
        snapshot = reader.snapshot(traffic) if traffic is not None else None
        in_force = policy_in_force(reader)
    if traffic is not None and snapshot is None:
        raise NotFound(f"There is no snapshot {traffic!r}.", hint="Leave --traffic out for the newest one.")
    if policy is not None:
        if not policy.is_file():
            raise NotFound(f"There is no policy file {policy}.", hint="Check the path.")
        in_force = read_policy(policy.read_text(encoding="utf-8"), str(policy))
    snapshot = snapshot or newest_snapshot(home, name)
    recording = None if snapshot is None else home.recordings.load(snapshot)
    circumstances = Circumstances(environment=name, sandbox=sandbox, now=home.clock())
    with replaying() as report:
        checked = run(feeds[0], feeds[1], recording, in_force, circumstances, progress=report)
    if json:
        print_json(_json(checked))
    else:
        _print(checked)
    return checked.exit_status


def _feeds(base: str, head: Path) -> tuple[dict[str, Any], dict[str, Any]]:
    from mcp_server.cli.flag_files import read_flag_files, read_flag_files_at

    after = read_flag_files(head)
    before = read_flag_files(Path(base)) if Path(base).exists() else read_flag_files_at(base, head)
    return before, after


def _print(checked: "Checked") -> None:
    from mcp_server.cli.screen import print_line, talk
    from mcp_server.services.foreign_text import clean
    from mcp_server.services.portability import lint_summary
    from mcp_server.services.wording import finding_lines, headline, impact_lines

    if not checked.edits and not checked.broken:
        print_line("No flag differs.")
    for each in checked.edits:
        names = ", ".join(f"{ref.kind} {clean(ref.key)}" for ref in each.refs)
        print_line(f"{names}: {headline(each.judgement.verdict)}", style="bold")
        for line in [*impact_lines(each.judgement.impact), *finding_lines(each.judgement.verdict)]:
            print_line(f"  {line}")
    for warning in checked.broken:
        problem = warning.problem
        place = f"{warning.kind} {clean(warning.key)}" + (f", {problem.path}" if problem.path else "")
        print_line(f"{place}: cannot be served. {problem.message} {problem.fix}", style="bold red")
    for line in lint_summary(checked.lints):
        print_line(line)
    if checked.snapshot is None:
        talk().print("No traffic: register some with `drysail traffic snapshot`, or the effect stays unknown.")


def _json(checked: "Checked") -> dict[str, Any]:
    from dataclasses import asdict

    from mcp_server.services.portability import lint_rows

    return {
        "exit_status": checked.exit_status,
        "snapshot": checked.snapshot,
        "changes": [
            {
                "documents": each.refs,
                "verdict": each.judgement.verdict,
                "impact": each.judgement.impact,
            }
            for each in checked.edits
        ],
        "broken": [asdict(warning) for warning in checked.broken],
        "portability": lint_rows(checked.lints, len(checked.lints)),
    }
