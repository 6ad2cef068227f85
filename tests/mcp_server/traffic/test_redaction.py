"""What the allow-list leaves out is unknown, never missing."""

from pathlib import Path

from evaluator.context import MISSING, REDACTED, Context
from policies.replay.recording import Recording
from tests.mcp_server.traffic.given import check, recording_of, segment

ADA = Context(
    "ada", {"plan": "pro", "email": "ada@example.com"}, {"company": "acme"}, {"company": {"size": 5, "plan": "x"}}
)
BOB = Context("bob", {"plan": "free"})
MIA = Context("mia")


def person(recording: Recording, name: str) -> dict[str, object]:
    """The property of each subject; a list where a subject has several contexts."""
    column = recording.column(name)
    return _by_subject(recording, [column.values[code] for code in column.codes])


def company(recording: Recording, name: str) -> dict[str, object]:
    column = recording.column(name, "company")
    return _by_subject(recording, [column.values[code] for code in column.codes])


def _by_subject(recording: Recording, values: list[object]) -> dict[str, object]:
    return {recording.context(index).distinct_id: value for index, value in enumerate(values)}


def test_an_unkept_property_is_redacted_for_everybody(tmp_path: Path) -> None:
    segment(tmp_path, [check(ADA), check(BOB)], kept=["plan"])
    recording = recording_of(tmp_path)
    assert recording.kept_properties == {"plan"}
    assert person(recording, "plan") == {"ada": "pro", "bob": "free"}
    assert person(recording, "email") == {"ada": REDACTED, "bob": REDACTED}
    assert company(recording, "size") == {"ada": REDACTED, "bob": REDACTED}
    assert company(recording, "plan") == {"ada": "x", "bob": MISSING}


def test_an_unkept_value_is_nowhere_on_disk(tmp_path: Path) -> None:
    secret = "a-very-secret-value"
    segment(tmp_path, [check(Context("ada", {"email": secret, secret: 1}))], kept=["plan"])
    assert not [path for path in tmp_path.rglob("*") if path.is_file() and secret.encode() in path.read_bytes()]


def test_a_kept_property_that_nobody_sent_is_missing(tmp_path: Path) -> None:
    segment(tmp_path, [check(MIA)], kept=["plan"])
    assert person(recording_of(tmp_path), "plan") == {"mia": MISSING}


def test_without_an_allow_list_nothing_is_redacted(tmp_path: Path) -> None:
    segment(tmp_path, [check(ADA), check(MIA)])
    recording = recording_of(tmp_path)
    assert recording.kept_properties is None
    assert person(recording, "anything") == {"ada": MISSING, "mia": MISSING}
    assert company(recording, "anything") == {"ada": MISSING, "mia": MISSING}


def test_segments_with_different_allow_lists_know_each_property_where_it_was_kept(tmp_path: Path) -> None:
    segment(tmp_path, [check(ADA)], kept=["plan"])
    segment(tmp_path, [check(BOB), check(MIA)], kept=["plan", "email"])
    recording = recording_of(tmp_path)
    assert recording.kept_properties == {"plan"}
    assert person(recording, "plan") == {"ada": "pro", "bob": "free", "mia": MISSING}
    assert person(recording, "email") == {"ada": REDACTED, "bob": MISSING, "mia": MISSING}
    assert company(recording, "email") == {"ada": REDACTED, "bob": MISSING, "mia": MISSING}
    assert person(recording, "phone") == {"ada": REDACTED, "bob": REDACTED, "mia": REDACTED}


def test_segments_that_kept_nothing_in_common_know_what_each_of_them_kept(tmp_path: Path) -> None:
    segment(tmp_path, [check(MIA)], kept=["plan"])
    segment(tmp_path, [check(BOB)], kept=["email"])
    recording = recording_of(tmp_path)
    assert recording.kept_properties == frozenset()
    assert person(recording, "plan") == {"mia": MISSING, "bob": REDACTED}
    assert person(recording, "email") == {"mia": REDACTED, "bob": MISSING}


def test_a_segment_that_kept_all_merges_with_one_that_kept_little(tmp_path: Path) -> None:
    segment(tmp_path, [check(ADA)])
    segment(tmp_path, [check(BOB)], kept=["plan"])
    recording = recording_of(tmp_path)
    assert recording.kept_properties == {"plan"}
    assert person(recording, "email") == {"ada": "ada@example.com", "bob": REDACTED}
    assert person(recording, "plan") == {"ada": "pro", "bob": "free"}


def test_the_same_subject_with_more_kept_is_another_context(tmp_path: Path) -> None:
    segment(tmp_path, [check(ADA)], kept=["plan"])
    segment(tmp_path, [check(ADA)], kept=["plan", "email"])
    recording = recording_of(tmp_path)
    assert (recording.size, recording.facts.subjects) == (2, 1)


def test_a_covering_recording_shows_unkept_properties_in_its_contexts(tmp_path: Path) -> None:
    segment(tmp_path, [check(ADA)], kept=["plan"])
    covering = recording_of(tmp_path).covering([(None, "email"), ("company", "size"), (None, "plan")])
    context = covering.context(0)
    assert context.properties == {"plan": "pro", "email": REDACTED}
    assert context.group_properties == {"company": {"plan": "x", "size": REDACTED}}


def test_the_manifest_identifies_what_was_left_out(tmp_path: Path) -> None:
    digests = [
        segment(tmp_path, [check(ADA)], kept=kept).redaction_digest
        for kept in (None, [], ["plan"], ["plan", "email"], ["email", "plan"])
    ]
    assert len(set(digests)) == 4
    assert digests[3] == digests[4]
