"""Numpy columns to Parquet files and back, through a private in-memory DuckDB."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
from numpy.typing import NDArray

Table = Mapping[str, NDArray[Any]]

OFFLINE = {
    "autoinstall_known_extensions": False,
    "autoload_known_extensions": False,
    "python_enable_replacements": False,
}


@contextmanager
def engine(threads: int | None = None) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection of one's own to a DuckDB in memory that never touches the network.

    ``threads`` None leaves it all cores.
    """
    connection = _database(threads).cursor()
    try:
        yield connection
    finally:
        connection.close()


@cache
def _database(threads: int | None) -> duckdb.DuckDBPyConnection:
    """Starting a DuckDB stops all of Python for some 15 ms, so that a process does it once."""
    settings: dict[str, Any] = OFFLINE if threads is None else {**OFFLINE, "threads": threads}
    return duckdb.connect(":memory:", config=settings)


def write_table(connection: duckdb.DuckDBPyConnection, path: Path, table: Table) -> None:
    """Writes columns of one length as Parquet. Text columns are object arrays of ``str``.

    The same columns give the same bytes, provided that the connection has one thread.
    """
    connection.register("columns_to_write", dict(table))
    try:
        connection.execute("COPY columns_to_write TO $path (FORMAT parquet, COMPRESSION zstd)", {"path": str(path)})
    finally:
        connection.unregister("columns_to_write")


def read_table(connection: duckdb.DuckDBPyConnection, path: Path, columns: Sequence[str]) -> dict[str, NDArray[Any]]:
    """The named columns of a Parquet file, in the order of its rows. Raises ``duckdb.Error``."""
    names = ", ".join(f'"{name}"' for name in columns)
    return query(connection, f"SELECT {names} FROM read_parquet($path)", {"path": str(path)})


def query(connection: duckdb.DuckDBPyConnection, sql: str, parameters: Mapping[str, Any]) -> dict[str, NDArray[Any]]:
    """The result of a query that yields no nulls, as plain arrays."""
    result = connection.execute(sql, dict(parameters)).fetchnumpy()
    return {name: np.asarray(column) for name, column in result.items()}
