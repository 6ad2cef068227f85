"""What is denied never reaches the disk, and what is hashed reaches it as a token only."""

import os
import re
from collections.abc import Iterable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from evaluator.context import MISSING, REDACTED, Context
from mcp_server.services.errors import Unavailable
from mcp_server.traffic.archive import TrafficArchive
from mcp_server.traffic.privacy import NamePatterns, Privacy
from mcp_server.traffic.secret import Tokens, read_secret, secret_path
from mcp_server.traffic.spool import RecorderSettings, Spool
from mcp_server.traffic.statistics import summarise
from policies.replay.recording import Recording
from tests.mcp_server.traffic.given import (
    NOW,
    PRODUCTION,
    check,
    everything_on_disk,
    import_of,
    recording_of,
    segment,
    snapshot_of,
)

TOKENS = Tokens(b"key")
TOKEN = re.compile(r"hashed:[0-9a-f]{32}")
ADA = Context(
    "ada-1815",
    {"plan": "pro", "email": "ada@example.com", "api_Token": "t0p", "alias": "ada-1815", "distinct_id": "ada-1815"},
    {"company": "acme", "desk": "ada-1815"},
    {"company": {"size": 5, "email": "info@acme.example", "owner": "ada-1815"}},
    device_id="phone-7",
)


def recorded(
    home: Path, contexts: Iterable[Context | str], allowed: Iterable[str] | None = None, **privacy: Any
) -> Recording:
    settings = RecorderSettings(privacy=Privacy(tokens=TOKENS, **privacy))
    names = None if allowed is None else frozenset(allowed)
    spool = Spool(home, settings, lambda environment: names)
    for context in contexts:
        spool.take(check(context, hashes={"checkout": (1, 2)}), NOW)
    spool.write_all()
    return recording_of(home)


def only(recording: Recording, name: str, group: str | None = None) -> object:
    column = recording.column(name, group)
    (value,) = {column.values[code] for code in column.codes}
    return value


def test_patterns_match_whole_names_whichever_letters_are_capital() -> None:
    patterns = NamePatterns(["$ip", "*token*"])
    assert [name in patterns for name in ("$ip", "$IP", "zip", "api_Token", "tokens", "plan")] == [
        True, True, False, True, True, False,
    ]  # fmt: skip
    assert "anything" not in NamePatterns([])


def test_a_denied_property_is_redacted_and_its_value_nowhere_even_if_a_flag_refers_to_it(tmp_path: Path) -> None:
    recording = recorded(tmp_path, [ADA], ["plan", "api_Token"], denied=("*token*",))
    assert (only(recording, "plan"), only(recording, "api_Token")) == ("pro", REDACTED)
    assert "t0p" not in everything_on_disk(tmp_path)


def test_a_denied_property_is_redacted_where_all_others_are_kept(tmp_path: Path) -> None:
    recording = recorded(tmp_path, [ADA, "bob"], denied=("*token*",))
    column = recording.column("api_Token")
    values = {recording.context(i).distinct_id: column.values[code] for i, code in enumerate(column.codes)}
    assert values == {"ada-1815": REDACTED, "bob": MISSING}
    assert "t0p" not in everything_on_disk(tmp_path)


def test_deny_wins_over_hash(tmp_path: Path) -> None:
    recorded(tmp_path, [ADA], ["email"], denied=("email",), hashed=("*",))
    assert not TOKEN.search(everything_on_disk(tmp_path))


def test_a_hashed_property_replays_as_redacted_and_is_counted_by_token(tmp_path: Path) -> None:
    people = [Context(f"user{n}", {"email": f"{n % 3}@example.com"}) for n in range(9)]
    recording = recorded(tmp_path, [*people, "nobody"], ["email"], hashed=("email",))
    values = {recording.column("email").values[code] for code in recording.column("email").codes}
    assert values == {REDACTED, MISSING}
    statistics = summarise(recording, TrafficArchive(tmp_path).segments(PRODUCTION), 10)
    found = {each.name: each for each in statistics.properties}
    assert (found["email"].redacted, found["email"].missing) == (9, 1)
    assert found["hashed:email"].distinct_values == 3
    assert [top.subjects for top in found["hashed:email"].top] == [3, 3, 3]
    assert all(TOKEN.fullmatch(top.value.strip('"')) for top in found["hashed:email"].top)
    assert "@example.com" not in everything_on_disk(tmp_path)


def test_a_client_cannot_send_tokens_of_its_own(tmp_path: Path) -> None:
    recorded(tmp_path, [Context("ada", {"hashed:email": "forged"})], ["email", "hashed:email"], hashed=("email",))
    assert "forged" not in everything_on_disk(tmp_path)


def test_equal_values_of_different_properties_and_environments_have_different_tokens() -> None:
    tokens = {TOKENS.of(*each) for each in [("a", "k", "v"), ("b", "k", "v"), ("a", "l", "v"), ("a", "k", "w")]}
    assert len(tokens) == 4
    assert TOKENS.of("a", "k", "v") == TOKENS.of("a", "k", "v") != Tokens(b"other").of("a", "k", "v")


