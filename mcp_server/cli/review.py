"""drysail review: the only way to approve, and only with a person at a terminal."""

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from mcp_server.cli.options import Environment, Json, home_of

if TYPE_CHECKING:
    from mcp_server.services.home import Home
    from mcp_server.services.proposal import Proposal
    from mcp_server.services.reviewing import Review

KEYS = "[d]iff as JSON   [w]hole definition   [r]eject REASON   [q]uit"


def review(
    ctx: typer.Context,
    proposal_id: Annotated[str, typer.Argument(help="Left out: what waits for you, oldest first.")] = "",
    environment: Environment = None,
    json: Json = False,
) -> int:
    """Review a proposal: what it does to people, what the policy says. Approve by typing the flag's key.

    Approving needs a terminal; without one, or with --json, the proposal is shown only. Exits with 3 while it waits.

    [bold]Examples[/bold]

      drysail review

      drysail review pr_1a2b3c4d5e
    """
    from mcp_server.cli.screen import out, print_json
    from mcp_server.services.reviewing import REVIEWABLE, queue
    from mcp_server.services.reviewing import review as read

    home = home_of(ctx)
    if not proposal_id:
        waiting = queue(home, environment)
        if json:
            print_json([_json(each) for each in waiting])
        else:
            _print_queue(waiting)
        return 0
    found = read(home, proposal_id)
    if json:
        print_json(_json(found))
        return _status(found)
    from mcp_server.cli.review_screen import review_screen

    out().print(review_screen(found, home.clock()))
    if found.proposal.state in REVIEWABLE and not found.moved and sys.stdin.isatty() and sys.stdout.isatty():
        return _ask(home, found)
    return _status(found)


COMMANDS = frozenset({"d", "diff", "w", "whole", "r", "reject", "q", "quit"})
SHORTEST_WORD = 4


def approval_word(proposal: "Proposal") -> str:
    """What has to be typed to approve: the flag's key, or the proposal's id where a key is no plain word of its own."""
    key = proposal.edits[0].ref.key
    plain = key.isprintable() and " " not in key and len(key) >= SHORTEST_WORD and key not in COMMANDS
    return key if plain and len(proposal.edits) == 1 else proposal.id


def _ask(home: "Home", found: "Review") -> int:
    """Reads commands until the proposal is approved, rejected or left."""
    from mcp_server.cli.screen import out, print_json
    from mcp_server.composition.home import person
    from mcp_server.services.errors import DrysailError
    from mcp_server.services.reviewing import approve, reject

    proposal = found.proposal
    word = approval_word(proposal)
    out().print(f"{KEYS}\nType {word} to approve exactly this.", markup=False)
    while True:
        typed = input("› ").strip()
        command, _, rest = typed.partition(" ")
        try:
            if typed == word:
                approval = approve(home, proposal.id, proposal.evidence_digest or "", person())
                out().print(f"Approved ({approval.assurance.label}), until {approval.expires_at:%Y-%m-%d %H:%M} UTC.")
                out().print(f"It is applied by the agent's apply_proposal, or by: drysail apply {proposal.id}")
                return 0
            if command in ("r", "reject"):
                if not rest:
                    out().print("Say why: r REASON")
                    continue
                reject(home, proposal.id, person(), rest)
                out().print("Rejected.")
                return 0
        except DrysailError as error:
            out().print(str(error), markup=False)
            return error.exit_status
        if command in ("q", "quit", ""):
            return 3
        if command in ("d", "diff"):
            print_json([{"key": edit.ref.key, "before": edit.before, "after": edit.after} for edit in proposal.edits])
        elif command in ("w", "whole"):
            print_json([edit.after for edit in proposal.edits])
        else:
            out().print(f"{KEYS}\nApproving takes the exact word {word}.", markup=False)


def _print_queue(waiting: "Sequence[Review]") -> None:
    from mcp_server.cli.screen import out, talk
    from mcp_server.cli.tables import table

    if not waiting:
        talk().print("Nothing waits for a review.")
        return
    rows = []
    for each in waiting:
        impact = None if each.evidence is None else each.evidence.impact
        rows.append(
            (
                each.proposal.id,
                each.proposal.environment,
                ", ".join(edit.ref.key for edit in each.proposal.edits),
                "?" if impact is None else f"{impact.changed_subjects:,}",
                each.proposal.actor.principal,
                f"{each.proposal.created_at:%Y-%m-%d %H:%M}",
                "stale" if each.moved else "",
            )
        )
    columns = ("proposal", "environment", "flag", "people moved", "by", "since (UTC)", "")
    out().print(table(columns, rows, right=("people moved",)))
    talk().print("Look at one: drysail review PROPOSAL")


def _json(found: "Review") -> dict[str, object]:
    return {
        "proposal": found.proposal,
        "evidence": found.evidence,
        "approvals": found.approvals,
        "moved": found.moved,
        "required_assurance": found.required.label,
    }


def _status(found: "Review") -> int:
    if found.moved or found.proposal.state == "stale":
        return 4
    return 3 if found.waits else 1 if found.proposal.state == "denied" else 0
