"""Records as a store meets them, with everything that a test does not care about filled in."""

import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, timezone
from hashlib import sha256
from itertools import count
from typing import Any

from evaluator import json_text
from mcp_server.services.actor import Actor, ActorKind, Assurance
from mcp_server.services.audit import AuditEvent
from mcp_server.services.document import DocumentKind, Ref, Revision
from mcp_server.services.environment import Environment, Key, KeyKind
from mcp_server.services.ports import ActivePolicy, Reader, Server, Store, Writer
from mcp_server.services.proposal import Approval, DocumentEdit, Evidence, Pin, Proposal, ProposalKind, ProposalState
from mcp_server.services.snapshot import Snapshot
from policies.impact import Fidelity, Impact, TrafficFacts
from policies.verdict import Decision, Finding, Fix, Level, State, Verdict

NOW = datetime(2026, 11, 22, 8, 15, 30, 123456, tzinfo=UTC)
PLUS_FIVE = timezone(timedelta(hours=5))
AGENT = Actor(kind=ActorKind.AGENT, principal="agent:key_1", on_behalf_of="user:ann", client="claude 2.1")
PERSON = Actor(kind=ActorKind.PERSON, principal="user:bob")

_numbers = count(1)
_process = secrets.token_hex(3)


class Interrupted(Exception):
    """Something went wrong in the middle."""


def later(**duration: float) -> datetime:
    """A moment after NOW."""
    return NOW + timedelta(**duration)


def flag(key: str) -> Ref:
    """Names a flag."""
    return Ref(kind="flag", key=key)


def environment(name: str = "production", *, sandbox: bool = False) -> Environment:
    return Environment(name=name, sandbox=sandbox, revision=0, created_at=NOW)


def key(identity: str, token: str, *, kind: KeyKind = "agent", environment: str = "production") -> tuple[Key, str]:
    """A key and the hash of its token, as ``add_key`` takes them."""
    record = Key(
        id=identity,
        environment=environment,
        kind=kind,
        token=token if kind == "public" else None,
        hint=token[:8],
        scopes=("flags:read", "flags:propose") if kind == "agent" else (),
        label="CI",
        on_behalf_of="user:ann" if kind == "agent" else None,
        created_at=NOW,
    )
    return record, sha256(token.encode()).hexdigest()


def edit(
    key: str, after: dict[str, Any] | None, *, base: Revision | None = None, kind: DocumentKind = "flag"
) -> DocumentEdit:
    """An edit of the document as ``base`` left it; of nothing without one."""
    before = None if base is None else base.body
    return DocumentEdit(
        ref=Ref(kind=kind, key=key),
        base_revision=0 if base is None or before is None else base.revision,
        base_digest=None if base is None or before is None else base.digest,
        before=before,
        after=after,
    )


def proposal(*edits: DocumentEdit, environment: str = "production", **fields: Any) -> Proposal:
    """A proposal that is being judged."""
    number = next(_numbers)
    return Proposal(
        **{
            "id": f"pr_{_process}_{number}",
            "environment": environment,
            "kind": ProposalKind.CHANGE,
            "edits": edits,
            "operations": ({"op": "set_rollout", "percentage": 25},),
            "reason": "Because.",
            "expect": None,
            "actor": AGENT,
            "created_at": NOW,
            "expires_at": later(days=3),
            "state": ProposalState.JUDGING,
            **fields,
        }
    )


def facts(environment: str = "production") -> TrafficFacts:
    return TrafficFacts(
        snapshot="sn_1",
        digest="d" * 64,
        environment=environment,
        provenance="recorded",
        first_at=NOW,
        newest_at=later(hours=1),
        largest_gap_seconds=4,
        subjects=1000,
        contexts=1200,
        checks=5000,
        dropped=0,
        sampled_ppm=1_000_000,
    )


def evidence(about: Proposal, decision: Decision = Decision.ALLOW, **fields: Any) -> Evidence:
    """Evidence with one finding, sealed like the real one."""
    finding = Finding(
        rule="ramp.step",
        level=Level.APPROVE,
        state=State.PASS if decision is Decision.ALLOW else State.FAIL,
        observed="40 %",
        limit="25 %",
        message="Too much at once.",
        flag="checkout",
        fix=Fix(kind="set", text="≤ 25 % passes", path="rollout_percentage", value=25.5),
    )
    content = {
        "format": 1,
        "proposal_id": about.id,
        "environment": about.environment,
        "lineage": "0" * 32,
        "pins": (Pin(ref=flag("checkout"), revision=3, digest="a" * 64),),
        "change_digest": "b" * 64,
        "traffic": facts(about.environment),
        "policy_digest": "c" * 64,
        "evaluation_version": "1",
        "judged_at": NOW,
        "impact": Impact(
            flags=(),
            subjects=1000,
            changed_subjects=12,
            undetermined_subjects=0,
            fidelity=Fidelity(
                compared=10, differing=1, compared_checks=20, differing_checks=2, causes={"unexplained": 1}
            ),
            now=NOW,
            evaluation_version="1",
        ),
        "verdict": Verdict(decision=decision, findings=(finding,), policy="standard", policy_digest="c" * 64),
        **fields,
    }
    unsealed = Evidence.model_validate({**content, "digest": ""})
    sealed = json_text.digest(unsealed.model_dump(mode="json", exclude={"digest"}))
    return unsealed.model_copy(update={"digest": sealed})


def approval(of: Evidence, reviewer: str = "user:bob", **fields: Any) -> Approval:
    return Approval(
        **{
            "proposal_id": of.proposal_id,
            "evidence_digest": of.digest,
            "reviewer": reviewer,
            "assurance": Assurance.TTY,
            "at": NOW,
            "expires_at": later(hours=24),
            "comment": "Looks fine.",
            **fields,
        }
    )


