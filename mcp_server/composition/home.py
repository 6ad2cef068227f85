"""Opening a home, and who acts in it."""

from datetime import UTC, datetime

from mcp_server.services.actor import Actor, ActorKind
from mcp_server.services.environments import create_environment, os_user
from mcp_server.services.home import Home
from mcp_server.settings import Settings
from mcp_server.store import open_store
from mcp_server.traffic.archive import TrafficArchive

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
