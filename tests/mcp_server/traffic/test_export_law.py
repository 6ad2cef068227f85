"""What was exported and imported again replays to the same impact, down to its digest, in both forms."""

import json
from hashlib import sha256
from pathlib import Path
from random import Random

import pytest

from evaluator import Context, Facts, Ruleset
from mcp_server.traffic.archive import TrafficArchive
from mcp_server.traffic.interning import ContextTable, Unrecordable
from policies.replay.recording import Recording
from policies.replay.replayer import replay
from tests.mcp_server.traffic.given import NOW, brought_in, check, import_of, recording_of, segment, snapshot_of
from tests.policies.replay.random_changes import compiled, random_definitions, random_facts, random_subjects

FLAGS = 6
CONTEXTS = 40


def impact_digest(recording: Recording, before: Ruleset, after: Ruleset, facts: Facts) -> str:
    impact = replay(
        before, after, recording, now=NOW, edited=sorted(after.flags), facts_before=facts, facts_after=facts
    )
    return sha256(json.dumps(impact.model_dump(mode="json"), sort_keys=True).encode()).hexdigest()


def is_recordable(context: Context) -> bool:
    """Whether a recorder would not drop it."""
    try:
        ContextTable(None).code(context)
    except Unrecordable:
        return False
    return True


@pytest.mark.parametrize("form", ["jsonl", "parquet"])
@pytest.mark.parametrize("seed", range(8))
def test_a_round_trip_replays_to_the_same_digest(tmp_path: Path, seed: int, form: str) -> None:
    random = Random(seed)
    definitions, facts = random_definitions(random, flags=FLAGS), random_facts(random)
    before, after = compiled(definitions), compiled(random_definitions(random, flags=FLAGS))
    subjects = [subject for subject in random_subjects(random, CONTEXTS) if is_recordable(subject)]
    half = len(subjects) // 2
    assert half > CONTEXTS // 5
    keys = sorted(before.flags)[:3]
    for part, (start, kept) in enumerate([(0, None), (half, ["plan", "country", "email"])]):
        checks = [
            check(subject, {key: random.choice((True, False, "control", None)) for key in keys}, after=start + n)
            for n, subject in enumerate(subjects[start : start + half])
        ]
        segment(tmp_path / "from", checks, kept=kept, source=f"part {part}", dropped=part)
    archive, snapshot = TrafficArchive(tmp_path / "from"), snapshot_of(tmp_path / "from")
    if form == "jsonl":
        report = brought_in(tmp_path / "to", archive.export(snapshot))
    else:
        archive.export_parquet(snapshot, tmp_path / "t.parquet")
        report = import_of(tmp_path / "to", tmp_path / "t.parquet")
    assert report.corrupt == ()
    original, returned = archive.load(snapshot), recording_of(tmp_path / "to", "reconstructed")
    assert impact_digest(returned, before, after, facts) == impact_digest(original, before, after, facts)
