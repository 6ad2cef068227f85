"""A segment while it is filled: checks go in one by one, numpy columns come out."""

from array import array
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from evaluator.context import Context
from mcp_server.services.ports import AnsweredCheck
from mcp_server.traffic.interning import ContextTable, Unrecordable, check_name, json_text, parse_texts
from mcp_server.traffic.layout import LOG, TABLE_COLUMNS
from mcp_server.traffic.manifest import NOTHING_WITHHELD, ColumnKind, ColumnName, Redaction, microseconds
from mcp_server.traffic.tables import Table
from policies.impact import FlagValue, Provenance
from policies.replay.recording import NOT_RECORDED

LONGEST_SDK_NAME = 100
MOST_SDKS = 500
OTHER_SDKS = "(other)"

GREATEST_REVISION: Final = 1 << 62
HASHES: Final = 1 << 60
NOT_HASHED: Final = int(NOT_RECORDED)


@dataclass(frozen=True, slots=True)
class Origin:
    """What all checks of one segment have in common. ``kept`` are the property names written (None: all)."""

    environment: str
    provenance: Provenance
    source: str
    kept: frozenset[str] | None = None
    sampled_ppm: int = 1_000_000
    redaction: Redaction = NOTHING_WITHHELD


@dataclass(frozen=True, slots=True)
class Content:
    """A finished segment in memory. ``texts`` holds, per column, the JSON texts of its values by code.

    ``codes`` has one row per context column and one entry per context. ``log`` and ``buckets`` are tables as on disk.
    """

    origin: Origin
    columns: tuple[ColumnName, ...]
    texts: Sequence[Sequence[str]]
    codes: NDArray[np.int32]
    log: Table
    buckets: Table
    dropped: int
    replaces: tuple[str, ...] = ()

    @property
    def subjects(self) -> int:
        """Number of distinct subjects."""
        return int(np.count_nonzero(np.bincount(self.codes[self.columns.index(ColumnName(kind="subject"))])))

    def values(self, kind: ColumnKind) -> list[Any]:
        """The values of the flag, value or sdk column by code."""
        return parse_texts(self.texts[self.columns.index(ColumnName(kind=kind))])


