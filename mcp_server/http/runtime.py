"""Where a request comes from: a flag can be meant for servers or for clients only."""

from typing import Final, Literal

from evaluator.context import JsonValue
from mcp_server.http.body import Headers

Runtime = Literal["server", "client", "all"]

_BROWSERS: Final = ("Mozilla/", "Chrome/", "Safari/", "Firefox/", "Edge/")
_SERVERS: Final = tuple(
    f"posthog-{name}/" for name in ("python", "ruby", "php", "java", "go", "node", "dotnet", "elixir")
)
_SCRIPTS: Final = ("python-requests/", "curl/")
_APPS: Final = tuple(f"posthog-{name}/" for name in ("android", "ios", "react-native", "flutter"))
_BROWSER_HEADERS: Final = (b"origin", b"referer", b"sec-fetch-mode", b"sec-fetch-site")


def runtime_of(declared: JsonValue, headers: Headers) -> Runtime | None:
    """What the request says itself, else what its headers tell, as PostHog's server guesses it; None if they do not.

    An unknown declaration means all.
    """
    if declared is not None:
        return declared if declared in ("server", "client") else "all"
    agent = headers.get(b"user-agent", b"").decode("latin-1")
    if any(token in agent for token in _BROWSERS) or agent.startswith(_APPS):
        return "client"
    if agent.startswith(_SERVERS) or any(token in agent for token in _SCRIPTS):
        return "server"
    return "client" if any(name in headers for name in _BROWSER_HEADERS) else None
