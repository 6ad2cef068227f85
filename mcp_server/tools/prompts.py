"""Prompts from the markdown files in ``prompts/``."""

from collections.abc import Iterator
from dataclasses import dataclass
from importlib.resources import files
from string import Template
from typing import Any

import yaml
from mcp import MCPError
from mcp.server import MCPServer
from mcp.server.mcpserver.prompts.base import Prompt, PromptArgument

INVALID_PARAMS = -32602


@dataclass(frozen=True, slots=True)
class PromptFile:
    """One file: its front matter and its body, with ``${argument}`` where an argument goes."""

    name: str
    title: str
    description: str
    arguments: tuple[PromptArgument, ...]
    body: str

    def text(self, given: dict[str, Any]) -> str:
        """The body with the arguments filled in. Raises MCPError naming what is missing."""
        missing = [argument.name for argument in self.arguments if argument.required and not given.get(argument.name)]
        if missing:
            raise MCPError(INVALID_PARAMS, f"Prompt {self.name!r} needs: {', '.join(missing)}.")
        blank = {argument.name: "(not given)" for argument in self.arguments}
        return Template(self.body).substitute(blank | {name: str(value) for name, value in given.items() if value})


def prompt_files() -> Iterator[PromptFile]:
    """All prompts that ship, by name."""
    for entry in sorted(files("prompts").iterdir(), key=lambda entry: entry.name):
        if entry.name.endswith(".md"):
            yield _parse(entry.name.removesuffix(".md"), entry.read_text(encoding="utf-8"))


def add_prompts(server: MCPServer[Any]) -> None:
    """Registers them."""
    for file in prompt_files():
        server.add_prompt(_FilePrompt.of(file))


class _FilePrompt(Prompt):
    @classmethod
    def of(cls, file: PromptFile) -> "_FilePrompt":
        def render(**given: Any) -> str:
            return file.text(given)

        return cls(
            name=file.name,
            title=file.title,
            description=file.description,
            arguments=list(file.arguments),
            fn=render,
            context_kwarg=None,
        )


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
