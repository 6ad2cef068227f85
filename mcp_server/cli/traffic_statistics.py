"""Traffic in numbers, for a terminal of any width."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date, timedelta

from rich.console import Console

from mcp_server.cli.tables import table
from mcp_server.services.damage import QuarantinedSegment
from mcp_server.services.statistics import PropertyCoverage, TrafficStatistics
from policies.impact import FlagValue

BARS = "▁▂▃▄▅▆▇█"
MOST_DAYS = 31
MOST_ROWS = 40
MOST_VALUES = 4
LONGEST_VALUE = 24
NO_FLAG_SHOWN = "(no flag)"


def show_statistics(console: Console, found: TrafficStatistics) -> None:
    """Prints all of it."""
    facts = found.facts
    console.print(
        f"{facts.snapshot}: {facts.provenance}, {facts.checks:,} checks of {facts.subjects:,} subjects in "
        f"{facts.contexts:,} contexts, {facts.first_at:%Y-%m-%d %H:%M} to {facts.newest_at:%Y-%m-%d %H:%M} UTC, "
        f"{facts.dropped:,} dropped",
        markup=False,
    )
    if facts.sampled_ppm < 1_000_000:
        console.print(f"A sample: {facts.sampled_ppm / 10_000:g} % of the subjects.", markup=False)
    show_damaged(console, found.damaged)
    _volume(console, found)
    _properties(console, found)
    _sdks(console, found.sdks)
    _gaps(console, found)


def show_damaged(console: Console, damaged: Sequence[QuarantinedSegment]) -> None:
    """Names the segments whose checks are missing, and says why."""
    for each in damaged:
        console.print(f"Damaged, in quarantine: {each.sentence()}", markup=False, soft_wrap=True)


def sparkline(counts: Sequence[int]) -> str:
    """One character per count, as high as it is against the greatest; a space for none."""
    greatest = max(counts, default=0)
    return "".join(" " if count == 0 else BARS[(count * len(BARS) - 1) // greatest] for count in counts)


def _volume(console: Console, found: TrafficStatistics) -> None:
    by_row: dict[tuple[str, FlagValue], dict[date, int]] = defaultdict(lambda: defaultdict(int))
    by_flag: dict[str, int] = defaultdict(int)
    for row in found.volume:
        by_row[row.flag, row.value][row.day] += row.checks
        by_flag[row.flag] += row.checks
    last = max(row.day for row in found.volume)
    first = max(min(row.day for row in found.volume), last - timedelta(days=MOST_DAYS - 1))
    days = [first + timedelta(days=number) for number in range((last - first).days + 1)]
    ordered = sorted(by_row, key=lambda key: (-by_flag[key[0]], key[0], -sum(by_row[key].values()), repr(key[1])))
    rows = []
    for flag, value in ordered[:MOST_ROWS]:
        counts = by_row[flag, value]
        checks = sum(counts.values())
        share = f"{checks * 100 / by_flag[flag]:.1f} %"
        shown = flag or NO_FLAG_SHOWN
        rows.append((shown, _answer(value), f"{checks:,}", share, sparkline([counts[day] for day in days])))
    by_day = f"{days[0]:%m-%d}…{days[-1]:%m-%d}" if len(days) > 1 else f"{days[0]:%m-%d}"
    console.print(table(("flag", "answer", "checks", "share", by_day), rows, right=("checks", "share")))
    _more(console, len(ordered) - MOST_ROWS, "answers")


def _answer(value: FlagValue) -> str:
    return "none" if value is None else value if isinstance(value, str) else str(value).lower()


def _properties(console: Console, found: TrafficStatistics) -> None:
    if not found.properties:
        return
    everybody = found.facts.subjects
    rows = [
        (
            each.name if each.group_type is None else f"{each.group_type}.{each.name}",
            f"{each.present * 100 / everybody:.1f} %",
            f"{each.missing:,}",
            f"{each.redacted:,}",
            f"{each.distinct_values:,}",
            _values(each),
        )
        for each in found.properties[:MOST_ROWS]
    ]
    columns = ("property", "coverage", "missing", "redacted", "values", "most frequent")
    console.print(table(columns, rows, right=columns[1:5]))
    _more(console, len(found.properties) - MOST_ROWS, "properties")
    if found.kept is not None:
        console.print(f"Kept: {', '.join(found.kept) or 'nothing'}; what else was sent is unknown.", markup=False)


def _values(coverage: PropertyCoverage) -> str:
    shown = (
        f"{top.value if len(top.value) <= LONGEST_VALUE else top.value[: LONGEST_VALUE - 1] + '…'} ({top.subjects:,})"
        for top in coverage.top[:MOST_VALUES]
    )
    return ", ".join(shown)


def _sdks(console: Console, sdks: Mapping[str, int]) -> None:
    all_checks = sum(sdks.values())
    ordered = sorted(sdks.items(), key=lambda item: (-item[1], item[0]))
    rows = [
        (sdk or "(unknown)", f"{checks:,}", f"{checks * 100 / all_checks:.1f} %") for sdk, checks in ordered[:MOST_ROWS]
    ]
    console.print(table(("sdk", "checks", "share"), rows, right=("checks", "share")))
    _more(console, len(ordered) - MOST_ROWS, "SDKs")


def _gaps(console: Console, found: TrafficStatistics) -> None:
    if not found.gaps:
        console.print("No gap: nowhere a minute without a check.", markup=False)
        return
    rows = [
        (f"{gap.start:%Y-%m-%d %H:%M:%S}", f"{gap.end:%Y-%m-%d %H:%M:%S}", str(timedelta(seconds=gap.seconds)))
        for gap in found.gaps[:5]
    ]
    console.print(table(("longest gaps from (UTC)", "to", "without a check"), rows, right=("without a check",)))


def _more(console: Console, more: int, what: str) -> None:
    if more > 0:
        console.print(f"{more:,} more {what}; --json lists all.", markup=False)
