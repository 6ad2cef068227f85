"""Checks from CSV by a mapping. Python reads it, so that every row that is skipped has its line and its reason."""

import csv
from collections.abc import Iterator
from typing import Any, Final

import duckdb
import numpy as np

from mcp_server.services.errors import InvalidInput
from mcp_server.traffic.import_run import ImportRun
from mcp_server.traffic.jsonl_import import NOT_UTF_8
from mcp_server.traffic.line_file import LineFile
from mcp_server.traffic.mapping import mapped_columns
from mcp_server.traffic.table_import import MappedTable, working_engine

ROWS_PER_STEP: Final = 500_000
BYTES_PER_STEP: Final = 64 << 20
LONGEST_CELL: Final = 16 << 20
DELIMITERS: Final = ",;\t|"

INTEGERS: Final = "regexp_full_match({0}, '0|-?[1-9][0-9]{{0,17}}')"
BOOLEANS: Final = "lower({0}) IN ('true', 'false')"


def import_csv(run: ImportRun) -> None:
    """Reads the rest of a CSV file into segments. Raises like ``Traffic.bring_in``."""
    if not run.request.mapping:
        raise InvalidInput(
            "A CSV file needs to be told what its columns are.",
            hint="For example --map distinct_id=user_id --map at=time --map property.plan=plan.",
            code="BAD_MAPPING",
            place=str(run.request.path),
        )
    file = LineFile(run)
    try:
        names, delimiter = _header(file)
        if run.position:
            file.close()
            file = LineFile(run)
            if not file.resume(run.position):
                if not run.is_done:
                    raise run.changed()
                run.begin_again()
                file.close()
                file = LineFile(run)
                _header(file)
        _Rows(run, file, names, delimiter).read()
    finally:
        file.close()


def _header(file: LineFile) -> tuple[list[str], str]:
    """The names of the columns and what stands between them."""
    for line in file.lines():
        try:
            text = line.decode().strip("\r\n")
        except UnicodeDecodeError:
            raise InvalidInput("The first line is not UTF-8.", hint="Save the file as UTF-8.") from None
        delimiter = max(DELIMITERS, key=text.count)
        names = next(csv.reader([text], delimiter=delimiter), [])
        if len(set(names)) < len(names):
            twice = next(name for name in names if names.count(name) > 1)
            raise InvalidInput(f"Two columns are called {twice!r}.", hint="Rename one of them.")
        return names, delimiter
    return [], ","


class _Rows:
    """Collects rows until there are enough for a segment."""

    def __init__(self, run: ImportRun, file: LineFile, names: list[str], delimiter: str) -> None:
        self._run = run
        self._file = file
        self._names = names
        self._delimiter = delimiter
        self._begin()

    def read(self) -> None:
        """Takes all rows."""
        if not self._names:
            self._run.finish(self._file.position)
            return
        with working_engine(self._run) as connection:
            table = self._table(connection)
            for _ in self._rows():
                if len(self._numbers) >= ROWS_PER_STEP or self._bytes >= BYTES_PER_STEP:
                    self._write(connection, table)
                    self._run.commit(self._position())
            self._write(connection, table)
        self._run.tally.rows = self._file.row
        self._run.finish(self._position())

    def _begin(self) -> None:
        self._numbers: list[int] = []
        self._cells: list[list[str]] = []
        self._bytes = 0

    def _position(self) -> dict[str, Any]:
        return {**self._file.position, "types": self._types}

    def _rows(self) -> Iterator[None]:
        """Takes row after row, and hands control back after each."""
        csv.field_size_limit(LONGEST_CELL)
        reader = csv.reader(self._lines(), delimiter=self._delimiter, strict=True)
        width = len(self._names)
        while True:
            first, start = self._file.row + 1, self._file.offset
            try:
                cells = next(reader)
            except StopIteration:
                return
            except csv.Error as error:
                last = self._file.row
                where = "" if last <= first else f" (lines {first:,} to {last:,})"
                self._run.refuse(first, f"It is not CSV: {error}{where}.")
                continue
            if not cells or (len(cells) == 1 and not cells[0].strip() and width > 1):
                self._run.tally.passed_over += 1
            elif len(cells) != width:
                self._run.refuse(first, f"It has {len(cells)} cells, the first line has {width}.")
            elif not "".join(cells).isascii() and not _is_utf_8(cells):
                self._run.refuse(first, NOT_UTF_8)
            else:
                self._numbers.append(first)
                self._cells.append(cells)
                self._bytes += self._file.offset - start
            yield

    def _lines(self) -> Iterator[str]:
        return (line.decode(errors="surrogateescape") for line in self._file.lines())

    def _table(self, connection: duckdb.DuckDBPyConnection) -> MappedTable:
        noted = self._run.position.get("types")
        self._types: dict[str, str] = self._inferred(connection) if noted is None else dict(noted)
        kinds = dict.fromkeys(self._names, "VARCHAR") | self._types
        return MappedTable(
            self._run, mapped_columns(self._run.request.mapping, kinds, str(self._run.request.path)), kinds
        )

    def _inferred(self, connection: duckdb.DuckDBPyConnection) -> dict[str, str]:
        """The SQL types of the columns without stated type, of which every cell is an integer, or a boolean."""
        asked = [column for target, column in self._run.request.mapping if target.startswith(("property.", "group_p"))]
        asked = [column for column in dict.fromkeys(asked) if column in self._names]
        if not asked:
            return {}
        quoted = ['"' + column.replace('"', '""') + '"' for column in asked]
        picked = [f"bool_and({kind.format(column)})" for column in quoted for kind in (INTEGERS, BOOLEANS)]
        try:
            found = connection.execute(
                f"SELECT {', '.join(picked)} FROM read_csv($path, header = true, all_varchar = true, delim = $delim, "
                f"quote = '\"', ignore_errors = true, null_padding = true, max_line_size = {LONGEST_CELL})",
                {"path": str(self._run.request.path), "delim": self._delimiter},
            ).fetchall()[0]
        except duckdb.Error:
            return {}  # what cannot be read as a whole is text
        pairs = zip(asked, found[::2], found[1::2], strict=True)
        kinds = {
            column: "BIGINT" if integers else "BOOLEAN" if booleans else "" for column, integers, booleans in pairs
        }
        return {column: kind for column, kind in kinds.items() if kind}

    def _write(self, connection: duckdb.DuckDBPyConnection, table: MappedTable) -> None:
        self._run.tally.rows = self._file.row
        if not self._numbers:
            return
        columns = {
            name: np.array(cells, dtype=object)
            for name, cells in zip(self._names, zip(*self._cells, strict=True), strict=True)
        }
        columns["file_row_number"] = np.array(self._numbers, dtype=np.int64) - 1
        connection.register("csv_rows", columns)
        try:
            table.take(connection, "csv_rows")
        finally:
            connection.unregister("csv_rows")
        self._begin()


def _is_utf_8(cells: list[str]) -> bool:
    try:
        "".join(cells).encode()
    except UnicodeEncodeError:
        return False
    return True
