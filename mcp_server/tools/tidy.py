"""Middleware around every message: tools by scope, and names that are not known."""

from collections.abc import Awaitable, Callable, Collection, Mapping
from contextvars import ContextVar
from difflib import get_close_matches
from typing import Any

from mcp import MCPError
from mcp.server.context import HandlerResult, ServerRequestContext
from pydantic import BaseModel

from mcp_server.services.foreign_text import clean
from mcp_server.tools.access import TOOL_SCOPES, Access, Caller

CallNext = Callable[[ServerRequestContext[Any, Any]], Awaitable[HandlerResult]]
INVALID_PARAMS = -32602

completing: ContextVar[Caller] = ContextVar("completing")
"""Who asks for completions: the SDK hands the question to its handler without the request."""


class Tidy:
    """Shows a caller only the tools it may use, and answers to a name that does not exist with those that do."""

    def __init__(self, access: Access, prompts: Collection[str]) -> None:
        self._access = access
        self._prompts = sorted(prompts)

    async def __call__(self, ctx: ServerRequestContext[Any, Any], call_next: CallNext) -> HandlerResult:
        name = str((ctx.params or {}).get("name"))
        if ctx.method == "tools/list":
            scopes = caller_of(self._access, ctx).scopes
            listed = _as_dict(await call_next(ctx))
            return {**listed, "tools": [tool for tool in listed["tools"] if TOOL_SCOPES[tool["name"]] in scopes]}
        if ctx.method == "tools/call" and name not in TOOL_SCOPES:
            text = f"[UNKNOWN_TOOL] There is no tool {clean(name, 60)!r}. {_near(name, TOOL_SCOPES)}"
            return {"content": [{"type": "text", "text": text}], "isError": True, "resultType": "complete"}
        if ctx.method == "prompts/get" and name not in self._prompts:
            raise MCPError(INVALID_PARAMS, f"There is no prompt {clean(name, 60)!r}. {_near(name, self._prompts)}")
        if ctx.method == "completion/complete":
            completing.set(caller_of(self._access, ctx))
        return await call_next(ctx)


def caller_of(access: Access, ctx: ServerRequestContext[Any, Any]) -> Caller:
    """The caller of a message."""
    headers: Mapping[str, str] | None = getattr(ctx.request, "headers", None)
    told = getattr(ctx.session.client_params, "client_info", None)
    client = None if told is None else clean(f"{told.name}/{told.version}", 100)
    return access.caller(headers, client)


def _near(name: str, known: Collection[str]) -> str:
    near = get_close_matches(name, known, n=1)
    return f"Did you mean {near[0]}?" if near else f"There are: {', '.join(sorted(known))}."


def _as_dict(result: HandlerResult) -> dict[str, Any]:
    if isinstance(result, BaseModel):
        return result.model_dump(by_alias=True, exclude_none=True, mode="json")
    return dict(result or {})
