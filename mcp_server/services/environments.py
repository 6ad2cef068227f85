"""Environments and the keys that open them. Neither changes what a flag answers."""

import hashlib
import os
import pwd
import secrets
from collections.abc import Sequence

from mcp_server.services.actor import Actor
from mcp_server.services.audit import AuditEvent
from mcp_server.services.environment import Environment, Key, KeyKind
from mcp_server.services.errors import InvalidInput, NotFound
from mcp_server.services.home import Home
from mcp_server.services.ports import Writer

AGENT_SCOPES = ("flags:read", "flags:simulate", "flags:propose", "flags:apply")
PREFIX = {"public": "phc_", "secret": "phs_", "agent": "dsa_"}
NAME_ALPHABET = frozenset("abcdefghijklmnopqrstuvwxyz0123456789-_")


def create_environment(home: Home, name: str, *, sandbox: bool, actor: Actor) -> tuple[Environment, Key]:
    """Adds an environment with a public token. Raises InvalidInput or Conflict."""
    if not name or len(name) > 64 or not set(name) <= NAME_ALPHABET:
        raise InvalidInput(
            f"{name!r} is no name for an environment.",
            hint="Use 1 to 64 lower-case letters, digits, - and _.",
            code="BAD_NAME",
        )
    now = home.clock()
    environment = Environment(name=name, sandbox=sandbox, revision=0, created_at=now)
    with home.store.write() as writer:
        writer.add_environment(environment)
        writer.append_audit(
            AuditEvent(
                at=now,
                action="environment.created",
                environment=name,
                subject=name,
                actor=actor,
                details={"sandbox": sandbox},
            )
        )
        key, _ = _add_key(writer, home, name, "public", actor=actor, label="")
    return environment, key


def end_sandbox(home: Home, name: str, actor: Actor) -> Environment:
    """Makes a sandbox real. There is no way back."""
    with home.store.write() as writer:
        writer.environment(name)
        writer.make_real(name)
        writer.append_audit(
            AuditEvent(at=home.clock(), action="environment.made_real", environment=name, subject=name, actor=actor)
        )
        return writer.environment(name)


def create_key(
    home: Home,
    environment: str,
    kind: KeyKind,
    *,
    actor: Actor,
    label: str = "",
    scopes: Sequence[str] = AGENT_SCOPES,
    on_behalf_of: str | None = None,
) -> tuple[Key, str]:
    """Makes a key and returns it with its token, which is shown this once (only public tokens are kept)."""
    unknown = [scope for scope in scopes if scope not in AGENT_SCOPES]
    if unknown:
        raise InvalidInput(
            f"There is no scope {unknown[0]!r}.", hint=f"Use: {', '.join(AGENT_SCOPES)}.", place="scopes"
        )
    with home.store.write() as writer:
        writer.environment(environment)
        behalf = None if on_behalf_of is None else person_named(on_behalf_of)
        return _add_key(writer, home, environment, kind, actor=actor, label=label, scopes=scopes, on_behalf_of=behalf)


def revoke_key(home: Home, key_id: str, actor: Actor) -> None:
    """Ends a key. Servers notice within their refresh interval. Raises NotFound."""
    with home.store.write() as writer:
        now = home.clock()
        writer.revoke_key(key_id, now)
        writer.append_audit(AuditEvent(at=now, action="key.revoked", environment=None, subject=key_id, actor=actor))


def only_environment(home: Home, named: str | None) -> str:
    """The environment that a read means when it names none. Raises InvalidInput where several could be meant."""
    with home.store.read() as reader:
        if named is not None:
            return reader.environment(named).name
        names = [environment.name for environment in reader.environments()]
    if len(names) == 1:
        return names[0]
    if not names:
        raise NotFound("There is no environment yet.", hint="Run `drysail environments create production`.")
    raise InvalidInput(
        f"There are several environments: {', '.join(names)}.",
        hint="Name one (`--environment NAME`).",
        code="ENVIRONMENT_REQUIRED",
        place="environment",
    )


def os_user() -> str:
    """The account that runs this process, as actors are named.

    It is what the kernel says: ``getpass`` would believe ``LOGNAME``, which whoever starts the process can set.
    """
    number = os.getuid()
    try:
        return person_named(pwd.getpwuid(number).pw_name)
    except KeyError:  # containers run with numbers that no account has
        return person_named(f"uid-{number}")


def person_named(name: str) -> str:
    """A person's name as actors carry it, with or without the prefix given."""
    return f"user:{name.removeprefix('user:')}"


def token_sha256(token: str) -> str:
    """What the store keeps of a token. A fast hash is right: tokens are random, not chosen."""
    return hashlib.sha256(token.encode(errors="surrogatepass")).hexdigest()


def _add_key(
    writer: Writer,
    home: Home,
    environment: str,
    kind: KeyKind,
    *,
    actor: Actor,
    label: str,
    scopes: Sequence[str] = (),
    on_behalf_of: str | None = None,
) -> tuple[Key, str]:
    token = PREFIX[kind] + secrets.token_urlsafe(32)
    now = home.clock()
    key = Key(
        id=f"key_{secrets.token_hex(4)}",
        environment=environment,
        kind=kind,
        token=token if kind == "public" else None,
        hint=token[:8],
        scopes=tuple(scopes) if kind == "agent" else (),
        label=label,
        on_behalf_of=on_behalf_of,
        created_at=now,
    )
    writer.add_key(key, token_sha256(token))
    writer.append_audit(
        AuditEvent(
            at=now,
            action="key.created",
            environment=environment,
            subject=key.id,
            actor=actor,
            details={"kind": kind, "label": label, "scopes": list(key.scopes)},
        )
    )
    return key, token
