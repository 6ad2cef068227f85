"""drysail apply and undo."""

import typer

from mcp_server.cli.options import Json, Reason, home_of


def apply(ctx: typer.Context, proposal_id: str, json: Json = False) -> None:
    """Apply an allowed or approved proposal, once. Everything it was judged on is checked again.

    Exits with 1 if it is denied, 3 if it needs approval, 4 if something it rests on moved.

    [bold]Example[/bold]

      drysail apply pr_1a2b3c4d5e
    """
    from mcp_server.cli.outcome import print_applied, proposal_json
    from mcp_server.cli.screen import print_json
    from mcp_server.composition.home import person
    from mcp_server.services.applying import apply as run
    from mcp_server.services.waiting import LIVE_WITHIN_SECONDS, up_to

    applied = run(home_of(ctx), proposal_id, person(), wait=up_to(LIVE_WITHIN_SECONDS))
    if json:
        print_json(proposal_json(applied.proposal, applied.evidence, applied))
    else:
        print_applied(applied)


def undo(ctx: typer.Context, proposal_id: str, reason: Reason = "Undone.", json: Json = False) -> int:
    """Propose to bring back what was in force before a proposal; apply it if the policy allows it.

    [bold]Example[/bold]

      drysail undo pr_1a2b3c4d5e -m "Conversion dropped"
    """
    from mcp_server.cli.outcome import propose_and_apply
    from mcp_server.composition.home import person
    from mcp_server.services.changing import undo as inverse

    home = home_of(ctx)
    intent = inverse(home, proposal_id, reason=reason, actor=person())
    return propose_and_apply(home, intent, propose_only=False, json=json)
