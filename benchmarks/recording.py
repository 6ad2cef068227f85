"""What recording costs: in the thread that answers, in the writer, and what happens when more comes than it can take.

    python benchmarks/recording.py [--requests 20000] [--rounds 5] [--seed 7] [--json]

Requests ask for 20 flags and are answered by the server's own code, once with the recorder that `drysail serve` uses
and once with one that takes nothing; the difference is what a check costs the answering thread. Requests come in
batches that fit into the queue, and the writer works between them, so that its work is not counted as the answering
thread's. Times are CPU time of the thread; the median over the rounds counts.
"""

import argparse
import json
import statistics
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from time import perf_counter_ns, process_time_ns, thread_time_ns
from typing import Any

import numpy as np

from benchmarks.shop_traffic import NOW, generate, hundred_flags
from evaluator import Definitions, compile_definitions
from mcp_server.http.answering import Answering
from mcp_server.http.question import Question
from mcp_server.services.ports import AnsweredCheck, Recorder, RecorderCounters
from mcp_server.services.serving import ServedEnvironment, Serving
from mcp_server.traffic.privacy import Privacy
from mcp_server.traffic.recorder import SegmentRecorder
from mcp_server.traffic.spool import RecorderSettings

FLAGS = 20
BATCH = 5_000
Report = dict[str, Any]


class Nobody:
    """Takes nothing."""

    counters = RecorderCounters()

    def offer(self, check: AnsweredCheck) -> None:
        """Lets the check go."""


def main() -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser(description="What recording a check costs.")
    parser.add_argument("--requests", type=int, default=20_000, help="requests per round (default: 20,000)")
    parser.add_argument("--rounds", type=int, default=5, help="rounds, of which the median counts (default: 5)")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--json", action="store_true", help="print one JSON object instead of a table")
    options = parser.parse_args()
    report = measure(options.requests, options.rounds, options.seed)
    print(json.dumps(report, indent=2) if options.json else _table(report))


def measure(requests: int, rounds: int, seed: int) -> Report:
    """Everything there is to say, as JSON. Times are microseconds per check."""
    environment = _environment(seed)
    questions = _questions(requests, seed)
    settings = RecorderSettings(poll_seconds=3600, flush_every=timedelta(days=1), privacy=Privacy(denied=("*token*",)))
    without, with_recorder, writer = [], [], []
    for _ in range(rounds):
        without.append(_answering(environment, questions, Nobody(), lambda: None)[0])
        with tempfile.TemporaryDirectory() as home, SegmentRecorder(Path(home), lambda: NOW, settings=settings) as full:
            answered, written = _answering(environment, questions, full, full.flush)
        with_recorder.append(answered)
        writer.append(written)
    base, recorded = statistics.median(without), statistics.median(with_recorder)
    return {
        "requests": len(questions),
        "flags_per_request": FLAGS,
        "answer_us_per_check": round(base, 3),
        "recording_us_per_check": round(recorded - base, 3),
        "writer_us_per_check": round(statistics.median(writer), 3),
        "overload": _overload(environment, questions, settings),
    }


def _environment(seed: int) -> ServedEnvironment:
    feed = hundred_flags(seed)
    definitions = Definitions.from_posthog({**feed, "flags": feed["flags"][:FLAGS]})
    ruleset = compile_definitions(definitions)
    return ServedEnvironment("production", 1, ruleset, definitions.facts(), b"", "", ())


def _questions(requests: int, seed: int) -> list[Question]:
    traffic = generate(requests, seed)
    rows = np.repeat(np.arange(len(traffic.checks)), traffic.checks)[:requests]
    contexts = [traffic.context(row) for row in np.random.default_rng(seed).permutation(rows).tolist()]
    return [Question(context, None, (), None, "posthog-python/7.91.1") for context in contexts]


def _answering(
    environment: ServedEnvironment, questions: Sequence[Question], recorder: Recorder, between: Callable[[], None]
) -> tuple[float, float]:
    """CPU time per check of the answering thread, and of the writer between batches."""
    answering = Answering(_Unread(), recorder, lambda: NOW)
    answered = written = 0
    for first in range(0, len(questions), BATCH):
        start = thread_time_ns()
        for question in questions[first : first + BATCH]:
            answering.answer(environment, question)
        answered += thread_time_ns() - start
        start = process_time_ns()
        between()
        written += process_time_ns() - start
    checks = len(questions) * FLAGS
    return answered / checks / 1000, written / checks / 1000


def _overload(environment: ServedEnvironment, questions: Sequence[Question], settings: RecorderSettings) -> Report:
    """Ten times as many requests as the queue holds, while the writer is never woken."""
    waiting = replace(settings, capacity=len(questions) // 10)
    with tempfile.TemporaryDirectory() as home, SegmentRecorder(Path(home), lambda: NOW, settings=waiting) as full:
        answering = Answering(_Unread(), full, lambda: NOW)
        start, slowest = thread_time_ns(), 0
        for question in questions:
            began = perf_counter_ns()
            answering.answer(environment, question)
            slowest = max(slowest, perf_counter_ns() - began)
        taken = thread_time_ns() - start
        full.flush()
        counters = full.counters
    return {
        "offered": counters.offered,
        "recorded": counters.recorded,
        "dropped": counters.dropped,
        "accounted_for": counters.offered == counters.recorded + counters.dropped == len(questions) * FLAGS,
        "answer_us_per_check": round(taken / len(questions) / FLAGS / 1000, 3),
        "slowest_request_ms": round(slowest / 1e6, 3),
    }


class _Unread(Serving):
    """Answers get their environment handed; nobody reads a store."""

    def __init__(self) -> None:
        """There is nothing to hold."""


def _table(report: Report) -> str:
    overload = report["overload"]
    rows = [
        ("answering a check", f"{report['answer_us_per_check']:.2f} µs"),
        ("recording it, in the answering thread", f"{report['recording_us_per_check']:.2f} µs"),
        ("recording it, in the writer's thread", f"{report['writer_us_per_check']:.2f} µs"),
        ("answering a check at overload, recorder included", f"{overload['answer_us_per_check']:.2f} µs"),
        ("checks offered at overload", f"{overload['offered']:,}"),
        ("recorded", f"{overload['recorded']:,}"),
        ("dropped and counted", f"{overload['dropped']:,}"),
    ]
    return "\n".join(f"{what:<52} {figure:>12}" for what, figure in rows)


if __name__ == "__main__":
    main()
