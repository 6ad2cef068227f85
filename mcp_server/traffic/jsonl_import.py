"""Checks from lines of JSON, many a second.

Most lines repeat a context that the segment has met already, and all but a few a flag, an answer and a client. So a
line is parsed, what is left of it without the answer is looked up as bytes, and only what is unusual is read with care.
"""

import gc
import json
import marshal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from typing import Any, Final

import numpy as np

from evaluator.context import Context
from mcp_server.traffic.draft import GREATEST_REVISION, Draft, Origin
from mcp_server.traffic.import_run import ImportRun
from mcp_server.traffic.line_file import LineFile
from mcp_server.traffic.line_format import CheckLine, HeaderLine, parse_line, refuse_constant
from mcp_server.traffic.manifest import Redaction, microseconds
from policies.impact import FlagValue

CHECKS_PER_SEGMENT: Final = 1_000_000
BYTES_PER_SEGMENT: Final = 96 << 20
"""Of lines that held a new context: bounds the memory of a segment that is being filled."""

NOT_UTF_8: Final = "It is not UTF-8."

PLAIN: Final = frozenset({"distinct_id", "properties", "groups"})
NOTHING: Final[dict[str, Any]] = {}

scan: Callable[[str, int], tuple[Any, int]] = vars(json.JSONDecoder(parse_constant=refuse_constant))["scan_once"]
Row = tuple[int, int, int, int, int, int]
COLUMNS: Final = ("at", "flag", "context", "value", "revision", "sdk")


def import_jsonl(run: ImportRun) -> None:
    """Reads the rest of the file into segments. Raises like ``Traffic.bring_in``."""
    file = LineFile(run)
    try:
        if run.position and not file.resume(run.position):
            if not run.is_done:
                raise run.changed()
            # It was imported as a whole, and is another file now.
            run.begin_again()
            file.close()
            file = LineFile(run)
        _Lines(run, file).read()
    finally:
        file.close()


