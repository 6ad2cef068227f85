"""The shop's traffic as a store on disk, built by the product's own code: segments, then a registered snapshot."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import compress
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from benchmarks.shop_traffic import COUNTRIES, FLAG, NOW, PLANS, SIGNUPS, VERSIONS, Traffic, email, subject
from evaluator import MISSING
from mcp_server.services.snapshot import Snapshot
from mcp_server.traffic.archive import TrafficArchive
from mcp_server.traffic.draft import Content, Origin
from mcp_server.traffic.interning import MISSING_CODE
from mcp_server.traffic.layout import TrafficFolder
from mcp_server.traffic.manifest import ColumnKind, ColumnName
from mcp_server.traffic.segment import write_segment
from policies.replay.hashes import hash60_each
from policies.replay.recording import NOT_RECORDED

ENVIRONMENT: Final = "production"
REVISION: Final = 1
WINDOW: Final = timedelta(days=7)
CHECKS_PER_SEGMENT: Final = 5_000_000
"""As many as compaction puts into one segment."""


@dataclass(frozen=True, slots=True)
class Log:
    """Every check of the traffic, in order of time, with the answer it got by the flag as it is.

    ``answers`` (codes of ``values``), ``rollout`` and ``variant`` (the hashes that the evaluator took to answer) are by
    context. ``texts`` are the values of each property as JSON, which is what a recorder or an import writes.
    """

    at_us: NDArray[np.int64]
    contexts: NDArray[np.int32]
    values: Sequence[bool | str]
    answers: NDArray[np.int8]
    rollout: NDArray[np.uint64]
    variant: NDArray[np.uint64]
    texts: Mapping[str, Sequence[str]]


def log_of(traffic: Traffic, answers: Sequence[bool | str], hashed: NDArray[np.bool_], seed: int) -> Log:
    """Spreads the checks of each context over the window.

    ``answers`` and ``hashed`` (whether the evaluator hashed the subject) are by context.
    """
    rng = np.random.default_rng(seed)
    contexts = np.repeat(np.arange(len(traffic.subjects), dtype=np.int32), traffic.checks)
    rng.shuffle(contexts)
    span = round(WINDOW.total_seconds() * 1_000_000)
    at_us = np.sort(rng.integers(0, span, len(contexts))) + round((NOW - WINDOW).timestamp() * 1_000_000)
    values = tuple(dict.fromkeys(answers))
    numbers = {value: number for number, value in enumerate(values)}
    codes = np.fromiter((numbers[answer] for answer in answers), dtype=np.int8, count=len(answers))
    is_on = np.array([value is not False for value in values])[codes]
    rollout, variant = np.full((2, len(answers)), NOT_RECORDED, dtype=np.uint64)
    for hashes, suffix, taken in ((rollout, "", hashed), (variant, "variant", hashed & is_on)):
        rows = np.flatnonzero(taken)
        hashes[rows] = hash60_each(f"{FLAG}.", [subject(one) for one in traffic.subjects[rows].tolist()], suffix)
    return Log(at_us, contexts, values, codes, rollout, variant, _texts(traffic))


def build(home: Path, traffic: Traffic, log: Log, *, buckets: bool) -> Snapshot:
    """Writes the segments, and the snapshot that a server would register. ``buckets``: with the recorded hashes."""
    write_segments(home, traffic, log, buckets=buckets)
    snapshot = TrafficArchive(home).collect(ENVIRONMENT, "recorded", NOW)
    if snapshot is None:
        raise RuntimeError("no segment was written")
    return snapshot


def write_segments(home: Path, traffic: Traffic, log: Log, *, buckets: bool) -> None:
    """Writes the log as segments of the size that compaction gives them."""
    folder = TrafficFolder.of(home, ENVIRONMENT)
    for first in range(0, len(log.at_us), CHECKS_PER_SEGMENT):
        rows = slice(first, first + CHECKS_PER_SEGMENT)
        write_segment(folder, _content(traffic, log, rows, buckets=buckets))


def _content(traffic: Traffic, log: Log, rows: slice, *, buckets: bool) -> Content:
    contexts, places = _used(log.contexts[rows], len(traffic.subjects))
    columns = {name: _column(*column) for name, column in _columns(traffic, log.texts, contexts).items()}
    kinds: dict[ColumnKind, Sequence[Any]] = {"flag": [FLAG], "value": log.values, "sdk": ["posthog-python/7.91.1"]}
    nothing = np.zeros(len(places), dtype=np.int32)
    return Content(
        origin=Origin(environment=ENVIRONMENT, provenance="recorded", source=f"benchmark {rows.start}"),
        columns=(*columns, *(ColumnName(kind=kind) for kind in kinds)),
        texts=[texts for _, texts in columns.values()] + [list(map(json.dumps, values)) for values in kinds.values()],
        codes=np.stack([codes for codes, _ in columns.values()]),
        log={
            "at": log.at_us[rows],
            "flag": nothing,
            "context": places,
            "value": log.answers[contexts].astype(np.int32)[places],
            "revision": np.full(len(places), REVISION, dtype=np.int64),
            "sdk": nothing,
        },
        buckets=_hashes(log, contexts if buckets else contexts[:0]),
        dropped=0,
    )


def _used(contexts: NDArray[np.int32], known: int) -> tuple[NDArray[np.intp], NDArray[np.int32]]:
    """The contexts that occur, and for each check its context's place among them."""
    occurs = np.zeros(known, dtype=np.bool_)
    occurs[contexts] = True
    return np.flatnonzero(occurs), (np.cumsum(occurs, dtype=np.int32) - 1)[contexts]


