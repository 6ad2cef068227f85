"""Flag files: PostHog's feed form, JSON or YAML, one file or a folder of them, on disk or in a git revision."""

import os
import subprocess
from collections.abc import Iterable
from pathlib import Path, PurePosixPath
from typing import Any

from evaluator import json_text
from mcp_server.cli.yaml_text import NotJson, yaml_value
from mcp_server.services.errors import InvalidInput, NotFound

ENDINGS = (".json", ".yaml", ".yml")
LARGEST_FILE = 64 * 1024 * 1024
"""Bytes of one file; more than a thousand times what the flags of a large project take."""


def read_flag_files(path: Path) -> dict[str, Any]:
    """The definitions of a file or of all files in a folder, as one feed. Raises NotFound or InvalidInput."""
    if path.is_dir():
        files = sorted(file for file in path.rglob("*") if file.suffix in ENDINGS and file.is_file())
        if not files:
            raise NotFound(f"The folder {path} holds no JSON or YAML file.", hint="Name another one.")
    elif path.is_file():
        files = [path]
    else:
        raise NotFound(f"There is no file {path}.", hint="Check the path.")
    return _merged((str(file), file.read_bytes()) for file in files)


def read_flag_files_at(revision: str, path: Path) -> dict[str, Any]:
    """The same as they were in a git revision. Raises NotFound where there is no such revision or path."""
    root = Path(_git("rev-parse", "--show-toplevel", folder=_existing(path)).decode().strip())
    inside = path.resolve().relative_to(root)
    listed = _git("ls-tree", "-r", "-z", "--name-only", "--end-of-options", revision, str(inside), folder=root)
    names = [name for name in os.fsdecode(listed).split("\0") if PurePosixPath(name).suffix in ENDINGS]
    if not names:
        raise NotFound(f"Revision {revision} holds no flag files at {inside}.", hint="Name another revision or path.")
    return _merged(
        (f"{revision}:{name}", _git("show", "--end-of-options", f"{revision}:{name}", folder=root))
        for name in sorted(names)
    )


def _merged(files: Iterable[tuple[str, bytes]]) -> dict[str, Any]:
    feed: dict[str, Any] = {"flags": [], "cohorts": {}}
    where: dict[str, str] = {}
    for name, content in files:
        part = _parsed(name, content)
        for flag in part.get("flags") or []:
            key = flag.get("key") if isinstance(flag, dict) else None
            if isinstance(key, str) and key in where:
                raise InvalidInput(
                    f"Flag {key!r} is defined twice: in {where[key]} and in {name}.", hint="Keep one.", place=name
                )
            if isinstance(key, str):
                where[key] = name
            feed["flags"].append(flag)
        feed["cohorts"] |= part.get("cohorts") or {}
        feed |= {key: value for key, value in part.items() if key not in ("flags", "cohorts")}
    return feed


def _parsed(name: str, content: bytes) -> dict[str, Any]:
    if len(content) > LARGEST_FILE:
        limit = LARGEST_FILE // 1024 // 1024
        raise InvalidInput(f"It is larger than {limit} MiB.", hint="Split it into several files.", place=name)
    try:
        text = content.decode("utf-8")
        parsed = json_text.loads(text) if name.endswith(".json") else yaml_value(text)
    except UnicodeDecodeError as error:
        raise InvalidInput(f"It is not UTF-8 (byte {error.start}).", hint="Save it as UTF-8.", place=name) from error
    except json_text.InvalidJson as error:
        place = name if error.line is None else f"{name}:{error.line}:{error.column}"
        raise InvalidInput(f"It cannot be read: {error}.", hint="Mend that place.", place=place) from error
    except NotJson as error:
        place = name if error.line is None else f"{name}:{error.line}:{error.column}"
        raise InvalidInput(error.message, hint=error.fix, place=place) from error
    if (
        not isinstance(parsed, dict)
        or not isinstance(parsed.get("flags", []), list)
        or not isinstance(parsed.get("cohorts") or {}, dict)
    ):
        raise InvalidInput(
            "It holds no flags.", hint='Write {"flags": [...], "cohorts": {...}}, as PostHog\'s feed does.', place=name
        )
    return parsed


def _existing(path: Path) -> Path:
    here = path.resolve()
    while not here.is_dir():
        here = here.parent
    return here


def _git(*arguments: str, folder: Path) -> bytes:
    """Output of a git command; arguments are never read as options. Raises NotFound with git's own words."""
    try:
        done = subprocess.run(["git", "-C", str(folder), *arguments], capture_output=True, check=False)
    except FileNotFoundError:
        raise NotFound("git is not installed.", hint="Name folders instead of revisions.") from None
    if done.returncode != 0:
        words = done.stderr.decode(errors="replace").strip().splitlines() or ["git failed"]
        raise NotFound(f"{words[0]}.", hint="Name a folder, or a git revision that exists here.")
    return done.stdout
