"""Simulating on a part of the traffic, and on other traffic beside it: a weekday against a weekend."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from mcp_server.services.snapshots import Selection

if TYPE_CHECKING:
    from policies.impact import Impact, TrafficFacts

From = Annotated[str | None, typer.Option("--from", help="Replay only what was asked since this time (ISO 8601).")]
Until = Annotated[str | None, typer.Option("--until", help="Replay only what was asked before this time.")]
Sample = Annotated[float | None, typer.Option(help="Replay a fixed sample of the subjects: this percentage.")]
CompareSnapshot = Annotated[str | None, typer.Option(help="Show the effect on this snapshot beside it.")]
CompareFrom = Annotated[str | None, typer.Option(help="Show the effect on what was asked since this time beside it.")]
CompareUntil = Annotated[str | None, typer.Option(help="Show the effect on what was asked before this time beside it.")]

Row = tuple[str, ...]


def selection_of(
    snapshot: str | None, since: str | None, until: str | None, sample: float | None = None
) -> Selection | None:
    """What the options choose; None if none was given. Raises InvalidInput."""
    from mcp_server.services.errors import InvalidInput
    from mcp_server.services.snapshot import Part

    if snapshot is None and since is None and until is None and sample is None:
        return None
    if sample is not None and not 0 < sample <= 100:
        raise InvalidInput(
            f"A sample of {sample:g} % is none.", hint="Give a percentage over 0, up to 100.", place="--sample"
        )
    ppm = 1_000_000 if sample is None else max(1, round(sample * 10_000))
    part = Part(since=_moment(since, "time to begin at"), until=_moment(until, "time to end at"), sampled_ppm=ppm)
    return Selection(snapshot, part)


def comparison_rows(first: "Impact", second: "Impact") -> Sequence[Row]:
    """Per flag, what happens on either traffic, as shares of its subjects: two snapshots differ in size."""
    others = {flag.flag: flag for flag in second.flags}
    rows = []
    for flag in first.flags:
        other = others[flag.flag]
        for name in ("on_before", "on_after", "entered", "left", "switched", "changed", "undetermined"):
            here, there = getattr(flag, name) / max(flag.subjects, 1), getattr(other, name) / max(other.subjects, 1)
            rows.append((flag.flag, name.replace("_", " "), f"{here:.2%}", f"{there:.2%}", f"{there - here:+.2%}"))
    return rows


def called(facts: "TrafficFacts") -> str:
    """A head for the column of one traffic."""
    return f"{facts.first_at:%a %d %b %H:%M} to {facts.newest_at:%a %d %b %H:%M}, {facts.subjects:,} subjects"


def _moment(text: str | None, what: str) -> datetime | None:
    from mcp_server.services.errors import InvalidInput

    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise InvalidInput(
            f"{text!r} is no {what}.", hint="Write it as 2026-11-22 or 2026-11-22T17:00Z.", place="window"
        ) from None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
