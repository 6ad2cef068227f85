"""Why a subject gets a value: the evaluator's trace, for a context given or last recorded."""

from dataclasses import dataclass

import numpy as np

from evaluator.context import Context
from evaluator.explaining.explain import explain
from evaluator.explaining.explanation import Explanation
from mcp_server.services.change import Change
from mcp_server.services.changing import flag_document
from mcp_server.services.definitions import bodies_of
from mcp_server.services.errors import NotFound
from mcp_server.services.home import Home
from mcp_server.services.snapshots import newest_snapshot
from policies.replay.recording import Recording


@dataclass(frozen=True, slots=True)
class Explained:
    """The explanation, for which context, and where that context came from."""

    explanation: Explanation
    context: Context
    source: str


def explain_flag(home: Home, environment: str, key: str, context: Context, *, recorded: bool = False) -> Explained:
    """Explains the flag for a context; with ``recorded``, for what was last recorded of that ``distinct_id``.

    Raises NotFound for an unknown flag, or a subject that was never recorded.
    """
    with home.store.read() as reader:
        flag_document(reader, environment, key)
        change = Change(base=bodies_of(reader.documents(environment)), edits=())
    source = "as given"
    if recorded:
        context, source = recorded_context(home, environment, context.distinct_id)
    explanation = explain(change.before, key, context, now=home.clock(), facts=change.facts_before)
    return Explained(explanation=explanation, context=context, source=source)


def recorded_context(home: Home, environment: str, distinct_id: str) -> tuple[Context, str]:
    """What the newest snapshot last recorded of a subject. Raises NotFound."""
    snapshot = newest_snapshot(home, environment)
    if snapshot is None:
        raise NotFound(
            f"Nothing was recorded in {environment} yet.",
            hint="Give the subject's properties, or record traffic first (`drysail traffic snapshot`).",
            code="NO_TRAFFIC",
        )
    recording = home.recordings.load(snapshot)
    index = _last_context(recording, distinct_id)
    if index is None:
        raise NotFound(
            f"Subject {distinct_id!r} is not in snapshot {snapshot.id}.",
            hint="Give its properties instead.",
            code="NO_SUCH_SUBJECT",
        )
    return recording.context(index), f"last recorded in snapshot {snapshot.id}"


def _last_context(recording: Recording, distinct_id: str) -> int | None:
    """The context of the subject with the latest recorded check."""
    codes = [code for code, value in enumerate(recording.subjects.values) if value == distinct_id]
    own = np.flatnonzero(np.isin(recording.subjects.codes, codes))
    if not len(own):
        return None
    last = np.zeros(recording.size, dtype=np.int64)
    for answers in recording.answers.values():
        np.maximum.at(last, answers.contexts, answers.last_us)
    return int(own[np.argmax(last[own])])
