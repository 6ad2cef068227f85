"""The MCP server on stdin and stdout."""

from collections.abc import Mapping

from mcp_server.composition.home import local_agent
from mcp_server.services.environments import AGENT_SCOPES
from mcp_server.services.home import Home
from mcp_server.tools import Caller, build_server


class LocalAccess:
    """Over stdio the caller is the agent of whoever runs the process; ``read_only`` takes the write scopes away."""

    def __init__(self, *, read_only: bool = False) -> None:
        self._scopes = frozenset(AGENT_SCOPES[:2] if read_only else AGENT_SCOPES)

    def caller(self, headers: Mapping[str, str] | None, client: str | None) -> Caller:
        """The local agent."""
        return Caller(actor=local_agent(client), scopes=self._scopes, environment=None)


def serve_stdio(home: Home, *, read_only: bool = False) -> None:
    """Runs the MCP server on stdin and stdout until the client goes away."""
    build_server(home, LocalAccess(read_only=read_only)).run("stdio")
