"""Triggers and constraints: what even a database console is refused.

Every attack speaks SQL directly, on a connection that knows nothing of the program, and leaves every table as it was.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlalchemy import Connection, text
from sqlalchemy.exc import IntegrityError

from mcp_server.services.proposal import ProposalState
from mcp_server.store import SqlStore, open_store
from mcp_server.store.rows import Row
from policies.verdict import Decision
from tests.contracts import given
from tests.contracts.attacks import AS_DECIDED, ATTACKS, EMPTIED, REPLACED
from tests.contracts.conftest import outsider_of
from tests.contracts.given import History, edit
from tests.contracts.postgresql_server import new_database

ONLY_SQLITE = pytest.mark.parametrize("prepared", ["sqlite"], indirect=True)
ONLY_POSTGRESQL = pytest.mark.parametrize("prepared", ["postgresql"], indirect=True)


@dataclass(frozen=True)
class Prepared:
    """A database with proposals in every situation that an attack could use, and their ids."""

    url: str
    ids: dict[str, str]


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def prepared(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Prepared]:
    if request.param == "sqlite":
        path = Path(tmp_path_factory.mktemp("guards")) / "drysail.db"
        yield _prepare(f"sqlite:///{path}")
        return
    with new_database(request.getfixturevalue("postgresql")) as url:
        yield _prepare(url)


@pytest.fixture
def connection(prepared: Prepared) -> Iterator[Connection]:
    """A console. Whatever it does is taken back."""
    engine = outsider_of(prepared.url)
    with engine.connect() as connected:
        yield connected
        connected.rollback()
    engine.dispose()


def _prepare(url: str) -> Prepared:
    store = open_store(url, create=True)
    with store.write() as writer:
        writer.add_environment(given.environment())
        writer.add_environment(given.environment("staging"))
        writer.add_key(*given.key("key_1", "secret"))
        writer.add_key(*given.key("key_2", "token", kind="public"))
        writer.revoke_key("key_1", given.NOW)
        writer.register_snapshot(given.snapshot())
        writer.activate_policy(given.policy("strict"))
        writer.append_audit(given.event())
        writer.append_audit(given.event())
    ids = {**_written(store), **_proposed(store), "unknown": "pr_none"}
    store.close()
    return Prepared(url, ids)


def _written(store: SqlStore) -> dict[str, str]:
    history = History(store)
    history.write("checkout", {"n": 1})
    history.write("checkout", {"n": 2})
    history.write("removed", {"n": 1})
    history.write("removed", None)
    return {"written": history.applied[1].id, "creation": history.applied[2].id, "removal": history.applied[3].id}


def _proposed(store: SqlStore) -> dict[str, str]:
    with store.write() as writer:
        base = given.newest_revision(writer, "production", given.flag("checkout"))
        judging = given.proposal(edit("new", {"n": 1}))
        writer.add_proposal(judging, "retry-1")
        allowed = given.allowed(writer, edit("checkout", {"n": 3}, base=base), edit("fresh", {"n": 1}))
        review, approved, stale = (given.proposal(edit("x", {})) for _ in range(3))
        for made in (review, approved, stale):
            writer.add_proposal(made)
        evidence, approved_evidence = (given.evidence(made, Decision.REVIEW) for made in (review, approved))
        writer.add_evidence(evidence)
        writer.add_evidence(approved_evidence)
        writer.add_approval(given.approval(approved_evidence))
        judged = [ProposalState.JUDGING]
        writer.move_proposal(review.id, expected=judged, to=ProposalState.NEEDS_REVIEW, evidence_digest=evidence.digest)
        writer.move_proposal(stale.id, expected=judged, to=ProposalState.STALE)
        # Applied, and its edits were not written: as far as a broken caller could get.
        unwritten = given.allowed(writer, edit("unwritten", {"n": 1}), edit("checkout", {"n": 5}, base=base))
        given.mark_applied(writer, unwritten)
    return {
        "judging": judging.id,
        "allowed": allowed.id,
        "review": review.id,
        "stale": stale.id,
        "unwritten": unwritten.id,
        "evidence": evidence.digest,
        "approved_evidence": approved_evidence.digest,
    }


def contents(connection: Connection) -> dict[str, Sequence[str]]:
    """Every row of every table."""
    tables = sorted(Row.metadata.tables)
    return {table: sorted(map(str, connection.execute(text(f"SELECT * FROM {table}")))) for table in tables}


def execute(connection: Connection, statement: str, prepared: Prepared) -> None:
    """Binds the ids. Colons inside of quoted text are text."""
    escaped = re.sub(r"'[^']*'", lambda quoted: quoted[0].replace(":", "\\:"), statement)
    names = re.findall(r"(?<!\\):(\w+)", escaped)
    connection.execute(text(escaped), {name: prepared.ids[name] for name in names})


@pytest.mark.parametrize(("says", "attack"), ATTACKS, ids=[f"{number:02}" for number in range(len(ATTACKS))])
def test_direct_sql_is_refused(connection: Connection, prepared: Prepared, says: str, attack: str) -> None:
    before = contents(connection)

    with pytest.raises(IntegrityError, match=says), connection.begin_nested():
        execute(connection, attack, prepared)

    assert contents(connection) == before


def test_direct_sql_that_says_what_was_decided_is_not(connection: Connection, prepared: Prepared) -> None:
    for statement in AS_DECIDED:
        before = contents(connection)
        execute(connection, statement, prepared)
        assert contents(connection) != before


@ONLY_SQLITE
@pytest.mark.parametrize("attack", REPLACED, ids=[f"{number:02}" for number in range(len(REPLACED))])
def test_sqlite_replaces_no_row_behind_the_back_of_the_triggers(
    connection: Connection, prepared: Prepared, attack: str
) -> None:
    """INSERT OR REPLACE deletes the old row without asking a DELETE trigger."""
    before = contents(connection)

    with pytest.raises(IntegrityError, match="it exists already"), connection.begin_nested():
        execute(connection, attack, prepared)

    assert contents(connection) == before


@ONLY_SQLITE
def test_sqlite_replaces_a_document_by_nothing_but_its_newest_revision(connection: Connection) -> None:
    columns = "environment, kind, key, revision, digest, {}, updated_at"
    replace = "INSERT OR REPLACE INTO documents SELECT " + columns + " FROM documents"
    before = contents(connection)

    connection.execute(text(replace.format("body")))
    with pytest.raises(IntegrityError, match="its newest revision"), connection.begin_nested():
        connection.execute(text(replace.format("'{}'")))

    assert contents(connection) == before


@ONLY_POSTGRESQL
@pytest.mark.parametrize("table", EMPTIED)
def test_postgresql_empties_no_table(connection: Connection, table: str) -> None:
    before = contents(connection)

    with pytest.raises(IntegrityError, match="never emptied"), connection.begin_nested():
        connection.execute(text(f"TRUNCATE {table} CASCADE"))

    assert contents(connection) == before