@pytest.mark.parametrize("allowed", [None, ["plan", "alias", "distinct_id", "owner", "size", "email"]])
def test_with_hashed_ids_no_id_is_anywhere_on_disk(tmp_path: Path, allowed: list[str] | None) -> None:
    recording = recorded(tmp_path, [ADA], allowed, hashes_ids=True)
    assert not re.search("ada-1815|phone-7", everything_on_disk(tmp_path))
    assert TOKEN.fullmatch(str(recording.subjects.values[0]))
    assert [only(recording, name) for name in ("distinct_id", "alias", "plan")] == [REDACTED, REDACTED, "pro"]
    assert (only(recording, "owner", "company"), only(recording, "size", "company")) == (REDACTED, 5)
    assert recording.context(0).groups == {"company": "acme", "desk": REDACTED}


def test_with_hashed_ids_a_person_stays_one_person_and_no_bucket_is_kept(tmp_path: Path) -> None:
    recording = recorded(tmp_path, ["ada", "ada", "bob"], hashes_ids=True)
    assert (recording.facts.subjects, recording.facts.mode) == (2, "statistical")
    assert recording.buckets == {}
    assert recorded(tmp_path / "plain", ["ada"]).facts.mode == "exact"


def test_the_distinct_id_is_unknown_even_if_no_flag_asked_for_it_when_it_was_recorded(tmp_path: Path) -> None:
    assert only(recorded(tmp_path, ["ada"], ["plan"], hashes_ids=True), "distinct_id") is REDACTED


def test_a_number_that_is_the_distinct_id_is_not_recorded_either(tmp_path: Path) -> None:
    recording = recorded(tmp_path, [Context("471147", {"user": 471147, "seats": 3})], hashes_ids=True)
    assert (only(recording, "user"), only(recording, "seats")) == (REDACTED, 3)


def test_a_device_id_among_the_properties_is_hashed_like_one_of_its_own(tmp_path: Path) -> None:
    recording = recorded(tmp_path, [Context("ada", {"$device_id": "phone-7"})], hashes_ids=True)
    assert TOKEN.fullmatch(str(recording.context(0).device_id))
    assert only(recording, "$device_id") is REDACTED


def test_one_statistical_segment_makes_the_recording_statistical(tmp_path: Path) -> None:
    segment(tmp_path, [check("bob")])
    assert recorded(tmp_path, ["ada"], hashes_ids=True).facts.mode == "statistical"


def test_the_manifest_tells_apart_what_was_withheld(tmp_path: Path) -> None:
    kinds: list[dict[str, Any]] = [{}, {"denied": ("a",)}, {"hashed": ("a",)}, {"hashes_ids": True}]
    for number, kind in enumerate(kinds):
        recorded(tmp_path / str(number), ["ada"], **kind)
    found = [TrafficArchive(tmp_path / str(number)).segments(PRODUCTION)[0] for number in range(len(kinds))]
    assert len({manifest.redaction_digest for manifest in found}) == len(kinds)
    assert [manifest.redaction.ids for manifest in found] == ["plain", "plain", "plain", "hashed"]


def test_segments_that_withheld_different_things_are_not_merged(tmp_path: Path) -> None:
    for kind in ({}, {"denied": ("a",)}, {"hashes_ids": True}):
        recorded(tmp_path, ["ada", "bob"], **kind)
    archive = TrafficArchive(tmp_path)
    assert archive.compact(PRODUCTION, NOW + timedelta(days=3)) == []
    recorded(tmp_path, ["mia"], hashes_ids=True)
    (merged,) = archive.compact(PRODUCTION, NOW + timedelta(days=3))
    assert merged.redaction.ids == "hashed"


@pytest.mark.parametrize("name", ["traffic.jsonl", "traffic.parquet"])
def test_an_export_of_hashed_ids_stays_statistical_when_it_is_imported(tmp_path: Path, name: str) -> None:
    recorded(tmp_path / "from", [ADA, "bob"], hashed=("email",), hashes_ids=True)
    archive, snapshot, path = TrafficArchive(tmp_path / "from"), snapshot_of(tmp_path / "from"), tmp_path / name
    if name.endswith("parquet"):
        archive.export_parquet(snapshot, path)
    else:
        path.write_text("\n".join(archive.export(snapshot)) + "\n", encoding="utf-8")
    import_of(tmp_path / "to", path)
    assert recording_of(tmp_path / "to", "reconstructed").facts.mode == "statistical"
    (manifest,) = TrafficArchive(tmp_path / "to").segments(PRODUCTION)
    assert manifest.redaction == archive.segments(PRODUCTION)[0].redaction


def test_the_secret_is_made_once_for_its_owner_only_and_shown_nowhere(tmp_path: Path) -> None:
    secret = read_secret(tmp_path)
    assert os.stat(secret_path(tmp_path)).st_mode & 0o777 == 0o600
    assert read_secret(tmp_path).sampling_salt == secret.sampling_salt
    content = secret_path(tmp_path).read_bytes()
    assert len(content) == 32
    assert list(secret_path(tmp_path).parent.iterdir()) == [secret_path(tmp_path)]
    assert repr(content)[2:-1] not in repr([secret, secret.tokens])
    assert read_secret(tmp_path / "other").sampling_salt != secret.sampling_salt


def test_a_secret_that_is_damaged_is_refused_with_its_place(tmp_path: Path) -> None:
    read_secret(tmp_path)
    secret_path(tmp_path).write_bytes(b"short")
    with pytest.raises(Unavailable, match="5 bytes instead of 32") as caught:
        read_secret(tmp_path)
    assert caught.value.place == str(secret_path(tmp_path))
