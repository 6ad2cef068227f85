"""Texts that cannot match, told from how they are spelt: most addresses need not be asked for ``@acme.dev``.

This only ever says *false*; whatever might match is asked itself.
"""

from typing import Final

from evaluator.text_test import Form, TextTest

_ON_PARTS: Final = frozenset({Form.CONTAINS, Form.STARTS, Form.ENDS})


def letters_in_every_match(text: TextTest | None) -> bytes | None:
    """Lower-case letters that every matching text has, in either case; None where none are known."""
    if text is None or text.form not in _ON_PARTS or not isinstance(text.wanted, str):
        return None
    wanted = text.wanted
    stands_for_itself = wanted.isascii() and wanted.isprintable() and not {'"', "\\"}.intersection(wanted)
    return wanted.lower().encode("ascii") if wanted and stands_for_itself else None
