"""The engineer: a real terminal, the real command, and keys typed into it. There is no other way to approve."""

import os
import pty
import select
import subprocess
import time
from collections.abc import Sequence

from mcp_server.services.errors import Unavailable

PROMPT = "›"
PATIENCE_SECONDS = 30.0


def review_in_terminal(command: Sequence[str], environment: dict[str, str], typed: str) -> tuple[str, int]:
    """Runs a command on a pseudo-terminal, types one line at its prompt; returns the screen and the exit status."""
    master, slave = pty.openpty()
    try:
        process = subprocess.Popen(
            command, stdin=slave, stdout=slave, stderr=slave, env=environment, start_new_session=True
        )
        os.close(slave)
        screen = _read_until(master, PROMPT)
        os.write(master, f"{typed}\n".encode())
        screen += _read_until(master, None)
        return screen.replace("\r\n", "\n"), process.wait(timeout=PATIENCE_SECONDS)
    finally:
        os.close(master)


def _read_until(master: int, wanted: str | None) -> str:
    """What the terminal shows up to a text, or up to the end of the program."""
    end = time.monotonic() + PATIENCE_SECONDS
    seen = b""
    while wanted is None or wanted.encode() not in seen:
        ready, _, _ = select.select([master], [], [], max(0.0, end - time.monotonic()))
        if not ready:
            raise Unavailable(f"The review did not come to its prompt: {seen.decode(errors='replace')[-400:]}")
        try:
            chunk = os.read(master, 65536)
        except OSError:  # how Linux says that the other side has closed
            chunk = b""
        if not chunk:
            break
        seen += chunk
    return seen.decode(errors="replace")
