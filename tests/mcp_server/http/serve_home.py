"""A server in a process of its own: ``python -m tests.mcp_server.http.serve_home DATABASE PORT RECORDED``.

Prints its URL, serves until it is told to stop, and then writes how many checks it recorded.
"""

import os
import sys
from contextlib import closing
from pathlib import Path
from types import TracebackType
from typing import Self

from mcp_server.http.app import create_app, in_threads
from mcp_server.http.listening import listen
from mcp_server.http.refresher import Refresher
from mcp_server.http.running import run
from mcp_server.http.sources import SYSTEM
from mcp_server.services.serving import Serving
from mcp_server.store import open_store
from tests.mcp_server.http.home import Recorded


class Flushed(Recorded):
    """Keeps checks in memory until it is left, as a recorder with a buffer does."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self._path = path

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._path.write_text(str(len(self.checks)))


def main(database: str, port: str, recorded: str) -> None:
    with (
        closing(open_store(f"sqlite:///{database}", create=False)) as store,
        listen("127.0.0.1", int(port)) as listener,
    ):
        serving = Serving(store, SYSTEM.clock)
        recorder = Flushed(Path(recorded))
        refresher = Refresher(
            serving, store, SYSTEM.clock, server_id=f"sv_{os.getpid()}", url=listener.url, pid=os.getpid()
        )
        app = create_app(serving, recorder, lifespan=lambda: in_threads(recorder, refresher))
        sys.stdout.write(listener.url + "\n")
        sys.stdout.flush()
        run(app, listener)
    sys.stdout.write("left\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
