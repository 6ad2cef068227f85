"""Numbers as a reader wants them: rounded, with units, and never rounded across the limit."""

_MOST_DIGITS = 6


def number(value: float, digits: int = 1) -> str:
    """``1,204``, ``0.4``: at most so many digits behind the point, none that say nothing."""
    text = f"{value:,.{digits}f}"
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return "0" if text == "-0" else text


def against(value: float, limit: float) -> str:
    """A value that is shown next to its limit: with enough digits that the two differ in text if they differ."""
    for digits in range(1, _MOST_DIGITS):
        if value == limit or number(value, digits) != number(limit, digits):
            return number(value, digits)
    return number(value, _MOST_DIGITS)


def percent(part: float, whole: float, limit: float | None = None) -> str:
    """``12.5 %``: a part of a whole; with a limit in percent, distinguishable from it."""
    share = 100 * part / whole
    if limit is not None:
        return f"{against(share, limit)} %"
    return "under 0.1 %" if 0 < share < 0.05 else f"{number(share)} %"


def exactly(share: float) -> str:
    """``0.5 %``: a limit, as it was set."""
    return f"{number(share, 4)} %"


def points(value: float, limit: float) -> str:
    """``+50 pp``: a difference of shares in percentage points, next to its limit."""
    return f"{'+' if value > 0 else '−' if value < 0 else '±'}{against(abs(value), limit)} pp"


def sentence(text: str) -> str:
    """The text with a capital letter in front."""
    return text[:1].upper() + text[1:]


def plural(count: int, noun: str) -> str:
    """``1 subject``, ``1,204 subjects``."""
    return f"{number(count)} {noun}{'' if count == 1 else 's'}"
