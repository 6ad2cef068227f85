"""Flag files of any content: read, or refused in one sentence with the place and the fix."""

import os
from pathlib import Path

import pytest

from mcp_server.cli.flag_files import LARGEST_FILE, read_flag_files, read_flag_files_at
from mcp_server.cli.main import run
from mcp_server.cli.yaml_text import LONGEST_TEXT, NotJson, yaml_value
from mcp_server.services.errors import InvalidInput, NotFound

LAUGHS = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"a{level}: &a{level} [{', '.join([f'*a{level - 1}'] * 10)}]\n" for level in range(1, 12)
)

REFUSED = [
    ("flags:\n- key: a\n  starts: 2026-11-20\n", "3:11: It holds a date"),
    ("flags:\n- key: a\n  starts: 2026-11-20T10:00:00Z\n", "3:11: It holds a date"),
    ("flags: !!set {a, b}\n", "1:8: It holds a set"),
    ("flags: []\nicon: !!binary aGVsbG8=\n", "2:7: It holds binary data"),
    ("flags: []\nodd: !!python/object/apply:os.system [ls]\n", "2:6: It holds something tagged"),
    ("flags: []\nodd: !mine x\n", "2:6: It holds something tagged '!mine'"),
    ("flags: []\ntrue: 1\n", "2:1: It holds the key 'true', which is no text."),
    ("flags: []\nnull: 1\n", "2:1: It holds the key 'null', which is no text."),
    ("flags: []\n1: 1\n", "2:1: It holds the key '1', which is no text."),
    ("flags: []\n? [a, b]\n: 1\n", "2:3: It holds a key, which is no text."),
    (f"flags: []\n{LAUGHS}", "With its aliases written out it holds more than 2,000,000 values."),
    ("flags: &a [*a]\n", "1:8: An alias stands for something that contains the alias."),
    ("flags: [" * 2000 + "]" * 2000, "It nests deeper than 200 levels."),
    ("flags: " + "[" * 300 + "]" * 300, "nests deeper than 200 levels"),
    (f"flags: []\nodd: {'9' * 5000}\n", "It holds a number that cannot be read"),
    ("flags: [\x01]\n", "the character at position 8 is not allowed"),
    ("flags: [1, 2\n", "It is no YAML"),
    ("flags: []\n---\nflags: []\n", "It is no YAML"),
    ("flags: *nobody\n", "It is no YAML"),
    ("- 1\n- 2\n", "It holds no flags."),
    ("", "It holds no flags."),
    ("flags: 5\n", "It holds no flags."),
]


@pytest.mark.parametrize(("text", "words"), REFUSED, ids=[words for _, words in REFUSED])
def test_yaml_that_is_no_feed_is_refused_with_place_and_fix(tmp_path: Path, text: str, words: str) -> None:
    path = tmp_path / "flags.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InvalidInput) as refused:
        read_flag_files(path)
    assert words in str(refused.value)
    assert refused.value.place.startswith(str(path))
    assert refused.value.hint


def test_aliases_and_merges_of_reasonable_size_are_written_out() -> None:
    text = "base: &base {rollout_percentage: 10}\nflags:\n- {<<: *base, key: a}\n- {<<: *base, key: b, n: 1e3}\n"
    assert yaml_value(text) == {
        "base": {"rollout_percentage": 10},
        "flags": [{"rollout_percentage": 10, "key": "a"}, {"rollout_percentage": 10, "key": "b", "n": "1e3"}],
    }


def test_a_number_that_json_has_no_word_for_reaches_the_flag_that_holds_it(tmp_path: Path) -> None:
    path = tmp_path / "flags.yaml"
    path.write_text("flags:\n- {key: a, odd: .nan}\n", encoding="utf-8")
    (flag,) = read_flag_files(path)["flags"]
    assert flag["odd"] != flag["odd"]


def test_texts_beyond_the_limits_are_refused_before_they_are_read() -> None:
    with pytest.raises(NotJson, match="8 million characters"):
        yaml_value("a: b\n" * (LONGEST_TEXT // 5 + 1))


def test_a_file_beyond_the_limit_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "flags.json"
    with path.open("wb") as file:
        file.truncate(LARGEST_FILE + 1)
    with pytest.raises(InvalidInput, match="larger than 64 MiB"):
        read_flag_files(path)


@pytest.mark.parametrize("text", ["[" * 100_000, '{"flags": [' + "9" * 5000 + "]}", "NaN", '"\\ud800"', "\ufeff{}"])
def test_json_of_any_kind_is_refused_in_words(tmp_path: Path, text: str) -> None:
    path = tmp_path / "flags.json"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InvalidInput) as refused:
        read_flag_files(path)
    assert refused.value.hint


def test_a_revision_is_never_read_as_an_option(tmp_path: Path) -> None:
    import subprocess

    subprocess.run(["git", "init", "-q", str(tmp_path)], check=True)
    path = tmp_path / "flags.json"
    path.write_text("{}", encoding="utf-8")
    with pytest.raises(NotFound):
        read_flag_files_at(f"--output={tmp_path / 'written'}", path)
    assert not (tmp_path / "written").exists()


@pytest.mark.parametrize(
    "command", [["flags", "import"], ["check", "--base", "{good}", "--head"]], ids=["import", "check"]
)
@pytest.mark.parametrize("kind", ["folder", "forbidden", "missing", "date", "device"])
def test_what_cannot_be_read_ends_with_2_and_one_sentence(
    command: list[str], kind: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    good, path = tmp_path / "good.json", tmp_path / "flags.yaml"
    good.write_text('{"flags": []}', encoding="utf-8")
    if kind == "folder":
        path.mkdir()
    elif kind == "device":
        path = Path(os.devnull)
    elif kind != "missing":
        path.write_text("flags:\n- {key: a, starts: 2026-11-20}\n", encoding="utf-8")
    if kind == "forbidden":
        path.unlink()
        path.symlink_to(path)
    words = [part.format(good=good) for part in command]
    assert run(["--home", str(tmp_path / "home"), *words, str(path)]) == 2
    told = capfd.readouterr()
    assert "Traceback" not in told.err
    assert 1 <= len(told.err.strip().splitlines()) <= 2, "what is wrong, and what to do"
    assert not (tmp_path / "home").exists()