def policy(name: str) -> ActivePolicy:
    return ActivePolicy(
        name=name, digest="c" * 64, text="version: 1\n# Grüße\n", activated_at=NOW, activated_by="user:bob"
    )


def snapshot(identity: str = "sn_1", environment: str = "production", **fields: Any) -> Snapshot:
    return Snapshot(
        **{
            "id": identity,
            "environment": environment,
            "digest": sha256(identity.encode()).hexdigest(),
            "facts": facts(environment),
            "manifest": {"segments": [{"name": "0001.parquet", "sha256": "e" * 64}]},
            "registered_at": NOW,
            **fields,
        }
    )


def server(identity: str = "sv_1", **fields: Any) -> Server:
    return Server(
        **{
            "id": identity,
            "url": "http://127.0.0.1:8470",
            "pid": 4711,
            "revisions": {"production": 3},
            "live_at": NOW,
            "seen_at": NOW,
            **fields,
        }
    )


def event(action: str = "proposal.created", **fields: Any) -> AuditEvent:
    return AuditEvent(
        **{
            "at": NOW,
            "action": action,
            "environment": "production",
            "subject": "pr_1",
            "actor": AGENT,
            "reason": "Because.",
            "details": {"kind": "change", "edits": ["flag:checkout"], "subjects": 12},
            **fields,
        }
    )


@dataclass
class History:
    """Takes documents through whole lives, always the way a use case does."""

    store: Store
    environment: str = "production"
    applied: list[Proposal] = field(default_factory=list)

    def write(self, key: str, body: dict[str, Any] | None, *, reviewed: bool = False, **origin: Any) -> Revision:
        """Proposes, allows and applies one edit of what is there now; returns the new revision."""
        kind: DocumentKind = origin.pop("kind", "flag")
        ref = Ref(kind=kind, key=key)
        with self.store.write() as writer:
            newest = next(iter(writer.revisions(self.environment, ref, limit=1)), None)
            change = edit(key, body, base=newest, kind=kind)
            self.applied.append(apply_edits(writer, [change], self.environment, reviewed=reviewed, **origin))
            return newest_revision(writer, self.environment, ref)

    def change(self, key: str, body: Callable[[dict[str, Any]], dict[str, Any]]) -> Revision:
        """Applies an edit that depends on what is there now; read and written in one transaction."""
        with self.store.write() as writer:
            base = newest_revision(writer, self.environment, flag(key))
            assert base.body is not None
            apply_edits(writer, [edit(key, body(base.body), base=base)], self.environment)
            return newest_revision(writer, self.environment, flag(key))


def newest_revision(reader: Reader, environment: str, ref: Ref) -> Revision:
    """The newest revision, be it a removal."""
    return reader.revisions(environment, ref, limit=1)[0]


def allowed(writer: Writer, *edits: DocumentEdit, environment: str = "production", **fields: Any) -> Proposal:
    """Adds a proposal that its evidence allows."""
    added = proposal(*edits, environment=environment, **fields)
    seal = evidence(added)
    writer.add_proposal(added)
    writer.add_evidence(seal)
    assert writer.move_proposal(
        added.id, expected=[ProposalState.JUDGING], to=ProposalState.ALLOWED, evidence_digest=seal.digest
    )
    return writer.proposal(added.id)


def mark_applied(writer: Writer, proposal: Proposal, at: datetime = NOW) -> bool:
    """Bumps the environment and moves the allowed or approved proposal to applied."""
    return writer.move_proposal(
        proposal.id,
        expected=[ProposalState.ALLOWED, ProposalState.APPROVED],
        to=ProposalState.APPLIED,
        applied_at=at,
        applied_revision=writer.bump_environment(proposal.environment),
    )


def apply_edits(
    writer: Writer,
    edits: Sequence[DocumentEdit],
    environment: str = "production",
    *,
    reviewed: bool = False,
    at: datetime = NOW,
    **fields: Any,
) -> Proposal:
    """Proposes and applies in one transaction."""
    made = allowed(writer, *edits, environment=environment, **fields)
    assert mark_applied(writer, made, at)
    for change in edits:
        writer.write_document(environment, change, proposal_id=made.id, reviewed=reviewed, at=at)
    return writer.proposal(made.id)


def fill(writer: Writer) -> None:
    """Uses every method that writes. The environment ``production`` is there already."""
    writer.add_environment(environment("demo", sandbox=True))
    writer.make_real("demo")
    writer.add_key(*key("key_1", "one"))
    writer.add_key(*key("key_2", "two", kind="public"))
    writer.revoke_key("key_1", NOW)
    made = apply_edits(writer, [edit("checkout", {"active": True, "n": 1.0})], reviewed=True)
    writer.append_audit(event(subject=made.id))
    base = newest_revision(writer, "production", flag("checkout"))
    apply_edits(writer, [edit("checkout", {"active": False}, base=base), edit("7", {}, kind="cohort")])
    writer.append_audit(event("key.created", actor=PERSON))
    judged = proposal(edit("other", {}))
    seal = evidence(judged, Decision.REVIEW)
    writer.add_proposal(judged, "retry-1")
    writer.add_evidence(seal)
    writer.add_approval(approval(seal))
    writer.move_proposal(
        judged.id, expected=[ProposalState.JUDGING], to=ProposalState.APPROVED, evidence_digest=seal.digest
    )
    writer.activate_policy(policy("strict"))
    writer.register_snapshot(snapshot())
    writer.report_server(server())
    writer.report_server(server("sv_2"))
    writer.forget_server("sv_2")
