"""Drysail as a process of its own, and a raw line of the protocol in either era."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from mcp_types import CLIENT_CAPABILITIES_META_KEY, PROTOCOL_VERSION_META_KEY

from tests.mcp_server.tools.given import Era

MODERN = "2026-07-28"
LEGACY = "2025-11-25"


def command(home: Path, *words: str) -> list[str]:
    return [sys.executable, "-m", "mcp_server.cli", "--home", str(home), *words]


def process_environment() -> dict[str, str]:
    """The machine's, without settings of Drysail that a developer may have."""
    return {name: value for name, value in os.environ.items() if not name.startswith("DRYSAIL_")}


class Wire:
    """A server's stdin and stdout, line by line."""

    def __init__(self, process: "subprocess.Popen[str]", era: Era) -> None:
        self.process = process
        self._era = era
        self._number = 0
        if era == "legacy":
            client = {"name": "wire", "version": "1"}
            self.ask("initialize", {"protocolVersion": LEGACY, "capabilities": {}, "clientInfo": client})
            self.tell("notifications/initialized", {})

    def tell(self, method: str, params: dict[str, Any]) -> None:
        """Sends a notification."""
        self._send({"jsonrpc": "2.0", "method": method, "params": params})

    def ask(self, method: str, params: dict[str, Any]) -> str:
        """Sends a request, and returns the line that answers it. Every line on stdout must be of the protocol."""
        self._number += 1
        if self._era == "auto":
            params = {**params, "_meta": {PROTOCOL_VERSION_META_KEY: MODERN, CLIENT_CAPABILITIES_META_KEY: {}}}
        self._send({"jsonrpc": "2.0", "id": self._number, "method": method, "params": params})
        assert self.process.stdout is not None
        while True:
            line = self.process.stdout.readline()
            message = json.loads(line)
            assert message["jsonrpc"] == "2.0"
            if message.get("id") == self._number:
                return line

    def result(self, method: str, params: dict[str, Any]) -> dict[str, Any]:
        """The result of a request."""
        answered: dict[str, Any] = json.loads(self.ask(method, params))["result"]
        return answered

    def _send(self, message: dict[str, Any]) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps(message) + "\n")
        self.process.stdin.flush()


@contextmanager
def stdio(home: Path, era: Era, *words: str) -> Iterator[Wire]:
    """``drysail mcp`` with a raw line to it."""
    with subprocess.Popen(
        command(home, "mcp", *words),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=process_environment(),
    ) as process:
        try:
            yield Wire(process, era)
        finally:
            assert process.stdin is not None
            process.stdin.close()
            process.wait(timeout=20)
