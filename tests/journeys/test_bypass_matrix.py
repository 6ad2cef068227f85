"""The bypass matrix: every way to write, and the proof that each needs an applied proposal.

The definitions in force are compared before and after each attempt. Where they differ, the store must hold an applied
proposal for exactly this revision; where an attempt goes around the services, the database itself refuses.
"""

import json
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from mcp import Client

from mcp_server.cli.main import run
from mcp_server.composition.stdio import LocalAccess
from mcp_server.demo.stage import shop
from mcp_server.services.actor import Actor
from mcp_server.services.document import Ref
from mcp_server.services.errors import DrysailError
from mcp_server.services.home import Home
from mcp_server.services.proposal import DocumentEdit, ProposalKind, ProposalState
from mcp_server.tools import build_server
from mcp_server.tools.access import TOOL_SCOPES

FLAG = "new-checkout"

Definitions = dict[tuple[str, str, str], tuple[int, str]]


def definitions_in_force(home: Home) -> Definitions:
    with home.store.read() as reader:
        return {
            (environment.name, document.ref.kind, document.ref.key): (document.revision, document.digest)
            for environment in reader.environments()
            for document in reader.documents(environment.name)
        }


def every_difference_was_applied(home: Home, before: Definitions) -> int:
    """How many documents moved; each by an applied proposal that edits it and names its revision."""
    after = definitions_in_force(home)
    moved = {place for place in {*before, *after} if before.get(place) != after.get(place)}
    with home.store.read() as reader:
        for environment, kind, key in moved:
            ref = Ref(kind=kind, key=key)  # type: ignore[arg-type]
            newest = reader.revisions(environment, ref, limit=1)[0]
            proposal = reader.proposal(newest.proposal_id)
            assert proposal.state is ProposalState.APPLIED
            assert ref in {edit.ref for edit in proposal.edits}
            assert proposal.evidence_digest is not None
            assert reader.evidence(proposal.evidence_digest) is not None
    return len(moved)


CALLS: dict[str, dict[str, Any]] = {
    "find_flags": {"environment": "sandbox"},
    "get_flag": {"flag_key": FLAG, "environment": "sandbox"},
    "explain_flag": {"flag_key": FLAG, "distinct_id": "u", "properties": {}, "environment": "sandbox"},
    "simulate_flag": {
        "flag_key": FLAG,
        "operations": [{"op": "set_rollout", "condition": "c2", "rollout_percentage": 12}],
        "environment": "sandbox",
    },
    "list_proposals": {},
    "get_proposal": {"proposal_id": "pr_none"},
    "create_flag": {"flag_key": "made-by-agent", "reason": "x", "environment": "sandbox"},
    "modify_flag": {
        "flag_key": FLAG,
        "operations": [{"op": "set_rollout", "condition": "c2", "rollout_percentage": 12}],
        "reason": "x",
        "environment": "sandbox",
    },
    "withdraw_proposal": {"proposal_id": "pr_none"},
    "rebase_proposal": {"proposal_id": "pr_none"},
    "apply_proposal": {"proposal_id": "pr_none"},
}


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.mark.anyio
@pytest.mark.parametrize("tool", sorted(TOOL_SCOPES))
async def test_no_tool_changes_a_definition_by_itself(home: Home, tool: str) -> None:
    before = definitions_in_force(home)
    async with Client(build_server(home, LocalAccess())) as client:
        await client.call_tool(tool, CALLS[tool])
    assert definitions_in_force(home) == before


@pytest.mark.anyio
async def test_apply_proposal_writes_only_what_was_allowed_or_approved(home: Home) -> None:
    async with Client(build_server(home, LocalAccess())) as client:
        for percentage, applied in ((12, 1), (70, 0)):
            before = definitions_in_force(home)
            operations = [{"op": "set_rollout", "condition": "c2", "rollout_percentage": percentage}]
            made = await client.call_tool("modify_flag", {**CALLS["modify_flag"], "operations": operations})
            assert definitions_in_force(home) == before
            assert made.structured_content is not None
            await client.call_tool("apply_proposal", {"proposal_id": made.structured_content["proposal_id"]})
            assert every_difference_was_applied(home, before) == applied


def changed_file(folder: Path, change: Callable[[dict[str, Any]], None]) -> Path:
    feed = shop()
    change(feed)
    path = folder / "changed.json"
    path.write_text(json.dumps(feed), encoding="utf-8")
    return path


def wider(feed: dict[str, Any]) -> None:
    feed["flags"][0]["filters"]["groups"].append({"properties": [], "rollout_percentage": 100})


def more_staff(feed: dict[str, Any]) -> None:
    feed["cohorts"]["103"]["drysail"]["members"] = [f"user-{number:07d}" for number in range(3000)]


def other_group_type(feed: dict[str, Any]) -> None:
    feed["group_type_mapping"] = {"0": "team"}


