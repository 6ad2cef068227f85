"""The composition root: the one place that knows every adapter."""

import os
import secrets
from collections.abc import AsyncIterator, Collection, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from mcp_server.services.actor import Actor, ActorKind
from mcp_server.services.environments import AGENT_SCOPES, create_environment, os_user
from mcp_server.services.home import Home
from mcp_server.settings import RECORD_ALL, Settings
from mcp_server.store import open_store
from mcp_server.traffic.archive import TrafficArchive

if TYPE_CHECKING:  # these take a while to import, and most commands need none of them
    from evaluator import Ruleset
    from mcp_server.services.environment import Key
    from mcp_server.services.serving import Serving
    from mcp_server.tools import Caller
    from mcp_server.traffic.spool import AllowedProperties

FIRST_ENVIRONMENT = "production"


def system_clock() -> datetime:
    """Now, as aware UTC."""
    return datetime.now(UTC)


def person() -> Actor:
    """The person at this terminal."""
    return Actor(kind=ActorKind.PERSON, principal=os_user())


def local_agent(client: str | None = None) -> Actor:
    """An agent that a person runs over stdio."""
    user = os_user()
    return Actor(
        kind=ActorKind.AGENT, principal=f"agent:{user.removeprefix('user:')}", on_behalf_of=user, client=client
    )


def open_home(settings: Settings, *, create: bool = False, first_environment: str | None = FIRST_ENVIRONMENT) -> Home:
    """Opens a home; with ``create``, makes it where there is none, with one environment (None: with none).

    Raises Unavailable where there is none, or its database is newer than this program.
    """
    if create:
        settings.home.mkdir(parents=True, exist_ok=True, mode=0o700)
    home = Home(
        store=open_store(settings.database_url, create=create),
        traffic=TrafficArchive(settings.home),
        clock=system_clock,
    )
    if create and first_environment is not None:
        with home.store.read() as reader:
            empty = not reader.environments()
        if empty:
            create_environment(home, first_environment, sandbox=False, actor=person())
    return home


def serve(home: Home, settings: Settings) -> None:
    """Serves flags and the MCP endpoint until the process is told to stop. Raises Unavailable for a port in use."""
    from mcp.server.transport_security import TransportSecuritySettings
    from starlette.routing import Route

    from mcp_server.housekeeping import Housekeeping
    from mcp_server.http.app import create_app, in_threads
    from mcp_server.http.listening import listen
    from mcp_server.http.refresher import Refresher
    from mcp_server.http.running import run
    from mcp_server.services.serving import Serving
    from mcp_server.tools import build_server
    from mcp_server.tools.keys import KeyAccess, KeyGate
    from mcp_server.traffic.recorder import SegmentRecorder
    from mcp_server.traffic.spool import RecorderSettings

    with listen(settings.host, settings.port) as listener:
        serving = Serving(home.store, home.clock)
        recorder = SegmentRecorder(
            settings.home,
            home.clock,
            settings=RecorderSettings(flush_every=settings.flush_every),
            allowed_properties=_recorded_properties(serving, settings),
        )
        refresher = Refresher(
            serving, home.store, home.clock, server_id=f"srv_{secrets.token_hex(4)}", url=listener.url, pid=os.getpid()
        )

        def find_key(token: str) -> "Key | None":
            return None if serving.served is None else serving.served.key(token)

        mcp = build_server(home, KeyAccess(find_key))
        names = {settings.host, "127.0.0.1", "localhost", "[::1]", *settings.allowed_hosts}
        mcp_app = mcp.streamable_http_app(
            transport_security=TransportSecuritySettings(
                allowed_hosts=[form for name in sorted(names) for form in (name, f"{name}:*")],
                allowed_origins=[f"http://{name}:*" for name in sorted(names)],
            ),
            max_request_body_size=256 * 1024,
        )

        @asynccontextmanager
        async def lifespan() -> AsyncIterator[None]:
            housekeeping = Housekeeping(home, TrafficArchive(settings.home), person())
            async with mcp.session_manager.run(), in_threads(recorder, refresher, housekeeping):
                yield

        routes = [Route("/mcp", KeyGate(mcp_app, find_key))]
        run(create_app(serving, recorder, extra_routes=routes, lifespan=lifespan), listener)


def _recorded_properties(serving: "Serving", settings: Settings) -> "AllowedProperties":
    """What the recorder keeps: by default the properties that flags refer to, and those named in the settings."""

    def allowed(environment: str) -> Collection[str] | None:
        if RECORD_ALL in settings.record_properties:
            return None
        served = None if serving.served is None else serving.served.environments.get(environment)
        asked = () if served is None else _person_and_group_properties(served.ruleset)
        return frozenset({*asked, *settings.record_properties})

    return allowed


def _person_and_group_properties(ruleset: "Ruleset") -> Collection[str]:
    from evaluator import needs

    needed = needs(ruleset)
    return {*needed.properties, *(name for _, name in needed.group_properties)}


class LocalAccess:
    """Over stdio the caller is the agent of whoever runs the process; ``read_only`` takes the write scopes away."""

    def __init__(self, *, read_only: bool = False) -> None:
        self._scopes = frozenset(AGENT_SCOPES[:2] if read_only else AGENT_SCOPES)

    def caller(self, headers: Mapping[str, str] | None, client: str | None) -> "Caller":
        """The local agent."""
        from mcp_server.tools import Caller

        return Caller(actor=local_agent(client), scopes=self._scopes, environment=None)


def serve_stdio(home: Home, *, read_only: bool = False) -> None:
    """Runs the MCP server on stdin and stdout until the client goes away."""
    from mcp_server.tools import build_server

    build_server(home, LocalAccess(read_only=read_only)).run("stdio")
