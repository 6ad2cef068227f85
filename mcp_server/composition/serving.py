"""`drysail serve`: serving, recording, housekeeping and the MCP endpoint in one process."""

import os
import secrets
from collections.abc import AsyncIterator, Callable, Collection
from contextlib import asynccontextmanager

from mcp.server.transport_security import TransportSecuritySettings
from starlette.routing import Route

from evaluator import Ruleset, needs
from mcp_server.composition.home import person
from mcp_server.composition.housekeeping import Housekeeping
from mcp_server.http.app import create_app, in_threads
from mcp_server.http.listening import listen
from mcp_server.http.refresher import Refresher
from mcp_server.http.running import run
from mcp_server.services.environment import Key
from mcp_server.services.home import Home
from mcp_server.services.serving import Serving
from mcp_server.settings import RECORD_ALL, Settings
from mcp_server.tools import build_server
from mcp_server.tools.keys import KeyAccess, KeyGate
from mcp_server.traffic.archive import TrafficArchive
from mcp_server.traffic.privacy import Privacy
from mcp_server.traffic.sampling import EVERYBODY, Sampling
from mcp_server.traffic.secret import read_secret
from mcp_server.traffic.spool import AllowedProperties, RecorderSettings
from mcp_server.traffic.traffic_recorder import TrafficRecorder


def serve(home: Home, settings: Settings, started: Callable[[str], None]) -> None:
    """Serves flags and the MCP endpoint until the process is told to stop. ``started`` gets the address.

    Raises Unavailable for a port in use, or a secret that cannot be read.
    """

    with listen(settings.host, settings.port) as listener:
        serving = Serving(home.store, home.clock)
        recorder = TrafficRecorder(
            settings.home,
            home.clock,
            settings=recorder_settings(settings),
            allowed_properties=_recorded_properties(serving, settings),
        )
        refresher = Refresher(
            serving, home.store, home.clock, server_id=f"srv_{secrets.token_hex(4)}", url=listener.url, pid=os.getpid()
        )

        def find_key(token: str) -> Key | None:
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
        started(listener.url)
        run(create_app(serving, recorder, extra_routes=routes, lifespan=lifespan), listener)


def recorder_settings(settings: Settings) -> RecorderSettings:
    """How a server with these settings records. Makes the home's secret where one is needed.

    Raises Unavailable if that cannot be read or made.
    """
    is_sample = settings.record_share_ppm < EVERYBODY
    hashes = bool(settings.record_hash) or settings.record_hash_ids
    secret = read_secret(settings.home) if is_sample or hashes else None
    return RecorderSettings(
        flush_every=settings.flush_every,
        sampling=Sampling() if secret is None else Sampling(settings.record_share_ppm, secret.sampling_salt),
        privacy=Privacy(
            denied=settings.record_deny,
            hashed=settings.record_hash,
            hashes_ids=settings.record_hash_ids,
            tokens=secret.tokens if secret is not None and hashes else None,
        ),
    )


def _recorded_properties(serving: Serving, settings: Settings) -> AllowedProperties:
    """What the recorder keeps: by default the properties that flags refer to, and those named in the settings."""
    known: dict[str, tuple[int, frozenset[str]]] = {}

    def allowed(environment: str) -> Collection[str] | None:
        if RECORD_ALL in settings.record_properties:
            return None
        served = None if serving.served is None else serving.served.environments.get(environment)
        if served is None:
            return frozenset(settings.record_properties)
        if known.get(environment, (-1, frozenset()))[0] != served.revision:
            asked = _person_and_group_properties(served.ruleset)
            known[environment] = served.revision, frozenset({*asked, *settings.record_properties})
        return known[environment][1]

    return allowed


def _person_and_group_properties(ruleset: Ruleset) -> Collection[str]:
    needed = needs(ruleset)
    return {*needed.properties, *(name for _, name in needed.group_properties)}
