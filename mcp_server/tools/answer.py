"""What tools answer: a short text and a structured object, each enough by itself; errors an agent can act on."""

from collections.abc import Callable, Sequence
from functools import wraps
from typing import Any, ParamSpec

from mcp.server.mcpserver.exceptions import ToolError
from mcp_types import CallToolResult, TextContent
from pydantic import BaseModel

from mcp_server.services.errors import DrysailError

Arguments = ParamSpec("Arguments")

MOST_LINES = 60
"""Lines of text in one answer; what is cut is said."""


def answer(lines: Sequence[str], structured: BaseModel) -> CallToolResult:
    """Both channels of one answer."""
    shown = list(lines[:MOST_LINES])
    if len(lines) > MOST_LINES:
        shown.append(f"({len(lines) - MOST_LINES} more lines left out; ask for less, or for one item.)")
    content = [TextContent(type="text", text="\n".join(shown))]
    return CallToolResult(
        content=list(content), structured_content=structured.model_dump(mode="json", exclude_none=True)
    )


def told(tool: Callable[Arguments, CallToolResult]) -> Callable[Arguments, CallToolResult]:
    """Turns expected failures into text for the model: code, place, what happened, what to do."""

    @wraps(tool)
    def call(*args: Arguments.args, **kwargs: Arguments.kwargs) -> CallToolResult:
        try:
            return tool(*args, **kwargs)
        except DrysailError as error:
            raise ToolError(error_text(error)) from error

    return call


def error_text(error: DrysailError) -> str:
    """One line: ``[CODE] place: message hint``."""
    return f"[{error.code}] {error}"


def json_object(value: Any) -> dict[str, Any]:
    """A record as plain JSON."""
    return value if isinstance(value, dict) else value.model_dump(mode="json", exclude_none=True)
