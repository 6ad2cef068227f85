"""What the commands that change something print, and the exit status it means."""

from dataclasses import asdict

from mcp_server.cli.screen import print_json, print_line, replaying, talk
from mcp_server.services.applying import Applied, apply
from mcp_server.services.foreign_text import clean
from mcp_server.services.home import Home
from mcp_server.services.importing import Imported
from mcp_server.services.portability import lint_lines, lint_rows, lint_summary, lints_of_proposal
from mcp_server.services.proposal import Evidence, Proposal, ProposalState
from mcp_server.services.proposing import Intent, propose
from mcp_server.services.waiting import LIVE_WITHIN_SECONDS, up_to
from mcp_server.services.wording import finding_lines, headline, impact_lines, live_line, proved_lines, trust_lines

EXIT_OF = {ProposalState.DENIED: 1, ProposalState.NEEDS_REVIEW: 3, ProposalState.STALE: 4}


def propose_and_apply(home: Home, intent: Intent, *, propose_only: bool, json: bool) -> int:
    """Makes the proposal and, where the policy allows it, applies it."""
    with replaying() as report:
        judged = propose(home, intent, progress=report)
    proposal, applied = judged.proposal, None
    lints = lints_of_proposal(home, proposal)
    if proposal.state is ProposalState.ALLOWED and not propose_only:
        applied = apply(home, proposal.id, intent.actor, wait=up_to(LIVE_WITHIN_SECONDS))
        proposal = applied.proposal
    if json:
        print_json({**proposal_json(proposal, judged.evidence, applied), "portability": lint_rows(lints, len(lints))})
    else:
        print_proposal(proposal, judged.evidence)
        for line in lint_lines(lints):
            print_line(line)
        if applied is not None:
            print_applied(applied)
        elif proposal.state is ProposalState.NEEDS_REVIEW:
            print_line(f"Another person can approve it: drysail review {proposal.id}", to=talk())
    return EXIT_OF.get(proposal.state, 0)


def print_proposal(proposal: Proposal, evidence: Evidence) -> None:
    """The verdict, the effect, the findings and what they rest on."""
    lines = [f"{proposal.id} {headline(evidence.verdict)}", *impact_lines(evidence.impact)]
    lines += [
        *proved_lines(evidence.proved),
        *finding_lines(evidence.verdict),
        *trust_lines(evidence.impact, evidence.traffic),
    ]
    for line in lines:
        print_line(line)


def print_applied(applied: Applied) -> None:
    """Where the change is live, and the way back."""
    print_line(f"Applied as revision {applied.revision} of {applied.proposal.environment}. {live_line(applied)}")
    print_line(f"The way back: drysail undo {applied.proposal.id}", to=talk())


def proposal_json(proposal: Proposal, evidence: Evidence | None, applied: Applied | None = None) -> dict[str, object]:
    """The same for programs."""
    result: dict[str, object] = {"proposal": proposal, "evidence": evidence}
    if applied is not None:
        result["live_after_ms"] = {server.url: int(delay.total_seconds() * 1000) for server, delay in applied.live}
    return result


def print_imported(imported: Imported, source: str, *, json: bool) -> int:
    """What came in, what did not and why. Exits with 2 if anything was refused."""
    states = [judged.proposal.state for judged in imported.proposals]
    if json:
        print_json(
            {
                "bootstrap": None if imported.bootstrap is None else imported.bootstrap.proposal.id,
                "proposals": [
                    {"id": judged.proposal.id, "flags": judged.proposal.flags, "state": judged.proposal.state}
                    for judged in imported.proposals
                ],
                "unchanged": imported.unchanged,
                "refused": list(map(asdict, imported.refused)),
                "notes": list(map(asdict, imported.notes)),
                "portability": lint_rows(imported.lints, len(imported.lints)),
            }
        )
    else:
        _print_imported(imported, source)
    if imported.refused:
        return 2
    return next((code for state, code in EXIT_OF.items() if state in states), 0)


def _print_imported(imported: Imported, source: str) -> None:
    if imported.bootstrap is not None:
        flags = len(imported.bootstrap.proposal.flags)
        print_line(f"Imported {flags} flags from {source} ({imported.bootstrap.proposal.id}, applied).")
    for judged in imported.proposals:
        names = ", ".join(edit.ref.key for edit in judged.proposal.edits)
        print_line(f"{judged.proposal.id} {clean(names)}: {headline(judged.evidence.verdict)}")
    if imported.unchanged:
        print_line(f"{imported.unchanged} are unchanged.")
    for warning in imported.refused:
        problem = warning.problem
        place = f"{warning.kind} {clean(warning.key)}" + (f", {problem.path}" if problem.path else "")
        print_line(f"Left out {place}: {problem.message} {problem.fix}", to=talk(), style="bold red")
    for warning in imported.notes:
        print_line(f"Note on {warning.kind} {clean(warning.key)}: {warning.problem.message}", to=talk())
    for line in lint_summary(imported.lints):
        print_line(line, to=talk())
