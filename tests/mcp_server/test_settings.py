"""Where settings come from, and which source wins."""

from pathlib import Path

import pytest

from mcp_server.composition.serving import recorder_settings
from mcp_server.services.errors import InvalidInput
from mcp_server.settings import read_settings
from mcp_server.store import open_store
from mcp_server.traffic.manifest import Redaction
from mcp_server.traffic.sampling import Sampling
from mcp_server.traffic.secret import read_secret, secret_path


def test_an_option_wins_over_the_environment_and_that_over_the_file(tmp_path: Path) -> None:
    (tmp_path / "drysail.toml").write_text('port = 1\nhost = "0.0.0.0"\nenvironment = "a"\n', encoding="utf-8")
    settings = read_settings({"port": 3}, {"DRYSAIL_PORT": "2", "DRYSAIL_HOST": "::1"}, tmp_path)
    assert (settings.port, settings.host, settings.environment) == (3, "::1", "a")


def test_the_default_home_is_beside_the_caller_and_uses_sqlite(tmp_path: Path) -> None:
    settings = read_settings({}, {}, tmp_path)
    assert settings.home == tmp_path / ".drysail"
    assert settings.database_url.startswith("sqlite:///")


def test_a_home_may_have_any_name(tmp_path: Path) -> None:
    settings = read_settings({"home": "50 % off?"}, {}, tmp_path)
    settings.home.mkdir()
    open_store(settings.database_url, create=True).close()
    assert (tmp_path / "50 % off?" / "drysail.sqlite").exists()


@pytest.mark.parametrize(
    ("file", "environment", "words"),
    [
        ("prt = 1", {}, "no setting 'prt'"),
        ("port = [", {}, "no TOML"),
        ("home = 3", {}, "home must be text"),
        ("environment = true", {}, "environment must be text"),
        ("allowed_hosts = 3", {}, "must be a list"),
        ("", {"DRYSAIL_PORT": "abc"}, "'abc' is no number"),
        ("", {"DRYSAIL_PORT": "70000"}, "70000 is no port"),
        ("", {"DRYSAIL_FLUSH_SECONDS": "-1"}, "no number from 0 on"),
        ("record_share = 101", {}, "record_share: 101 is no share"),
        ("record_share = true", {}, "record_share: True is no share"),
        ("", {"DRYSAIL_RECORD_SHARE": "half"}, "record_share: 'half' is no share"),
        ('record_hash_ids = "maybe"', {}, "record_hash_ids: 'maybe' is neither true nor false"),
        ("record_deny = 3", {}, "record_deny must be a list"),
        ("record_hash = {}", {}, "record_hash must be a list"),
    ],
)
def test_a_mistake_is_named_with_its_place(tmp_path: Path, file: str, environment: dict[str, str], words: str) -> None:
    (tmp_path / "drysail.toml").write_text(file, encoding="utf-8")
    with pytest.raises(InvalidInput) as caught:
        read_settings({}, environment, tmp_path)
    assert words in str(caught.value)
    assert caught.value.hint


def test_what_looks_like_a_secret_is_denied_unless_the_settings_say_otherwise(tmp_path: Path) -> None:
    assert read_settings({}, {}, tmp_path).record_deny == ("$ip", "*password*", "*secret*", "*token*")
    assert read_settings({}, {"DRYSAIL_RECORD_DENY": "*phone*, $ip"}, tmp_path).record_deny == ("*phone*", "$ip")
    (tmp_path / "drysail.toml").write_text("record_deny = []", encoding="utf-8")
    assert read_settings({}, {}, tmp_path).record_deny == ()


def test_the_settings_of_recording_reach_the_recorder(tmp_path: Path) -> None:
    (tmp_path / "drysail.toml").write_text(
        'record_share = 12.5\nrecord_hash = ["email"]\nrecord_hash_ids = true\nflush_seconds = 5\n', encoding="utf-8"
    )
    settings = read_settings({}, {}, tmp_path)
    recording = recorder_settings(settings)
    assert recording.flush_every.total_seconds() == 5
    assert recording.sampling == Sampling(125_000, read_secret(settings.home).sampling_salt)
    assert recording.privacy.redaction == Redaction(denied=settings.record_deny, hashed=("email",), ids="hashed")


def test_a_server_that_neither_samples_nor_hashes_makes_no_secret(tmp_path: Path) -> None:
    settings = read_settings({}, {}, tmp_path)
    recorder_settings(settings)
    assert not secret_path(settings.home).exists()
