"""Two consoles: data on stdout, talk on stderr. And JSON, and a progress bar for what takes longer than a second."""

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from textwrap import wrap
from typing import Any, TextIO

from pydantic import BaseModel
from rich.console import Console

from evaluator import json_text

PLAIN_WIDTH = 100
"""Columns where there is no terminal to ask."""

HANGING = "  "
"""How much deeper a line goes on than it began, so that beginnings can be told apart."""


def out() -> Console:
    """For data. Honours NO_COLOR and the terminal's width."""
    return Console(file=sys.stdout, highlight=False, width=_width(sys.stdout))


def talk() -> Console:
    """For everything else."""
    return Console(file=sys.stderr, highlight=False, width=_width(sys.stderr))


def _width(stream: TextIO) -> int | None:
    """None lets rich ask the terminal, or COLUMNS."""
    return None if stream.isatty() or "COLUMNS" in os.environ else PLAIN_WIDTH


def print_line(line: str, *, to: Console | None = None, style: str | None = None, whole: bool = False) -> None:
    """One line of text, indented where it goes on; neither keys nor ids are parted at their hyphens.

    A ``whole`` line is meant to be copied: it is left to the terminal to wrap.
    """
    console, text = to or out(), line.lstrip()
    indent = line[: len(line) - len(text)]
    pieces = wrap(
        text, console.width, initial_indent=indent, subsequent_indent=indent + HANGING, break_on_hyphens=False
    )
    for piece in [line] if whole or not text else pieces:
        console.print(piece, style=style, markup=False, soft_wrap=True)


def print_json(value: Any) -> None:
    """Data for programs: one JSON value, nothing else on stdout."""
    sys.stdout.write(json_text.dumps(as_json(value)) + "\n")


def as_json(value: Any) -> Any:
    """Records and sequences of them as plain JSON values."""
    if isinstance(value, BaseModel):
        return value.model_dump(mode="json")
    if isinstance(value, dict):
        return {name: as_json(part) for name, part in value.items()}
    if isinstance(value, list | tuple):
        return [as_json(part) for part in value]
    return value


@contextmanager
def progress(title: str) -> Iterator[Callable[[int, int], None]]:
    """A bar on a terminal's stderr while something long runs; silent elsewhere."""
    if not sys.stderr.isatty():
        yield lambda done, total: None
        return
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.percentage:.0f} %"),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=talk(), transient=True) as bar:
        task = bar.add_task(title, total=None)

        def report(done: int, total: int) -> None:
            bar.update(task, completed=done, total=total)

        yield report


@contextmanager
def replaying() -> Iterator[Callable[[float], None]]:
    """The bar of a replay, which tells the share that is done."""
    with progress("Replaying") as report:
        yield lambda share: report(round(share * 1000), 1000)
