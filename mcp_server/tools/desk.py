"""What every tool works with: the home, who calls, and which environment is meant."""

from dataclasses import dataclass
from typing import Annotated, Any, Literal

from mcp.server.mcpserver import Context
from pydantic import Field

from mcp_server.services.environments import only_environment
from mcp_server.services.errors import NotFound
from mcp_server.services.home import Home
from mcp_server.services.proposal import Evidence, Proposal
from mcp_server.tools.access import Access, Caller
from mcp_server.tools.tidy import caller_of

FlagKey = Annotated[str, Field(description="exact key, see find_flags")]
EnvironmentName = Annotated[str | None, Field(description="needed where there are several")]
Operations = Annotated[
    list[dict[str, Any]], Field(description='e.g. [{"op":"set_rollout","condition":"c1","rollout_percentage":20}]')
]
Expectation = Annotated[
    dict[str, Any] | None,
    Field(description='what you expect, checked: {"newly_on_max": 4500, "switched_max": 0}'),
]
ProposalId = Annotated[str, Field(description="as modify_flag returned it")]
Detail = Literal["summary", "full"]
Limit = Annotated[int, Field(ge=1, le=100)]
Cursor = Annotated[str | None, Field(description="next_cursor of the page before")]


@dataclass(frozen=True, slots=True)
class Desk:
    """Where every call is received."""

    home: Home
    access: Access

    def caller(self, ctx: Context[Any], tool: str) -> Caller:
        """The caller, if it may use the tool. Raises Refused."""
        caller = caller_of(self.access, ctx.request_context)
        caller.require(tool)
        return caller

    def environment(self, caller: Caller, named: str | None) -> str:
        """The environment that is meant. Raises Refused, NotFound, or InvalidInput where several could be."""
        if named is not None:
            caller.check_environment(named)
        return only_environment(self.home, named or caller.environment)

    def proposal(self, caller: Caller, proposal_id: str) -> tuple[Proposal, Evidence | None]:
        """A proposal that the caller may see, and its newest evidence. Raises NotFound or Refused."""
        with self.home.store.read() as reader:
            try:
                proposal = reader.proposal(proposal_id.strip())
            except NotFound as error:
                raise NotFound(error.message, hint="list_proposals shows them.", code=error.code) from error
            caller.check_environment(proposal.environment)
            return proposal, reader.evidence(proposal.evidence_digest or "")
