"""Where settings come from, and which source wins."""

from pathlib import Path

import pytest

from mcp_server.services.errors import InvalidInput
from mcp_server.settings import read_settings
from mcp_server.store import open_store


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
    ],
)
def test_a_mistake_is_named_with_its_place(tmp_path: Path, file: str, environment: dict[str, str], words: str) -> None:
    (tmp_path / "drysail.toml").write_text(file, encoding="utf-8")
    with pytest.raises(InvalidInput) as caught:
        read_settings({}, environment, tmp_path)
    assert words in str(caught.value)
    assert caught.value.hint
