"""Cursors of lists: opaque to the caller, an offset inside."""

import base64
import binascii

from mcp_server.services.errors import InvalidInput


def cursor_of(offset: int | None) -> str | None:
    """The cursor of the page that starts there; None at the end."""
    return None if offset is None else base64.urlsafe_b64encode(f"from:{offset}".encode()).decode().rstrip("=")


def offset_of(cursor: str | None) -> int:
    """Where the page starts. Raises InvalidInput for a cursor that no answer gave."""
    if not cursor:
        return 0
    try:
        text = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode()
        name, _, number = text.partition(":")
        if name == "from" and number.isdecimal():
            return int(number)
    except (binascii.Error, UnicodeDecodeError, ValueError):
        pass
    raise InvalidInput(
        f"{cursor[:40]!r} is no cursor.", hint="Leave it out to start anew.", code="BAD_CURSOR", place="cursor"
    )
