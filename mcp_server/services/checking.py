"""CI: the same replay and the same policy on definitions kept in files."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from evaluator.definitions.problem import DefinitionWarning
from evaluator.json_text import digest
from mcp_server.services.actor import ActorKind
from mcp_server.services.change import Change
from mcp_server.services.condition_ids import identified
from mcp_server.services.definitions import Bodies
from mcp_server.services.document import Ref
from mcp_server.services.grouping import related
from mcp_server.services.incoming import read_feed
from mcp_server.services.judging import Judgement, Surroundings, judge_change
from mcp_server.services.portability import new_lints
from mcp_server.services.proposal import DocumentEdit
from policies.policy import Policy
from policies.replay.pace import Progress
from policies.replay.recording import Recording
from policies.verdict import Decision


@dataclass(frozen=True, slots=True)
class CheckedEdit:
    """Documents that change together (mostly one), and what the policy says to it."""

    refs: tuple[Ref, ...]
    judgement: Judgement


@dataclass(frozen=True, slots=True)
class Checked:
    """The outcome of a check. ``broken`` are definitions of the head that cannot be served.

    ``lints`` tell where SDKs that evaluate by themselves can answer otherwise, as far as the head brings that with it;
    no verdict depends on them.
    """

    edits: tuple[CheckedEdit, ...]
    broken: tuple[DefinitionWarning, ...]
    lints: tuple[DefinitionWarning, ...]
    snapshot: str | None

    @property
    def exit_status(self) -> int:
        """The first of 5, 2, 1, 4, 3, 0 that occurs (documented exit codes)."""
        decisions = {checked.judgement.verdict.decision for checked in self.edits}
        if self.broken:
            return 2
        if Decision.DENY in decisions:
            return 1
        return 3 if Decision.REVIEW in decisions else 0


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What a check takes for granted: which environment the files describe, and when."""

    environment: str
    sandbox: bool
    now: datetime


def check(
    base: Mapping[str, Any],
    head: Mapping[str, Any],
    recording: Recording | None,
    policy: Policy,
    circumstances: Circumstances,
    *,
    progress: Progress | None = None,
) -> Checked:
    """Judges every document that differs between two feeds, each on its own, on top of the base.

    Rules on history and agents' budgets do not apply: a file has no history.
    """
    outgoing, incoming = read_feed(base), read_feed(head)
    before = {ref: identified(body, None) if ref.kind == "flag" else body for ref, body in outgoing.bodies.items()}
    after = {
        ref: identified(body, before.get(ref)) if ref.kind == "flag" else body for ref, body in incoming.bodies.items()
    }
    surroundings = Surroundings(
        environment=circumstances.environment,
        sandbox=circumstances.sandbox,
        revision=0,
        actor=ActorKind.CI,
        now=circumstances.now,
        reviewed={},
        approved=before,
        retired_keys={},
    )
    groups = related(differing(before, after))
    checked = []
    for number, edits in enumerate(groups):
        judgement = judge_change(Change(base=before, edits=edits), recording, policy, surroundings)
        checked.append(CheckedEdit(refs=tuple(edit.ref for edit in edits), judgement=judgement))
        if progress is not None:
            progress((number + 1) / len(groups))
    return Checked(
        edits=tuple(checked),
        broken=incoming.refused,
        lints=new_lints(outgoing.lints, incoming.lints),
        snapshot=None if recording is None else recording.facts.snapshot,
    )


def differing(before: Bodies, after: Bodies) -> Sequence[DocumentEdit]:
    """The documents that differ, as edits."""
    edits = []
    for ref in sorted({*before, *after}, key=lambda ref: (ref.kind, ref.key)):
        old, new = before.get(ref), after.get(ref)
        if old != new:
            edits.append(
                DocumentEdit(
                    ref=ref,
                    base_revision=0 if old is None else 1,
                    base_digest=None if old is None else digest(old),
                    before=old,
                    after=new,
                )
            )
    return edits
