"""Text that someone else wrote: names, reasons, values. It is shown, never obeyed, and cannot forge a screen."""

import unicodedata

SHOWN = 200
"""Characters shown of one foreign text."""

_HIDDEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
"""Control, format (also bidirectional, zero-width), surrogate, private, unassigned, line and paragraph separators."""


def clean(text: object, limit: int = SHOWN) -> str:
    """The text on one line without control, bidirectional and invisible characters, cut to ``limit`` characters."""
    spaced = " ".join(str(text).split())
    visible = "".join(character for character in spaced if unicodedata.category(character) not in _HIDDEN)
    return visible if len(visible) <= limit else visible[: limit - 1] + "…"
