"""An isolated set of flags, cohorts, traffic and keys."""

from datetime import datetime
from typing import Literal

from mcp_server.services.record import Record

KeyKind = Literal["public", "secret", "agent"]


class Environment(Record):
    """One environment.

    ``revision`` counts applied changes; it moves with every apply, so that a server can poll one number.
    A ``sandbox`` accepts synthetic traffic and same-user approvals, and can only ever become real.
    """

    name: str
    sandbox: bool
    revision: int
    created_at: datetime


class Key(Record):
    """A credential of one environment. Only public tokens are stored in clear; the others as SHA-256.

    ``hint`` is the token's first characters. ``scopes`` are ``flags:read``, ``flags:simulate``,
    ``flags:propose``, ``flags:apply`` for agents and empty otherwise. ``on_behalf_of`` is the person that answers for
    an agent.
    """

    id: str
    environment: str
    kind: KeyKind
    token: str | None
    hint: str
    scopes: tuple[str, ...]
    label: str
    on_behalf_of: str | None
    created_at: datetime
    revoked_at: datetime | None = None
