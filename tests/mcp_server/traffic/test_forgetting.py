"""Deleting a subject leaves no trace of it, keeps everybody else's checks, and can be killed at any point."""

import os
import shutil
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from evaluator.context import REDACTED, Context
from mcp_server.services.ports import AnsweredCheck
from mcp_server.traffic import forgetting
from mcp_server.traffic.archive import TrafficArchive
from mcp_server.traffic.layout import TrafficFolder
from mcp_server.traffic.privacy import Privacy
from mcp_server.traffic.secret import read_secret
from mcp_server.traffic.spool import RecorderSettings, Spool
from tests.mcp_server.traffic.given import (
    NOW,
    PRODUCTION,
    answered,
    check,
    everything_on_disk,
    expected,
    recording_of,
    segment,
    snapshot_of,
)

ADA = "ada-1815"
LATER = NOW + timedelta(days=3)


def ada(after: float = 0, **properties: object) -> AnsweredCheck:
    return check(Context(ADA, {"email": "ada@lovelace.example", **properties}), after=after, sdk="ada-sdk/1")


def others(count: int = 20) -> list[AnsweredCheck]:
    return [check(Context(f"user{n}", {"plan": "pro"}), {"checkout": n % 2 == 0}, after=n) for n in range(count)]


def test_the_subject_is_nowhere_and_all_others_stay(tmp_path: Path) -> None:
    archive, rest = TrafficArchive(tmp_path), others()
    segment(tmp_path, [*rest[:10], ada(), ada(5, vip=True)], source="one")
    segment(tmp_path, rest[10:], source="two")
    snapshot_of(tmp_path)
    found = archive.trace(PRODUCTION, ADA)
    assert (found.segments, found.checks) == (1, 2)
    forgotten = archive.forget(PRODUCTION, ADA, LATER)
    assert (len(forgotten.deleted), len(forgotten.rewritten)) == (1, 1)
    left = everything_on_disk(tmp_path)
    assert not [text for text in (ADA, "lovelace", "vip", "ada-sdk") if text in left]
    assert answered(recording_of(tmp_path)) == expected(rest)
    assert archive.trace(PRODUCTION, ADA).segments == 0
    assert archive.forget(PRODUCTION, ADA, LATER).deleted == ()


def test_a_segment_with_nobody_else_goes_as_a_whole(tmp_path: Path) -> None:
    segment(tmp_path, [ada()])
    forgotten = TrafficArchive(tmp_path).forget(PRODUCTION, ADA, LATER)
    assert (len(forgotten.deleted), forgotten.rewritten) == (1, ())
    assert TrafficArchive(tmp_path).collect(PRODUCTION, "recorded", LATER) is None


def test_compacted_segments_and_those_they_replace_forget_alike(tmp_path: Path) -> None:
    archive, rest = TrafficArchive(tmp_path), others()
    for number in range(4):
        segment(tmp_path, [*rest[number * 5 : number * 5 + 5], *([ada()] if number % 2 else [])], source=str(number))
    assert archive.compact(PRODUCTION, LATER)
    archive.forget(PRODUCTION, ADA, LATER)
    assert ADA not in everything_on_disk(tmp_path)
    assert answered(recording_of(tmp_path)) == expected(rest)


def test_quarantine_half_written_segments_and_prepared_recordings_are_cleared(tmp_path: Path) -> None:
    archive = TrafficArchive(tmp_path)
    folder = TrafficFolder.of(tmp_path, PRODUCTION)
    for source in ("aside", "damaged", "dead", "fine"):
        held = segment(tmp_path, [ada(), *others()], source=source)
        if source == "dead":
            shutil.copytree(folder.segment(held.id), folder.writing / "dead")
            for path in [*(folder.writing / "dead").iterdir(), folder.writing / "dead"]:
                os.utime(path, (NOW.timestamp(), NOW.timestamp()))
        if source in ("aside", "damaged"):
            folder.quarantine.mkdir(exist_ok=True)
            folder.segment(held.id).rename(folder.quarantine / held.id)
        if source == "damaged":
            (folder.quarantine / held.id / "dictionaries.parquet").write_bytes(ADA.encode())
    spared = segment(tmp_path, others(), source="nobody")
    folder.segment(spared.id).rename(folder.quarantine / spared.id)
    snapshot_of(tmp_path)
    forgotten = archive.forget(PRODUCTION, ADA, LATER)
    assert (forgotten.quarantined, forgotten.unfinished) == (2, 0)
    assert ADA not in everything_on_disk(tmp_path)
    assert [path.name for path in folder.quarantine.iterdir()] == [spared.id]