class _Lines:
    """Fills one draft after the other; a header that changes how checks were recorded starts a new one."""

    def __init__(self, run: ImportRun, file: LineFile) -> None:
        self._run = run
        self._file = file
        self._latest_us = run.latest_us
        noted = run.position.get("origin")
        environment = run.request.environment
        self._origin = (
            Origin(environment=environment, provenance="reconstructed", source="import")
            if noted is None
            else Origin(
                environment=environment,
                provenance=noted["provenance"],
                source="import",
                kept=_names(noted["kept"]),
                sampled_ppm=noted["sampled_ppm"],
                redaction=Redaction.model_validate(noted.get("redaction", {})),
            )
        )
        self._begin()

    def read(self) -> None:
        """Takes all lines."""
        with without_collection():
            self._read()

    def _read(self) -> None:
        for lines in self._file.blocks():
            self._take_block(self._file.row - len(lines) + 1, lines)
            self._run.tally.rows = self._file.row
            if self._draft.checks >= CHECKS_PER_SEGMENT or self._bytes >= BYTES_PER_SEGMENT:
                self._write()
                self._run.commit(self._position())
        self._write()
        self._run.finish(self._position())

    def _position(self) -> dict[str, Any]:
        kept = self._origin.kept
        origin = {
            "provenance": self._origin.provenance,
            "kept": None if kept is None else sorted(kept),
            "sampled_ppm": self._origin.sampled_ppm,
            "redaction": self._origin.redaction.model_dump(mode="json"),
        }
        return {**self._file.position, "origin": origin}

    def _begin(self) -> None:
        self._draft = Draft(self._origin)
        self._contexts: dict[bytes, int] = {}
        self._flags: dict[str, int] = {}
        self._values: dict[FlagValue, int] = {}
        self._sdks: dict[str, int] = {}
        self._bytes = 0
        self._rows: list[Row] = []

    def _write(self) -> None:
        self._move_rows()
        if self._draft.checks:
            self._run.write(self._draft.finish())
        self._begin()

    def _move_rows(self) -> None:
        if self._rows:
            columns = np.array(self._rows, dtype=np.int64).T
            self._draft.extend(dict(zip(COLUMNS, columns, strict=True)))
            self._rows = []

    def _take_block(self, number: int, lines: list[bytes]) -> None:
        for row, line in enumerate(lines, start=number):
            try:
                text = line.decode().strip()
                if text:
                    self._rows.append(self._known(text) or self._new(row, text))
                else:
                    self._run.tally.passed_over += 1
            except _Header as found:
                self._turn(found.line)
            except UnicodeDecodeError:
                self._run.refuse(row, NOT_UTF_8)
            except ValueError as error:
                self._run.refuse(row, str(error))
        self._move_rows()

    def _known(self, text: str) -> Row | None:
        """The row of a line of which flag, answer and client were met before."""
        try:
            fields, end = scan(text, 0)
            at, flag, value = fields.pop("at"), self._flags[fields.pop("flag")], fields.pop("value")
            revision, sdk = fields.pop("revision", 0), self._sdks[fields.pop("sdk", "")]
            at_us, code, key = microseconds(datetime.fromisoformat(at)), self._values[value], marshal.dumps(fields, 2)
            context = self._contexts.get(key)
        except (KeyError, TypeError, ValueError, AttributeError, StopIteration, RecursionError):
            return None
        is_plain = end == len(text) and at_us <= self._latest_us and type(value) in (bool, str, type(None))
        if not is_plain or type(revision) is not int or not 0 <= revision < GREATEST_REVISION:
            return None
        if context is None and (context := self._new_context(fields, key, len(text))) is None:
            return None
        return at_us, flag, context, code, revision, sdk

    def _new_context(self, fields: dict[str, Any], key: bytes, size: int) -> int | None:
        """The code of a context without anything unusual; None leaves the line to be read with care."""
        if not fields.keys() <= PLAIN or type(fields.get("distinct_id")) is not str:
            return None
        properties, groups = fields.get("properties", NOTHING), fields.get("groups", NOTHING)
        if type(properties) is not dict or type(groups) is not dict:
            return None
        context = self._draft.contexts.code(Context(fields["distinct_id"], properties, groups))
        self._contexts[key] = context
        self._bytes += size
        return context

    def _new(self, row: int, text: str) -> Row:
        """The row of any other line. Raises ValueError with the reason, and _Header."""
        line = parse_line(text)
        if isinstance(line, HeaderLine):
            raise _Header(line)
        at_us = microseconds(line.at)
        if at_us > self._latest_us:
            raise ValueError(f"Its time is in the future: {line.at.isoformat()}.")
        return self._coded(text, line, at_us)

    def _coded(self, text: str, line: CheckLine, at_us: int) -> Row:
        draft = self._draft
        if line.revision >= GREATEST_REVISION:
            raise ValueError(f"{line.revision} is no revision.")
        flag = self._flags.setdefault(line.flag, draft.flag(line.flag))
        value = self._values.setdefault(line.value, draft.value(line.value))
        sdk = self._sdks.setdefault(line.sdk, draft.sdk(line.sdk))
        # The context comes last, so that a refused check leaves none behind.
        known = len(draft.contexts)
        context = draft.contexts.code(line.context)
        fields = json.loads(text)
        for name in ("at", "flag", "value", "revision", "sdk"):
            fields.pop(name, None)
        self._contexts[marshal.dumps(fields, 2)] = context
        if len(draft.contexts) > known:
            self._bytes += len(text)
        return at_us, flag, context, value, line.revision, sdk

    def _turn(self, header: HeaderLine) -> None:
        origin = replace(
            self._origin,
            provenance=header.provenance,
            kept=header.kept,
            sampled_ppm=header.sampled_ppm,
            redaction=header.redaction,
        )
        if origin != self._origin:
            self._origin = origin
            self._write()  # what was read under the header before this one
        self._draft.dropped += header.dropped


@contextmanager
def without_collection() -> Iterator[None]:
    """Spares a loop that makes millions of objects, and no cycle, the search for cycles."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


class _Header(Exception):
    """The line is a header."""

    def __init__(self, line: HeaderLine) -> None:
        super().__init__()
        self.line = line


def _names(names: list[str] | None) -> frozenset[str] | None:
    return None if names is None else frozenset(names)
