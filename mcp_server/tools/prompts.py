"""Prompts from the markdown files in ``prompts/``."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from importlib.resources import files
from string import Template
from typing import Any

import yaml
from mcp import MCPError
from mcp.server import MCPServer
from mcp.server.mcpserver import Context
from mcp.server.mcpserver.prompts.base import Message, Prompt, PromptArgument, UserMessage

from mcp_server.services.foreign_text import clean
from mcp_server.tools.tidy import INVALID_PARAMS


@dataclass(frozen=True, slots=True)
class PromptFile:
    """One file: its front matter and its body, with ``${argument}`` where an argument goes."""

    name: str
    title: str
    description: str
    arguments: tuple[PromptArgument, ...]
    body: str

    def text(self, given: dict[str, Any]) -> str:
        """The body with the arguments filled in. Raises MCPError naming what is missing or not known."""
        names = [argument.name for argument in self.arguments]
        unknown = [name for name in given if name not in names]
        if unknown:
            takes = f"It takes: {', '.join(names)}."
            raise MCPError(INVALID_PARAMS, f"Prompt {self.name!r} has no argument {clean(unknown[0], 60)!r}. {takes}")
        missing = [argument.name for argument in self.arguments if argument.required and not given.get(argument.name)]
        if missing:
            raise MCPError(INVALID_PARAMS, f"Prompt {self.name!r} needs: {', '.join(missing)}.")
        blank = {argument.name: "(not given)" for argument in self.arguments}
        return Template(self.body).substitute(blank | {name: clean(value) for name, value in given.items() if value})


def prompt_files() -> Iterator[PromptFile]:
    """All prompts that ship, by name."""
    for entry in sorted(files("prompts").iterdir(), key=lambda entry: entry.name):
        if entry.name.endswith(".md"):
            yield _parse(entry.name.removesuffix(".md"), entry.read_text(encoding="utf-8"))


def add_prompts(server: MCPServer[Any], prompts: Iterable[PromptFile]) -> None:
    """Registers them."""
    for file in prompts:
        server.add_prompt(_FilePrompt.of(file))


class _FilePrompt(Prompt):
    """The SDK answers a missing argument with an opaque internal error; this one says which is missing."""

    @classmethod
    def of(cls, file: PromptFile) -> "_FilePrompt":
        return cls(
            name=file.name,
            title=file.title,
            description=file.description,
            arguments=list(file.arguments),
            fn=file.text,
            context_kwarg=None,
        )

    async def render(self, arguments: dict[str, Any] | None, context: Context[Any, Any]) -> list[Message]:
        """The prompt as one message of the user. Raises MCPError."""
        return [UserMessage(str(self.fn(arguments or {})))]


def _parse(name: str, text: str) -> PromptFile:
    _, front, body = text.split("---\n", 2)
    matter = yaml.safe_load(front)
    return PromptFile(
        name=name,
        title=matter["title"],
        description=matter["description"],
        arguments=tuple(PromptArgument(**argument) for argument in matter.get("arguments", [])),
        body=body.strip(),
    )