def test_what_another_process_may_be_writing_is_left_alone_and_counted(tmp_path: Path) -> None:
    segment(tmp_path, others())
    young = TrafficFolder.of(tmp_path, PRODUCTION).writing / "young"
    young.mkdir()
    os.utime(young, (LATER.timestamp(), LATER.timestamp()))
    assert TrafficArchive(tmp_path).forget(PRODUCTION, ADA, LATER).unfinished == 1
    assert young.exists()


@pytest.mark.parametrize("steps", range(6))
def test_a_deletion_that_is_cut_off_loses_and_doubles_nothing_and_can_be_repeated(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, steps: int
) -> None:
    archive, rest = TrafficArchive(tmp_path), others()
    for number in range(2):
        segment(tmp_path, [*rest[number * 10 : number * 10 + 10], ada()], source=str(number))
    archive.compact(PRODUCTION, LATER)
    left = [steps]

    class Killed(BaseException):
        pass

    def counted(function: Callable[..., Any]) -> Callable[..., Any]:
        def wrapped(*arguments: object) -> Any:
            left[0] -= 1
            if left[0] < 0:
                raise Killed
            return function(*arguments)

        return wrapped

    with monkeypatch.context() as patch:
        for name in ("write_segment", "delete_segment"):
            patch.setattr(forgetting, name, counted(getattr(forgetting, name)))
        try:
            archive.forget(PRODUCTION, ADA, LATER)
        except Killed:
            assert steps < 4
    before = {row: counts for row, counts in answered(recording_of(tmp_path)).items() if ADA not in row[0]}
    assert before == expected(rest)
    archive.forget(PRODUCTION, ADA, LATER)
    assert ADA not in everything_on_disk(tmp_path)
    assert answered(recording_of(tmp_path)) == expected(rest)


def test_checks_from_the_subjects_device_go_too_and_an_alias_in_other_records_is_redacted(tmp_path: Path) -> None:
    segment(
        tmp_path,
        [
            check(Context("bob", {"friend": ADA, "plan": "pro"}, {"team": "t"}, {"team": {"lead": ADA}})),
            check(Context("bob", device_id=ADA)),
            ada(),
        ],
    )
    TrafficArchive(tmp_path).forget(PRODUCTION, ADA, LATER)
    assert ADA not in everything_on_disk(tmp_path)
    context = recording_of(tmp_path).context(0)
    assert (context.distinct_id, context.properties) == ("bob", {"friend": REDACTED, "plan": "pro"})
    assert context.group_properties == {"team": {"lead": REDACTED}}


def test_a_subject_whose_id_was_hashed_is_found_by_its_token(tmp_path: Path) -> None:
    tokens = read_secret(tmp_path).tokens
    spool = Spool(tmp_path, RecorderSettings(privacy=Privacy(hashes_ids=True, tokens=tokens)))
    for one in (check(ADA), check("bob"), check(Context("eve", device_id=ADA))):
        spool.take(one, NOW)
    spool.write_all()
    forgotten = TrafficArchive(tmp_path).forget(PRODUCTION, ADA, LATER)
    assert recording_of(tmp_path).facts.subjects == 1
    left = everything_on_disk(tmp_path)
    assert tokens.of_subject(PRODUCTION, ADA) not in left
    assert tokens.of_device(PRODUCTION, ADA) not in left
    assert forgotten.token == tokens.of_subject(PRODUCTION, ADA)


def test_recorded_buckets_of_the_others_stay_theirs(tmp_path: Path) -> None:
    people = ["adam", ADA, "bob"]
    segment(tmp_path, [check(name, hashes={"checkout": (n, None)}) for n, name in enumerate(people)])
    TrafficArchive(tmp_path).forget(PRODUCTION, ADA, LATER)
    recording = recording_of(tmp_path)
    kept = dict(zip(recording.subjects.values, recording.buckets["checkout", "rollout"].tolist(), strict=True))
    assert kept == {"adam": 0, "bob": 2}


def test_where_nothing_was_recorded_there_is_nothing_to_forget(tmp_path: Path) -> None:
    assert TrafficArchive(tmp_path).forget(PRODUCTION, ADA, LATER).deleted == ()