@pytest.mark.parametrize(
    "arguments",
    [
        ["flags", "list"],
        ["flags", "show", FLAG],
        ["flags", "history", FLAG],
        ["flags", "export"],
        ["simulate", FLAG, "--rollout", "c2=90"],
        ["explain", FLAG, "u", "-p", "plan=pro"],
        ["review"],
        ["traffic", "snapshot"],
        ["traffic", "stats"],
        ["audit", "log"],
        ["audit", "verify"],
        ["keys", "create", "--kind", "secret"],
        ["keys", "list"],
        ["environments", "list"],
        ["apply", "pr_none"],
        ["undo", "pr_none"],
        ["review", "pr_none"],
    ],
    ids=" ".join,
)
def test_no_command_that_only_looks_changes_a_definition(
    folder: Path, home: Home, arguments: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DRYSAIL_ENVIRONMENT", "sandbox")
    before = definitions_in_force(home)
    run(["--home", str(folder / ".drysail"), *arguments])
    assert definitions_in_force(home) == before


@pytest.mark.parametrize(
    ("arguments", "moves"),
    [
        (["flags", "set", FLAG, "--rollout", "c2=12", "-m", "x"], 1),
        (["flags", "set", FLAG, "--rollout", "c2=12", "-m", "x", "--propose-only"], 0),
        (["flags", "set", FLAG, "--rollout", "c2=95", "-m", "x"], 0),
        (["flags", "off", "search-enabled", "-m", "x"], 1),
    ],
    ids=str,
)
def test_a_person_changes_flags_through_proposals_only(
    folder: Path, home: Home, arguments: list[str], moves: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DRYSAIL_ENVIRONMENT", "sandbox")
    before = definitions_in_force(home)
    run(["--home", str(folder / ".drysail"), *arguments])
    assert every_difference_was_applied(home, before) == moves


@pytest.mark.parametrize("change", [wider, more_staff, other_group_type])
def test_a_later_import_makes_proposals_and_changes_nothing(
    folder: Path, home: Home, change: Callable[[dict[str, Any]], None]
) -> None:
    before = definitions_in_force(home)
    path = changed_file(folder, change)
    run(["--home", str(folder / ".drysail"), "flags", "import", str(path), "-e", "sandbox"])
    assert definitions_in_force(home) == before
    with home.store.read() as reader:
        made = [proposal for proposal in reader.proposals("sandbox") if proposal.kind is ProposalKind.IMPORT]
    assert len(made) == 1
    assert made[0].state is not ProposalState.APPLIED


def test_undo_goes_through_a_proposal_too(folder: Path, home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DRYSAIL_ENVIRONMENT", "sandbox")
    at = ["--home", str(folder / ".drysail")]
    assert run([*at, "flags", "set", FLAG, "--rollout", "c2=12", "-m", "x"]) == 0
    with home.store.read() as reader:
        applied = reader.proposals("sandbox", states=[ProposalState.APPLIED], flag=FLAG)[0]
    before = definitions_in_force(home)
    assert run([*at, "undo", applied.id]) == 0
    assert every_difference_was_applied(home, before) == 1


def edit_of(home: Home) -> DocumentEdit:
    with home.store.read() as reader:
        document = reader.document("sandbox", Ref(kind="flag", key=FLAG))
    assert document is not None
    return DocumentEdit(
        ref=document.ref,
        base_revision=document.revision,
        base_digest=document.digest,
        before=document.body,
        after={**document.body, "active": False},
    )


@pytest.mark.parametrize("proposal_id", ["pr_none", "judging"])
def test_the_store_writes_no_document_without_an_applied_proposal(home: Home, agent: Actor, proposal_id: str) -> None:
    from mcp_server.services.changing import modify
    from mcp_server.services.proposing import propose

    before = definitions_in_force(home)
    if proposal_id == "judging":
        operations = [{"op": "set_rollout", "condition": "c2", "rollout_percentage": 70}]
        proposal_id = propose(home, modify(home, "sandbox", FLAG, operations, reason="x", actor=agent)).proposal.id
    with pytest.raises(DrysailError), home.store.write() as writer:
        writer.write_document("sandbox", edit_of(home), proposal_id=proposal_id, reviewed=True, at=home.clock())
    assert definitions_in_force(home) == before


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE documents SET body = '{}'",
        "DELETE FROM documents",
        "UPDATE documents SET revision = revision + 1",
        "DELETE FROM document_revisions",
        "UPDATE document_revisions SET reviewed = 1",
        "UPDATE proposals SET state = 'applied'",
        "UPDATE proposals SET edits = '[]'",
        "DELETE FROM approvals",
        "DELETE FROM evidence",
        "UPDATE audit_entries SET hash = ''",
        "DELETE FROM audit_entries",
    ],
)
def test_the_database_itself_refuses_the_side_door(folder: Path, home: Home, agent: Actor, statement: str) -> None:
    from mcp_server.services.changing import modify
    from mcp_server.services.proposing import propose
    from mcp_server.services.reviewing import approve

    operations = [{"op": "set_rollout", "condition": "c2", "rollout_percentage": 70}]
    judged = propose(home, modify(home, "sandbox", FLAG, operations, reason="x", actor=agent))
    bob = Actor(kind="person", principal="user:bob")  # type: ignore[arg-type]
    approve(home, judged.proposal.id, judged.evidence.digest, bob)
    before = definitions_in_force(home)
    with sqlite3.connect(folder / ".drysail" / "drysail.sqlite") as connection, pytest.raises(sqlite3.DatabaseError):
        connection.execute(statement)
    connection.close()
    assert definitions_in_force(home) == before
