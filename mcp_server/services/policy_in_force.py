"""The policy that judges in a home: the one a person activated, or the ``standard`` preset."""

from mcp_server.services.actor import Actor
from mcp_server.services.audit import AuditEvent
from mcp_server.services.errors import InvalidInput
from mcp_server.services.home import Home
from mcp_server.services.ports import ActivePolicy, Reader
from policies.packs import preset
from policies.policy import Policy
from policies.policy_file import PolicyError, parse_policy

DEFAULT_PRESET = "standard"


def policy_in_force(reader: Reader) -> Policy:
    """The active policy."""
    active = reader.active_policy()
    return preset(DEFAULT_PRESET) if active is None else parse_policy(active.text, source=active.name)


def read_policy(text: str, source: str) -> Policy:
    """Parses a policy file. Raises InvalidInput naming file, line, column and fix."""
    try:
        return parse_policy(text, source=source)
    except PolicyError as error:
        raise InvalidInput(str(error), code="BAD_POLICY") from error


def activate_policy(home: Home, text: str, source: str, actor: Actor) -> Policy:
    """Makes a policy file the active one. Proposals judged under another become stale. Audited."""
    policy = read_policy(text, source)
    now = home.clock()
    with home.store.write() as writer:
        writer.activate_policy(
            ActivePolicy(name=source, digest=policy.digest, text=text, activated_at=now, activated_by=actor.principal)
        )
        writer.append_audit(
            AuditEvent(
                at=now,
                action="policy.activated",
                environment=None,
                subject=policy.digest,
                actor=actor,
                details={"name": policy.name, "source": source},
            )
        )
    return policy
