"""Seeded random cases: feeds, each asked by several subjects."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from random import Random

from evaluator.context import Context
from tests.oracles.random_contexts import MOMENTS, random_context
from tests.oracles.random_definitions import Feed, random_feed

FLAGS = 8
SUBJECTS = 10
ODDNESS = [0.0, 0.05, 0.05, 0.3]
"""How odd a feed and its subjects are: not at all, as in life, as in a fuzzer's dreams."""


@dataclass(frozen=True, slots=True)
class Batch:
    """One feed, one moment, some subjects: ``len(feed["flags"]) * len(contexts)`` cases."""

    name: str
    feed: Feed
    now: datetime
    contexts: Sequence[Context]


def random_batches(seed: int, cases: int, oddnesses: Sequence[float] = ODDNESS) -> Iterator[Batch]:
    """At least ``cases`` cases. The same seed gives the same cases."""
    for number in range(-(-cases // (FLAGS * SUBJECTS))):
        name = f"{seed}:{number}"
        random = Random(name)
        oddness = random.choice(oddnesses)
        feed = random_feed(random, flags=FLAGS, oddness=oddness)
        contexts = [random_context(random, oddness=oddness) for _ in range(SUBJECTS)]
        yield Batch(name, feed, random.choice(MOMENTS), contexts)


def without_devices(batch: Batch) -> Batch:
    """The same, but every flag hashes a device id and nobody has one: then the definition alone gives the reasons."""
    flags = [{**flag, "bucketing_identifier": "device_id"} for flag in batch.feed["flags"]]
    contexts = [replace(context, device_id=None) for context in batch.contexts]
    return replace(batch, feed={**batch.feed, "flags": flags}, contexts=contexts)
