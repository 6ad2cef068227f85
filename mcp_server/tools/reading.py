"""Tools that look at flags: find_flags, get_flag, explain_flag."""

from difflib import get_close_matches
from typing import Annotated, Any, Literal

from mcp.server.mcpserver import Context
from mcp_types import CallToolResult
from pydantic import Field

from mcp_server.services import explaining, finding
from mcp_server.services.errors import InvalidInput
from mcp_server.tools import explanation_views, shapes, views
from mcp_server.tools.answer import answer, told
from mcp_server.tools.desk import Cursor, Desk, Detail, EnvironmentName, FlagKey, Limit
from mcp_server.tools.paging import cursor_of, offset_of

Status = Literal["on", "off", "archived", "any"]
_ACTIVE: dict[Status, bool | None] = {"on": True, "off": False}
_ARCHIVED: dict[Status, bool | None] = {"on": False, "off": False, "archived": True}


class Reading:
    """The tools on flags, as bound methods for the server to register."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._home = desk.home

    @told
    def find_flags(
        self,
        ctx: Context[Any],
        query: Annotated[str, Field(description="words in key, name, owner, tags or variants; empty lists all")] = "",
        environment: EnvironmentName = None,
        status: Status = "any",
        limit: Limit = 20,
        cursor: Cursor = None,
    ) -> Annotated[CallToolResult, shapes.Flags]:
        """Search feature flags by key, name, owner or tag. Use it first when you do not know the exact key."""
        caller = self._desk.caller(ctx, "find_flags")
        name = self._desk.environment(caller, environment)
        page = finding.find_flags(
            self._home,
            name,
            query=query,
            active=_ACTIVE.get(status),
            archived=_ARCHIVED.get(status),
            offset=offset_of(cursor),
            limit=limit,
        )
        more = cursor_of(page.next_offset)
        step = "get_flag shows one of them whole." if page.flags else "Try other words, or none to list all."
        if more:
            step = f"{step} Call again with cursor={more} for more, or narrow it with query."
        return answer(
            [f"{len(page.flags)} of {page.total} flags in {name}:", *map(views.flag_line, page.flags), step],
            shapes.Flags(
                environment=name,
                flags=[views.flag_row(flag) for flag in page.flags],
                total=page.total,
                next_cursor=more,
                next_step=step,
            ),
        )

    @told
    def get_flag(
        self, ctx: Context[Any], flag_key: FlagKey, environment: EnvironmentName = None, detail: Detail = "summary"
    ) -> Annotated[CallToolResult, shapes.Flag]:
        """Show one flag: in words, its conditions with their permanent ids, metadata, history and open proposals.
        Read it before you change a flag. detail=full adds exact filters and the whole definition."""
        caller = self._desk.caller(ctx, "get_flag")
        name = self._desk.environment(caller, environment)
        flag = views.flag_answer(name, finding.get_flag(self._home, name, flag_key))
        full = detail == "full"
        shown = flag if full else views.flag_summary(flag)
        return answer(views.flag_lines(shown), shown, full=full)

    @told
    def explain_flag(
        self,
        ctx: Context[Any],
        flag_key: FlagKey,
        distinct_id: Annotated[str, Field(description="the subject")],
        properties: Annotated[
            dict[str, Any] | None, Field(description="person properties; left out: as last recorded")
        ] = None,
        groups: Annotated[dict[str, str] | None, Field(description="group type to group key")] = None,
        group_properties: dict[str, dict[str, Any]] | None = None,
        at: Annotated[str | None, Field(description="flag revision or past time")] = None,
        compare_to: Annotated[
            dict[str, Any] | None,
            Field(description="other subject {distinct_id?, properties?, groups?, group_properties?}"),
        ] = None,
        against: Annotated[str | None, Field(description="revision, time or proposal: which edit mattered")] = None,
        want: Annotated[bool | str | None, Field(description="value to reach: what would have to change")] = None,
        environment: EnvironmentName = None,
        detail: Detail = "summary",
    ) -> Annotated[CallToolResult, shapes.Explanation]:
        """Explain why a subject gets the value it gets, condition by condition, with actual and expected values; or
        compare subjects or revisions, or say what would have to change. detail=full adds the trace."""
        caller = self._desk.caller(ctx, "explain_flag")
        name = self._desk.environment(caller, environment)
        subject = explaining.Subject(distinct_id, properties, groups, group_properties)
        question = explaining.Question(
            subject=subject,
            at=at,
            compare_to=None if compare_to is None else other_subject(distinct_id, compare_to),
            against=against,
            want=explaining.wanted_value(want),
        )
        explained = explaining.explain_flag(self._home, name, flag_key, question)
        full = detail == "full"
        structured = explanation_views.explanation_answer(name, explained, full=full)
        return answer(explanation_views.explanation_text(structured), structured, full=full)


def other_subject(distinct_id: str, told: dict[str, Any]) -> explaining.Subject:
    """The second subject: by default the same person, described otherwise. Raises InvalidInput naming the field."""
    known = {"distinct_id": str, "properties": dict, "groups": dict, "group_properties": dict}
    for field, value in told.items():
        if field not in known:
            near = get_close_matches(field, known, n=1)
            hint = f"Did you mean {near[0]!r}?" if near else f"It takes: {', '.join(known)}."
            raise InvalidInput(f"compare_to takes no {field!r}.", hint=hint, code="UNKNOWN_FIELD", place="compare_to")
        if not isinstance(value, known[field]):
            what = "text" if known[field] is str else "an object"
            raise InvalidInput(f"compare_to.{field} is {what}.", code="WRONG_ARGUMENT", place=f"compare_to.{field}")
    return explaining.Subject(**{"distinct_id": distinct_id, **told})
