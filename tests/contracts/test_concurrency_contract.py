"""Many threads and many processes at once: one winner, no lost update, no gap, no torn state."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from threading import Barrier, Thread
from typing import TypeVar

import pytest

from mcp_server.services.audit import verify_chain
from mcp_server.services.proposal import ProposalState
from mcp_server.store import SqlStore, open_store
from tests.contracts import given, process
from tests.contracts.given import History, flag

T = TypeVar("T")


def at_once(*jobs: Callable[[], T]) -> list[T]:
    """Runs each job in a thread, all starting together; their results, or the first exception."""
    barrier = Barrier(len(jobs))
    results: list[T] = []
    failures: list[BaseException] = []

    def run(job: Callable[[], T]) -> None:
        barrier.wait()
        try:
            results.append(job())
        except BaseException as failure:  # noqa: BLE001 - raised again below
            failures.append(failure)

    threads = [Thread(target=run, args=(job,)) for job in jobs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for failure in failures:
        raise failure
    return results


def processes_at_once(command: str, url: str, arguments: Sequence[Sequence[str]]) -> list[str]:
    """Runs a command in a process per entry, all starting together; what each says."""
    with ExitStack() as stack:
        started = [stack.enter_context(process.started(command, url, *each)) for each in arguments]
        for each in started:
            process.go(each)
        return [process.read_line(each) for each in started]


@pytest.fixture
def second(home: str) -> Iterator[SqlStore]:
    """The same database, opened once more."""
    opened = open_store(home, create=False)
    yield opened
    opened.close()


def allowed_proposals(store: SqlStore, number: int) -> list[str]:
    """Proposals that create the same flag, each in its own way."""
    with store.write() as writer:
        return [given.allowed(writer, given.edit("checkout", {"n": n})).id for n in range(number)]


def check_one_winner(store: SqlStore, outcomes: Sequence[str], other: str) -> None:
    assert Counter(outcomes) == {"won": 1, other: len(outcomes) - 1}
    with store.read() as reader:
        assert reader.environment("production").revision == 1
        assert len(reader.proposals(states=[ProposalState.APPLIED])) == 1
        assert len(reader.revisions("production", flag("checkout"))) == 1
        assert len(reader.audit()) == 1


def test_of_threads_that_apply_the_same_proposal_one_wins(store: SqlStore, second: SqlStore) -> None:
    (proposal,) = allowed_proposals(store, 1)

    outcomes = at_once(*(lambda at=at: process.try_to_apply(at, proposal) for at in (store, store, second, second)))

    check_one_winner(store, outcomes, "lost")


def test_of_threads_that_apply_different_proposals_on_the_same_base_one_wins(store: SqlStore, second: SqlStore) -> None:
    proposals = zip(allowed_proposals(store, 4), (store, store, second, second), strict=True)

    outcomes = at_once(*(lambda one=one, at=at: process.try_to_apply(at, one) for one, at in proposals))

    check_one_winner(store, outcomes, "stale")


def test_of_processes_that_apply_the_same_proposal_one_wins(store: SqlStore, home: str) -> None:
    (proposal,) = allowed_proposals(store, 1)

    outcomes = processes_at_once("apply", home, [[proposal]] * 2)

    check_one_winner(store, outcomes, "lost")


def test_of_processes_that_apply_different_proposals_on_the_same_base_one_wins(store: SqlStore, home: str) -> None:
    proposals = allowed_proposals(store, 2)

    outcomes = processes_at_once("apply", home, [[proposal] for proposal in proposals])

    check_one_winner(store, outcomes, "stale")


def test_threads_lose_no_update(store: SqlStore, second: SqlStore) -> None:
    History(store).write("counter", {"n": 0})

    def count_up(history: History) -> None:
        for _ in range(10):
            history.change("counter", lambda body: {"n": body["n"] + 1})

    at_once(*(lambda at=at: count_up(History(at)) for at in (store, store, second, second)))

    with store.read() as reader:
        document = reader.document("production", flag("counter"))
    assert document is not None
    assert (document.body, document.revision) == ({"n": 40}, 41)


def test_processes_lose_no_update(store: SqlStore, home: str) -> None:
    History(store).write("counter", {"n": 0})

    assert processes_at_once("count_up", home, [["20"]] * 2) == ["done"] * 2

    with store.read() as reader:
        document = reader.document("production", flag("counter"))
    assert document is not None
    assert (document.body, document.revision) == ({"n": 40}, 41)


def test_the_audit_chain_stays_whole_whoever_appends(store: SqlStore, second: SqlStore, home: str) -> None:
    def append(at: SqlStore) -> None:
        for _ in range(10):
            with at.write() as writer:
                writer.append_audit(given.event())

    with process.started("append", home, "20") as other:
        process.go(other)
        at_once(*(lambda at=at: append(at) for at in (store, store, second, second)))
        assert process.read_line(other) == "done"

    with store.read() as reader:
        entries = reader.audit()
    assert [entry.sequence for entry in entries] == list(range(1, 61))
    assert verify_chain(entries) is None


def test_readers_always_see_whole_changes(store: SqlStore) -> None:
    """A flag and the environment's revision move together."""
    history = History(store)
    history.write("counter", {"n": 1})

    def count_up() -> None:
        for _ in range(10):
            history.change("counter", lambda body: {"n": body["n"] + 1})

    def look() -> None:
        seen = 0
        while seen < 11:
            with store.read() as reader:
                document = reader.document("production", flag("counter"))
                assert document is not None
                assert document.body["n"] == document.revision == reader.environment("production").revision
                assert document.revision >= seen
                seen = document.revision

    at_once(count_up, look, look)


def test_processes_that_create_a_home_at_once_get_the_same_one(empty: str) -> None:
    lineages = processes_at_once("create", empty, [[]] * 3)

    assert len(lineages[0]) == 32
    assert len(set(lineages)) == 1


def test_a_process_that_is_killed_half_way_leaves_nothing(store: SqlStore, home: str) -> None:
    with process.started("stop_half_way", home) as other:
        process.go(other)
        assert process.read_line(other) == "half"
        other.kill()
        other.wait()

    with store.write() as writer:
        assert writer.documents("production") == []
        assert writer.proposals() == []
        assert writer.environment("production").revision == 0
        given.apply_edits(writer, [given.edit("a", {"n": 2})])


@pytest.mark.parametrize("commits", [1, 2, 5, 9])
def test_a_process_that_is_killed_while_it_writes_leaves_whole_changes(home: str, commits: int) -> None:
    with process.started("write_for_ever", home) as other:
        process.go(other)
        said = [process.read_line(other) for _ in range(commits)]
        other.kill()
        other.wait()
        assert other.stdout is not None
        said += other.stdout.read().split()

    store = open_store(home, create=False)
    with store.read() as reader:
        written = reader.environment("production").revision
        flags, cohorts = reader.documents("production", "flag"), reader.documents("production", "cohort")
        entries = reader.audit()
    store.close()
    assert said == [str(number) for number in range(1, len(said) + 1)]
    assert written in (len(said), len(said) + 1)
    numbers = sorted(range(1, written + 1), key=str)
    assert [document.body["n"] for document in flags] == numbers
    assert [document.body["n"] for document in cohorts] == numbers
    assert [entry.event.subject for entry in entries] == [f"pr_{number}" for number in range(1, written + 1)]
    assert verify_chain(entries) is None
