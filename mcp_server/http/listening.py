"""Takes a port, with an answer to what to do when it is taken."""

import errno
import socket
from dataclasses import dataclass
from types import TracebackType
from typing import Final, Self

from mcp_server.services.errors import Unavailable

_BACKLOG: Final = 2048


@dataclass(frozen=True, slots=True)
class Listener:
    """A socket that listens already: clients that connect before the server runs wait for it. A context manager."""

    socket: socket.socket
    host: str
    port: int

    @property
    def url(self) -> str:
        """Where clients reach it (``http://127.0.0.1:8470``)."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"http://{host}:{self.port}"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.socket.close()


def listen(host: str, port: int) -> Listener:
    """Listens on a port (0: any free one). Raises Unavailable, with ``PORT_IN_USE`` if somebody else does already."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        listener = socket.socket(family, kind, protocol)
    except OSError as error:
        raise _unavailable(host, port, error) from error
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        listener.listen(_BACKLOG)
    except OSError as error:
        listener.close()
        raise _unavailable(host, port, error) from error
    return Listener(listener, host, listener.getsockname()[1])


def _unavailable(host: str, port: int, error: OSError) -> Unavailable:
    if error.errno == errno.EADDRINUSE:
        hint = "Stop the program that uses it, or choose another port with --port."
        return Unavailable(f"Port {port} on {host} is in use.", hint=hint, code="PORT_IN_USE")
    hint = "Choose another address with --host, or another port with --port."
    return Unavailable(f"Cannot listen on {host}:{port}: {error.strerror}.", hint=hint, code="ADDRESS_UNUSABLE")
