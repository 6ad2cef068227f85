"""Who does something, on whose behalf, and how surely we know that it was a person."""

from enum import IntEnum, StrEnum

from mcp_server.services.record import Record


class ActorKind(StrEnum):
    """What kind of being acts."""

    AGENT = "agent"
    PERSON = "person"
    CI = "ci"


class Actor(Record):
    """Who proposes, applies or administers.

    ``principal`` is the authenticated name (``agent:key_1a2b``, ``user:ann``). ``on_behalf_of`` is the person
    that runs an agent (``user:ann``). ``client`` is the MCP client's own name and version; it is told, not proven.
    """

    kind: ActorKind
    principal: str
    on_behalf_of: str | None = None
    client: str | None = None


class Assurance(IntEnum):
    """How surely an approval came from a person other than the agent. Higher is surer.

    ``TTY_SAME_USER``: typed in a terminal by the OS user that also runs the proposing agent.
    ``TTY``: typed in a terminal by another OS user. ``SSH_SIG``: signed with an ssh key. ``SSH_SK``: signed
    with a hardware key that has to be touched.
    """

    TTY_SAME_USER = 1
    TTY = 2
    SSH_SIG = 3
    SSH_SK = 4

    @property
    def label(self) -> str:
        """The name used in policies, JSON and on screens (``tty-same-user``)."""
        return self.name.lower().replace("_", "-")
