"""Deleting a subject from a home: asked for first, told to the audit log without a name, and fatal to old evidence."""

from pathlib import Path

import pytest

from mcp_server.cli.main import run
from mcp_server.services.actor import Actor
from mcp_server.services.auditing import all_entries, verify
from mcp_server.services.errors import InvalidInput, NotFound, Unavailable
from mcp_server.services.forgetting import forget_subject, trace_subject
from mcp_server.services.home import Home
from mcp_server.services.snapshots import newest_snapshot


def somebody(home: Home) -> str:
    snapshot = newest_snapshot(home, "sandbox")
    assert snapshot is not None
    return str(home.traffic.load(snapshot).subjects.values[0])


def test_the_audit_log_tells_of_a_deletion_without_the_name(home: Home, ann: Actor) -> None:
    subject = somebody(home)
    forgotten = forget_subject(home, "sandbox", subject, ann)
    events = [entry.event for entry in all_entries(home)]
    (told,) = [event for event in events if event.action == "traffic.subject_deleted"]
    assert (told.subject, told.actor, told.environment) == (forgotten.token, ann, "sandbox")
    assert told.details["deleted"] == list(forgotten.deleted) != []
    assert subject not in told.model_dump_json()
    assert verify(home).entries == len(events)


def test_the_old_snapshot_is_gone_and_a_new_one_without_the_subject_is_there(home: Home, ann: Actor) -> None:
    subject, before = somebody(home), newest_snapshot(home, "sandbox")
    assert before is not None
    forget_subject(home, "sandbox", subject, ann)
    with pytest.raises(Unavailable) as gone:
        home.traffic.verify(before)
    assert gone.value.code == "SNAPSHOT_GONE"
    after = newest_snapshot(home, "sandbox")
    assert after is not None
    assert after.id != before.id
    assert after.facts.subjects == before.facts.subjects - 1
    assert subject not in list(home.traffic.load(after).subjects.values)
    assert trace_subject(home, "sandbox", subject).segments == 0


def test_what_is_nobody_or_nowhere_is_refused(home: Home, ann: Actor) -> None:
    with pytest.raises(InvalidInput, match="no subject's id"):
        forget_subject(home, "sandbox", "", ann)
    with pytest.raises(NotFound):
        trace_subject(home, "nowhere", "ada")


def test_without_a_terminal_nothing_is_deleted_unless_told_so(
    home: Home, folder: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(folder)
    subject = somebody(home)
    found = trace_subject(home, "sandbox", subject)
    at = ["traffic", "prune", "--subject", subject, "--environment", "sandbox"]
    assert run(at) == 2
    said = capfd.readouterr().err
    assert f"{found.checks:,} checks in {found.segments:,} segments" in said
    assert "--yes" in said
    assert trace_subject(home, "sandbox", subject) == found
    assert run([*at, "--yes"]) == 0
    assert trace_subject(home, "sandbox", subject).segments == 0
