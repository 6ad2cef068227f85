"""The processes of the tour, each started the way a user would."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

from mcp_server.services.errors import Unavailable

START_SECONDS = 20.0
PID_FILE = "serve.json"
FLUSH_SECONDS = "2"


@dataclass(frozen=True, slots=True)
class Done:
    """A command that has ended."""

    words: str
    status: int
    output: str
    talk: str


@dataclass(frozen=True, slots=True)
class Stage:
    """The folder that the tour plays in."""

    folder: Path

    @property
    def home(self) -> Path:
        """Where the flags and the traffic are."""
        return self.folder / "home"

    def command(self, *arguments: str) -> list[str]:
        """A ``drysail`` command line for this stage's home."""
        return [sys.executable, "-m", "mcp_server.cli", "--home", str(self.home), *arguments]

    def environment(self) -> dict[str, str]:
        """Like the caller's; recorded checks reach the disk sooner, so that the tour need not wait a minute."""
        return {**os.environ, "DRYSAIL_FLUSH_SECONDS": FLUSH_SECONDS, "COLUMNS": "100"}

    def run(self, *arguments: str) -> Done:
        """Runs a command to its end."""
        done = subprocess.run(
            self.command(*arguments), capture_output=True, text=True, env=self.environment(), check=False
        )
        return Done(" ".join(["drysail", *arguments]), done.returncode, done.stdout, done.stderr)

    def must(self, *arguments: str) -> Done:
        """Runs a command that has to succeed."""
        done = self.run(*arguments)
        if done.status != 0:
            raise Unavailable(f"`{done.words}` ended with {done.status}: {done.talk.strip()}", code="DEMO_FAILED")
        return done

    def data(self, *arguments: str) -> Any:
        """The JSON that a command prints."""
        return json.loads(self.must(*arguments).output)


def shop() -> dict[str, Any]:
    """The project that the tour is about."""
    feed: dict[str, Any] = json.loads(files("mcp_server.demo").joinpath("shop.json").read_text(encoding="utf-8"))
    return feed


class ServerProcess:
    """``drysail serve``, started on a free port and left running in a session of its own."""

    def __init__(self, stage: Stage, port: int) -> None:
        self._log = stage.folder / "serve.log"
        self._pid_file = stage.folder / PID_FILE
        with self._log.open("w", encoding="utf-8") as log:
            self._process = subprocess.Popen(
                stage.command("serve", "--port", str(port)),
                stdout=log,
                stderr=log,
                stdin=subprocess.DEVNULL,
                env=stage.environment(),
                start_new_session=True,
            )
        self.url = self._wait_for_url()
        self._pid_file.write_text(json.dumps({"pid": self._process.pid, "url": self.url}), encoding="utf-8")

    def stop(self) -> None:
        """Ends it, and waits until what it recorded is on disk."""
        self._process.send_signal(signal.SIGTERM)
        self._process.wait(timeout=START_SECONDS)
        self._pid_file.unlink(missing_ok=True)

    def _wait_for_url(self) -> str:
        end = time.monotonic() + START_SECONDS
        while time.monotonic() < end:
            said = self._log.read_text(encoding="utf-8")
            found = re.search(r"http://[\w.\[\]:]+:\d+", said)
            if found:
                return found.group()
            if self._process.poll() is not None:
                raise Unavailable(f"The server did not start: {said.strip()}", code="DEMO_FAILED")
            time.sleep(0.05)
        raise Unavailable("The server did not start in time.", hint=f"See {self._log}.", code="DEMO_FAILED")


def stop_server(folder: Path) -> bool:
    """Stops the server that an earlier tour left running; False if there is none."""
    pid_file = folder / PID_FILE
    try:
        known: Mapping[str, Any] = json.loads(pid_file.read_text(encoding="utf-8"))
    except (OSError, json.JSONDecodeError):
        return False
    pid_file.unlink()
    if not _is_ours(int(known["pid"])):
        return False
    os.kill(int(known["pid"]), signal.SIGTERM)
    end = time.monotonic() + START_SECONDS
    while _is_ours(int(known["pid"])) and time.monotonic() < end:
        time.sleep(0.05)
    return True


def _is_ours(pid: int) -> bool:
    """Whether the process is a Drysail server, and not one that was given the same number since."""
    words: Sequence[str]
    try:
        words = Path(f"/proc/{pid}/cmdline").read_text(encoding="utf-8").split("\0")
    except FileNotFoundError:
        if Path("/proc").exists():
            return False
        words = subprocess.run(
            ["ps", "-o", "command=", "-p", str(pid)], capture_output=True, text=True, check=False
        ).stdout.split()
    except OSError:
        return False
    return "mcp_server.cli" in words and "serve" in words