def _texts(traffic: Traffic) -> dict[str, list[str]]:
    mail_hosts = traffic.mail_hosts.tolist()
    values: Mapping[str, Sequence[Any]] = {
        "subject": list(map(subject, range(len(mail_hosts)))),
        "email": [email(number, host) for number, host in enumerate(mail_hosts)],
        "country": COUNTRIES,
        "plan": PLANS,
        "app_version": VERSIONS,
        "signup_date": SIGNUPS,
    }
    return {name: ["" if value is MISSING else f'"{value}"' for value in of] for name, of in values.items()}


def _columns(
    traffic: Traffic, texts: Mapping[str, Sequence[str]], contexts: NDArray[np.intp]
) -> Mapping[ColumnName, tuple[NDArray[np.int32], Sequence[str]]]:
    """By column: the codes of its contexts, and the values; an empty text stands for none."""
    customers = traffic.subjects[contexts]
    codes = {
        "country": traffic.countries[customers],
        "plan": traffic.plans[customers],
        "email": customers,
        "app_version": traffic.versions[contexts],
        "signup_date": traffic.signups[customers],
    }
    nothing = np.zeros(len(contexts), dtype=np.int32)
    return {
        ColumnName(kind="subject"): (customers, texts["subject"]),
        ColumnName(kind="device"): (nothing, [""]),
        **{ColumnName(kind="property", name=name): (column, texts[name]) for name, column in codes.items()},
    }


def _column(codes: NDArray[np.int32], texts: Sequence[str]) -> tuple[NDArray[np.int32], list[str]]:
    """The column in codes of its own: only the values that occur."""
    occurs = np.zeros(len(texts), dtype=np.bool_)
    occurs[codes] = True
    occurs[[number for number, text in enumerate(texts[:99]) if not text]] = False
    numbers = np.where(occurs, np.cumsum(occurs, dtype=np.int32) - 1, MISSING_CODE).astype(np.int32)
    return numbers[codes], list(compress(texts, occurs.tolist()))


def _hashes(log: Log, contexts: NDArray[np.intp]) -> dict[str, NDArray[Any]]:
    rows = np.flatnonzero(log.rollout[contexts] != NOT_RECORDED)
    hashed = contexts[rows]
    return {
        "flag": np.zeros(len(rows), dtype=np.int32),
        "context": rows.astype(np.int32),
        "rollout": log.rollout[hashed],
        "variant": log.variant[hashed],
    }
