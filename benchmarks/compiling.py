"""What it takes to get a ruleset: time for a thousand flags, memory for ten thousand."""

import gc
from itertools import pairwise
from multiprocessing import get_context
from pathlib import Path
from time import process_time

from benchmarks.shop_traffic import NOW, Json, hundred_flags
from evaluator import Context, Definitions, compile_definitions, evaluate, evaluate_all

STATM = Path("/proc/self/statm")
PAGE = 4096
SUBJECT = Context("user-1", {"country": "DE", "plan": "pro", "email": "u1@corp.example", "app_version": "3.1.4"})


def compile_seconds(flags: int) -> float:
    """CPU seconds; the best of three, so that it is the work and not the machine."""
    definitions = Definitions.from_posthog(many_flags(flags))
    return round(min(_seconds(definitions) for _ in range(3)), 3)


def resident_megabytes(flags: int) -> dict[str, float] | None:
    """By how much a fresh process grows (RSS): for the definitions as JSON values, for the ruleset, for having answered
    each flag by itself and all at once. None where the system does not tell."""
    if not STATM.exists():
        return None
    with get_context("spawn").Pool(1) as pool:
        return pool.apply(_growth, (flags,))


def many_flags(count: int) -> Json:
    """The hundred flags of different builds over and over, each time under other keys and from other seeds."""
    parts = [(part, hundred_flags(part)["flags"]) for part in range(-(-count // 100))]
    flags = [{**flag, "key": f"{part}-{flag['key']}"} for part, several in parts for flag in several]
    return {"flags": flags[:count], "cohorts": {}, "group_type_mapping": {}}


def _seconds(definitions: Definitions) -> float:
    gc.collect()
    start = process_time()
    compile_definitions(definitions)
    return process_time() - start


def _growth(flags: int) -> dict[str, float]:
    compile_definitions(Definitions.from_posthog(many_flags(100)))
    sizes = [_resident()]
    definitions = Definitions.from_posthog(many_flags(flags))
    sizes.append(_resident())
    ruleset = compile_definitions(definitions)
    sizes.append(_resident())
    for key in ruleset.flags:
        evaluate(ruleset, key, SUBJECT, now=NOW)
    evaluate_all(ruleset, SUBJECT, now=NOW)
    sizes.append(_resident())
    steps = [round((after - before) / 1e6, 1) for before, after in pairwise(sizes)]
    return dict(zip(("definitions", "compiled", "answered_one_by_one"), steps, strict=True))


def _resident() -> int:
    gc.collect()
    return int(STATM.read_text().split()[1]) * PAGE
