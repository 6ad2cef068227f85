"""The project's time zone, by its name."""

from datetime import UTC, tzinfo
from zoneinfo import ZoneInfo


def zone_named(name: str) -> tzinfo | None:
    """The zone of an IANA name, ``UTC`` itself for ``UTC``; None if there is no such zone."""
    if name == "UTC":
        return UTC
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return None
