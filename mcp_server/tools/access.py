"""Who calls a tool, and what the call may do."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from mcp_server.services.actor import Actor
from mcp_server.services.errors import Refused

TOOL_SCOPES: Mapping[str, str] = {
    "find_flags": "flags:read",
    "get_flag": "flags:read",
    "explain_flag": "flags:read",
    "list_proposals": "flags:read",
    "get_proposal": "flags:read",
    "simulate_flag": "flags:simulate",
    "create_flag": "flags:propose",
    "modify_flag": "flags:propose",
    "withdraw_proposal": "flags:propose",
    "rebase_proposal": "flags:propose",
    "apply_proposal": "flags:apply",
}


@dataclass(frozen=True, slots=True)
class Caller:
    """An authenticated caller. ``environment`` None: any of the home's."""

    actor: Actor
    scopes: frozenset[str]
    environment: str | None

    def require(self, tool: str) -> None:
        """Raises Refused where the caller lacks the tool's scope."""
        scope = TOOL_SCOPES[tool]
        if scope not in self.scopes:
            raise Refused(
                f"{tool} needs the scope {scope}; this key has {', '.join(sorted(self.scopes)) or 'none'}.",
                hint="Ask for a key that has it (`drysail keys create --kind agent`).",
                code="SCOPE_MISSING",
            )

    def check_environment(self, environment: str) -> None:
        """Raises Refused where the caller's key is for another environment."""
        if self.environment is not None and environment != self.environment:
            raise Refused(
                f"This key is for {self.environment}, not for {environment}.",
                hint=f"Leave the environment out, or name {self.environment}.",
                code="WRONG_ENVIRONMENT",
            )


class Access(Protocol):
    """Tells who calls. ``headers`` are the request's (None over stdio); ``client`` is what it says of itself."""

    def caller(self, headers: Mapping[str, str] | None, client: str | None) -> Caller:
        """Raises Refused for a caller that is not known."""
        ...
