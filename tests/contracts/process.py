"""What the tests let other processes do: ``python -m tests.contracts.process COMMAND URL ...``.

Each says ``ready``, waits for a line on its standard input, and then says one line per thing that it did.
"""

import os
import resource
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from mcp_server.services.errors import Stale, Unavailable
from mcp_server.services.ports import Store
from mcp_server.store import open_store
from tests.contracts import given

ROOT = Path(__file__).parents[2]


@contextmanager
def started(command: str, url: str, *arguments: str) -> Iterator["subprocess.Popen[str]"]:
    """A process that is ready to go. It is killed at the end."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.contracts.process", command, url, *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    try:
        assert read_line(process) == "ready"
        yield process
    finally:
        process.kill()
        process.communicate()


def go(process: "subprocess.Popen[str]") -> None:
    """Lets the process do what it is there for."""
    assert process.stdin is not None
    process.stdin.write("\n")
    process.stdin.flush()


def read_line(process: "subprocess.Popen[str]") -> str:
    """The next line that it says; empty when it is gone."""
    assert process.stdout is not None
    return process.stdout.readline().strip()


def apply(url: str, proposal_id: str) -> None:
    """Applies an allowed proposal; says ``won``, ``lost`` or ``stale``."""
    store = open_store(url, create=False)
    _wait()
    _say(try_to_apply(store, proposal_id))


def try_to_apply(store: Store, proposal_id: str) -> str:
    """``lost``: the proposal was not allowed any more. ``stale``: the document had moved."""
    try:
        with store.write() as writer:
            proposal = writer.proposal(proposal_id)
            if not given.mark_applied(writer, proposal):
                raise given.Interrupted
            for edit in proposal.edits:
                writer.write_document(proposal.environment, edit, proposal_id=proposal.id, reviewed=False, at=given.NOW)
            writer.append_audit(given.event("proposal.applied", subject=proposal_id))
    except given.Interrupted:
        return "lost"
    except Stale:
        return "stale"
    return "won"


def create(url: str) -> None:
    """Makes a home, or opens the one that is there; says its lineage."""
    _wait()
    _say(open_store(url, create=True).lineage)


def append(url: str, times: str) -> None:
    """Appends to the audit log."""
    store = open_store(url, create=False)
    _wait()
    for _ in range(int(times)):
        with store.write() as writer:
            writer.append_audit(given.event())
    _say("done")


def count_up(url: str, times: str) -> None:
    """Reads the counter in a flag and writes it back, increased."""
    history = given.History(open_store(url, create=False))
    _wait()
    for _ in range(int(times)):
        history.change("counter", lambda body: {"n": body["n"] + 1})
    _say("done")


def write_for_ever(url: str, _: str = "") -> None:
    """Adds a flag, a cohort and an audit entry in each transaction; says the number after the commit."""
    store = open_store(url, create=False)
    _wait()
    number = 0
    while True:
        number += 1
        with store.write() as writer:
            edits = [given.edit(f"{number}", {"n": number}), given.edit(f"{number}", {"n": number}, kind="cohort")]
            made = given.apply_edits(writer, edits, id=f"pr_{number}")
            writer.append_audit(given.event("proposal.applied", subject=made.id))
        _say(str(number))


def stop_half_way(url: str) -> None:
    """Has written half of a change, says ``half``, and waits."""
    store = open_store(url, create=False)
    _wait()
    with store.write() as writer:
        made = given.allowed(writer, given.edit("a", {"n": 1}), given.edit("b", {"n": 1}))
        given.mark_applied(writer, made)
        writer.write_document("production", made.edits[0], proposal_id=made.id, reviewed=False, at=given.NOW)
        _say("half")
        _wait()


def fill_the_disk(url: str) -> None:
    """Writes until the files may not grow any more; says how many entries were written, and what it was told then."""
    store = open_store(url, create=False)
    _wait()
    resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000, resource.RLIM_INFINITY))
    written = 0
    try:
        while True:
            with store.write() as writer:
                writer.append_audit(given.event(reason="x" * 10_000))
            written += 1
    except Unavailable as full:
        _say(f"{written} {full.code}")


COMMANDS: dict[str, Callable[..., None]] = {
    command.__name__: command
    for command in (apply, create, append, count_up, write_for_ever, stop_half_way, fill_the_disk)
}


def _wait() -> None:
    _say("ready")
    sys.stdin.readline()


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    COMMANDS[sys.argv[1]](*sys.argv[2:])
