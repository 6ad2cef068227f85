"""What tools answer: a short text and a structured object, each enough by itself; errors an agent can act on."""

from collections.abc import Callable, Sequence
from functools import wraps
from typing import ParamSpec

from mcp.server.mcpserver.exceptions import ToolError
from mcp_types import CallToolResult, TextContent
from pydantic import BaseModel

from mcp_server.services.errors import DrysailError
from mcp_server.services.foreign_text import clean

Arguments = ParamSpec("Arguments")

MOST_CHARACTERS = 7_500
"""Of the text in a summary; what is cut is said."""
MOST_CHARACTERS_FULL = 40_000
"""Of the text where everything was asked for; hosts cut or file away more than that."""


def answer(lines: Sequence[str], structured: BaseModel, *, full: bool = False) -> CallToolResult:
    """Both channels of one answer. The last line is the next step, and always there."""
    text = "\n".join(_fitting(lines, MOST_CHARACTERS_FULL if full else MOST_CHARACTERS))
    return CallToolResult(
        content=[TextContent(type="text", text=text)],
        structured_content=structured.model_dump(mode="json", exclude_none=True),
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
    return f"[{error.code}] {clean(error, 1_500)}"


def _fitting(lines: Sequence[str], most: int) -> list[str]:
    left = most - len(lines[-1]) - 80
    shown: list[str] = []
    for number, line in enumerate(lines[:-1]):
        if len(line) > left:
            shown.append(f"({len(lines) - 1 - number} more lines left out; ask for less, or for one item.)")
            break
        shown.append(line)
        left -= len(line) + 1
    return [*shown, lines[-1]]
