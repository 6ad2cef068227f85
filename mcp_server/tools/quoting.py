"""Foreign text within answers: every text of a value, or of a line of ours, without what could forge a screen."""

from typing import Any

from mcp_server.services.foreign_text import clean

LINE = 600


def cleaned(value: Any, limit: int) -> Any:
    """The JSON value with every text and name in it cleaned, each cut to ``limit`` characters."""
    if isinstance(value, str):
        return clean(value, limit)
    if isinstance(value, list | tuple):
        return [cleaned(part, limit) for part in value]
    if isinstance(value, dict):
        return {clean(name, 60): cleaned(part, limit) for name, part in value.items()}
    return value


def cleaned_line(line: str) -> str:
    """A line of ours that quotes foreign text; its indent stays."""
    return " " * (len(line) - len(line.lstrip(" "))) + clean(line, LINE)
