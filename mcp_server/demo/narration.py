"""How the tour speaks: handsome in a terminal, plain in a log."""

from collections.abc import Sequence

from rich.console import Console
from rich.padding import Padding
from rich.panel import Panel
from rich.rule import Rule
from rich.text import Text

STEPS = 8


class Narrator:
    """Prints the tour, one step after the other."""

    def __init__(self, console: Console, *, plain: bool) -> None:
        self._console = console
        self._plain = plain
        self._step = 0

    def title(self, text: str, below: str) -> None:
        """The beginning."""
        if self._plain:
            self._console.print(f"{text}\n{below}", markup=False)
        else:
            self._console.print(Panel(Text(below), title=Text(text, style="bold"), border_style="cyan"))

    def step(self, text: str) -> None:
        """A new part of the story."""
        self._step += 1
        heading = f"{self._step}/{STEPS} {text}"
        if self._plain:
            self._console.print(f"\n== {heading}", markup=False)
        else:
            self._console.print()
            self._console.print(Rule(Text(heading, style="bold cyan"), align="left", style="cyan"))

    def say(self, text: str) -> None:
        """What happens."""
        self._console.print(Text(text))

    def call(self, text: str) -> None:
        """A tool call or a command, as it was given."""
        self._console.print(Text(f"▸ {text}", style="bold"))

    def answer(self, text: str, *, most: int = 14) -> None:
        """What came back; a long answer is cut."""
        lines = text.strip().splitlines()
        shown = lines[:most] + ([f"… {len(lines) - most} more lines"] if len(lines) > most else [])
        self._console.print(Padding(Text("\n".join(shown), style="" if self._plain else "grey70"), (0, 0, 0, 4)))

    @property
    def screen_width(self) -> int:
        """Columns of a terminal that fits into the story."""
        return self._console.width - (0 if self._plain else 4)

    def to_copy(self, lines: Sequence[str]) -> None:
        """Text that somebody will copy: never wrapped."""
        for line in lines:
            self._console.print(Text(line), soft_wrap=True)

    def screen(self, text: str) -> None:
        """A terminal's screen, as it was."""
        body = Text.from_ansi(text.strip("\n"))
        if self._plain:
            self._console.print(Text(body.plain))
        else:
            self._console.print(Panel(body, title="the engineer's terminal", title_align="left", border_style="yellow"))