class Draft:
    """Collects the checks of one segment. Not thread-safe."""

    def __init__(self, origin: Origin) -> None:
        self.origin = origin
        self.dropped = 0
        self.contexts = ContextTable(origin.kept)
        self._flags: dict[str, int] = {}
        self._values: dict[FlagValue, int] = {}
        self._sdks: dict[str, int] = {}
        # The answers of a request share all but flag and value; ``size`` is how many there are.
        self._requests = {"at": array("q"), "context": array("i"), "revision": array("q"), "sdk": array("i")}
        self._sizes = array("i")
        self._answers = {"flag": array("i"), "value": array("i")}
        self._hashes: dict[tuple[int, int], tuple[int, int]] = {}

    @property
    def checks(self) -> int:
        """Number of rows in the log."""
        return len(self._answers["flag"])

    def add(self, check: AnsweredCheck) -> None:
        """Takes one request's answers, all or none. Raises Unrecordable."""
        if not check.results:
            return
        known = len(self.contexts)
        answers = {result.key: result.value for result in check.results}
        context = self.add_answers(check.context, check.at, answers, check.revision, check.sdk)
        if len(self.contexts) > known:
            self._take_hashes(check, context)

    def _take_hashes(self, check: AnsweredCheck, context: int) -> None:
        """What a replay would otherwise compute. What is no hash is left out: without it a replay says the same."""
        for key, pair in check.hashes().items():
            if all(hashed is None or 0 <= hashed < HASHES for hashed in pair):
                rollout, variant = (NOT_HASHED if hashed is None else hashed for hashed in pair)
                self._hashes[self.flag(key), context] = rollout, variant

    def add_answers(
        self, context: Context, at: datetime, answers: Mapping[str, FlagValue], revision: int, sdk: str
    ) -> int:
        """Takes the answers, by flag, that one context got at one moment; returns the context's code.

        Raises Unrecordable.
        """
        if not 0 <= revision < GREATEST_REVISION:
            raise Unrecordable(f"{revision} is no revision.")
        try:
            flags = _codes(self._flags, answers, self.flag)
            values = _codes(self._values, answers.values(), self.value)
            # The context comes last, so that a refused check leaves none behind.
            request = (microseconds(at), self.sdk(sdk), self.contexts.code(context))
        except (TypeError, AttributeError) as error:
            raise Unrecordable(str(error)) from error
        at_us, sdk_code, context_code = request
        self._requests["at"].append(at_us)
        self._requests["context"].append(context_code)
        self._requests["revision"].append(revision)
        self._requests["sdk"].append(sdk_code)
        self._sizes.append(len(answers))
        self._answers["flag"].extend(flags)
        self._answers["value"].extend(values)
        return context_code

    def extend(self, log: Table) -> None:
        """Takes many rows at once, coded with this draft's own codes."""
        for column, rows in (self._requests | self._answers).items():
            rows.frombytes(np.ascontiguousarray(log[column], dtype=f"i{rows.itemsize}").tobytes())
        self._sizes.frombytes(np.ones(len(log["at"]), dtype="i4").tobytes())

    def flag(self, key: str) -> int:
        """A flag's code."""
        code = self._flags.get(key)
        if code is None:
            check_name(key)
            code = self._flags[key] = len(self._flags)
        return code

    def value(self, value: FlagValue) -> int:
        """An answer's code."""
        code = self._values.get(value)
        if code is None:
            if not isinstance(value, bool):
                check_name(value)
            code = self._values[value] = len(self._values)
        return code

    def sdk(self, name: str) -> int:
        """A client's code. Clients name themselves, so the names of one segment are bounded."""
        code = self._sdks.get(name)
        if code is None:
            clean = name[:LONGEST_SDK_NAME].encode(errors="replace").decode()
            if len(self._sdks) >= MOST_SDKS:
                clean = OTHER_SDKS
            code = self._sdks.setdefault(clean, len(self._sdks))
        return code

    def finish(self) -> Content:
        """The segment's content; the draft is not used any more."""
        columns, texts = self.contexts.columns(), self.contexts.texts()
        names: dict[ColumnKind, Iterable[FlagValue]] = {"flag": self._flags, "value": self._values, "sdk": self._sdks}
        columns += tuple(ColumnName(kind=kind) for kind in names)
        texts += [[json_text(name) for name in of_kind] for of_kind in names.values()]
        return Content(
            origin=self.origin,
            columns=columns,
            texts=texts,
            codes=self.contexts.codes(),
            log=self._log(),
            buckets=self._buckets(),
            dropped=self.dropped,
        )

    def _log(self) -> dict[str, NDArray[Any]]:
        rows = self._requests | self._answers
        columns = {name: np.frombuffer(rows[name], dtype=kind) for name, kind in TABLE_COLUMNS[LOG].items()}
        sizes = np.frombuffer(self._sizes, dtype="i4")
        return {
            name: np.repeat(column, sizes) if name in self._requests else column for name, column in columns.items()
        }

    def _buckets(self) -> dict[str, NDArray[Any]]:
        pairs = np.array(list(self._hashes), dtype=np.int32).reshape(-1, 2)
        hashes = np.array(list(self._hashes.values()), dtype=np.uint64).reshape(-1, 2)
        return {"flag": pairs[:, 0], "context": pairs[:, 1], "rollout": hashes[:, 0], "variant": hashes[:, 1]}


def _codes(known: Mapping[Any, int], names: Collection[Any], new: Callable[[Any], int]) -> list[int]:
    try:
        return [known[name] for name in names]
    except KeyError:
        return [new(name) for name in names]
