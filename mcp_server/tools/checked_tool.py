"""A tool whose refusals an agent can act on: stable code first, then what is wrong and what to do."""

import inspect
from collections.abc import Callable
from typing import Any

from mcp.server.mcpserver import Context
from mcp.server.mcpserver.exceptions import ToolError, UnexpectedToolError
from mcp.server.mcpserver.tools import Tool
from mcp_types import ToolAnnotations
from pydantic import ValidationError

from mcp_server.tools.argument_words import unknown_argument, wrong_arguments
from mcp_server.tools.leaning import lean_input, lean_output


class CheckedTool(Tool):
    """Lean schemas, strict arguments, and no text around the remarks.

    The SDK would ignore an unknown argument (a misspelt ``limit`` would silently mean the default), and answer a wrong
    one with its validator's own report.
    """

    @classmethod
    def of(cls, function: Callable[..., Any], title: str, annotations: ToolAnnotations) -> "CheckedTool":
        """The tool that a function is."""
        description = " ".join(inspect.cleandoc(function.__doc__ or "").split())
        tool = cls.from_function(function, title=title, description=description, annotations=annotations)
        assert isinstance(tool, CheckedTool)
        output = tool.fn_metadata.output_schema
        metadata = tool.fn_metadata.model_copy(update={"output_schema": lean_output(output or {})})
        tool.parameters, tool.fn_metadata = lean_input(tool.parameters), metadata
        return tool

    async def run(self, arguments: dict[str, Any], context: Context[Any, Any], convert_result: bool = False) -> Any:
        """Runs it. Raises ToolError with a remark for the model, UnexpectedToolError where Drysail is at fault."""
        problem = unknown_argument(self.name, self.parameters, arguments)
        if problem is not None:
            raise ToolError(problem)
        try:
            return await super().run(arguments, context, convert_result=convert_result)
        except UnexpectedToolError as error:
            raise UnexpectedToolError(
                f"[INTERNAL] {self.name} failed for a reason that is not yours; nothing was applied by this call. "
                "The log of the Drysail process has the details. Do not repeat it unchanged."
            ) from error.__cause__
        except ToolError as error:
            cause = error.__cause__
            if isinstance(cause, ValidationError):
                raise ToolError(wrong_arguments(self.name, self.parameters, cause)) from cause
            raise ToolError(str(cause)) from cause
