"""Middleware around every message: lean schemas, strict arguments, tools by scope, a stable list."""

from collections.abc import Awaitable, Callable, Mapping
from difflib import get_close_matches
from typing import Any

from mcp.server.context import HandlerResult, ServerRequestContext
from pydantic import BaseModel

from mcp_server.tools.access import TOOL_SCOPES, Access, Caller

CallNext = Callable[[ServerRequestContext[Any, Any]], Awaitable[HandlerResult]]


class Tidy:
    """Shows a caller only the tools it may use, and refuses arguments that no tool has, naming the nearest one.

    The SDK would ignore an unknown argument: a misspelt ``limit`` would silently mean the default.
    """

    def __init__(self, access: Access) -> None:
        self._access = access
        self._arguments: dict[str, list[str]] = {}

    async def __call__(self, ctx: ServerRequestContext[Any, Any], call_next: CallNext) -> HandlerResult:
        if ctx.method == "tools/list":
            return self._listed(_as_dict(await call_next(ctx)), caller_of(self._access, ctx))
        if ctx.method == "tools/call":
            problem = self._problem(ctx.params or {})
            if problem is not None:
                return {"content": [{"type": "text", "text": problem}], "isError": True, "resultType": "complete"}
        return await call_next(ctx)

    def learn(self, name: str, arguments: list[str]) -> None:
        """Takes note of what a tool takes."""
        self._arguments[name] = arguments

    def _listed(self, result: dict[str, Any], caller: Caller) -> dict[str, Any]:
        tools = [_lean(tool) for tool in result["tools"] if TOOL_SCOPES[tool["name"]] in caller.scopes]
        return {**result, "tools": tools}

    def _problem(self, params: Mapping[str, Any]) -> str | None:
        name = params.get("name")
        if name not in self._arguments:
            near = get_close_matches(str(name), self._arguments, n=1)
            hint = f"Did you mean {near[0]}?" if near else f"There are: {', '.join(sorted(self._arguments))}."
            return f"[UNKNOWN_TOOL] There is no tool {str(name)[:60]!r}. {hint}"
        known = self._arguments[name]
        for argument in params.get("arguments") or {}:
            if argument not in known:
                near = get_close_matches(argument, known, n=1)
                hint = f"Did you mean {near[0]!r}? " if near else ""
                takes = ", ".join(known)
                return f"[UNKNOWN_ARGUMENT] {name} takes no argument {argument[:60]!r}. {hint}It takes: {takes}."
        return None


def caller_of(access: Access, ctx: ServerRequestContext[Any, Any]) -> Caller:
    """The caller of a message."""
    headers: Mapping[str, str] | None = getattr(ctx.request, "headers", None)
    told = getattr(ctx.session.client_params, "client_info", None)
    client = None if told is None else f"{told.name}/{told.version}"[:100]
    return access.caller(headers, client)


def _as_dict(result: HandlerResult) -> dict[str, Any]:
    if isinstance(result, BaseModel):
        return result.model_dump(by_alias=True, exclude_none=True, mode="json")
    return dict(result or {})


def _lean(tool: dict[str, Any]) -> dict[str, Any]:
    """The tool with strict input and without the titles that pydantic writes on every property."""
    lean: dict[str, Any] = {**tool, "inputSchema": {**_untitled(tool["inputSchema"]), "additionalProperties": False}}
    if "outputSchema" in tool:
        lean["outputSchema"] = _untitled(tool["outputSchema"])
    return lean


def _untitled(schema: Any) -> Any:
    if isinstance(schema, list):
        return [_untitled(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    return {
        name: {key: _untitled(part) for key, part in value.items()}
        if name in ("properties", "$defs")
        else _untitled(value)
        for name, value in schema.items()
        if not (name == "title" and isinstance(value, str))
    }
