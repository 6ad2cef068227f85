"""What can go wrong, in words a user can act on.

DrysailError                     code, message, hint, exit status
├── InvalidInput           2     the request or a file is malformed
├── NotFound               2     no such flag, environment, proposal, snapshot
├── Conflict               2     exists already, or another writer was first
├── Refused                1     the caller may not do this
├── Stale                  4     the world moved since the evidence was made
├── NeedsApproval          3     a person has to approve first
└── Unavailable            2     the store, the port or a file cannot be used
"""

from typing import ClassVar


class DrysailError(Exception):
    """Base of all expected failures.

    ``message`` says what happened, with values; ``hint`` says what to do next. ``code`` is stable and upper
    snake case; ``place`` names a file position or a path inside a document, where there is one.
    """

    exit_status: ClassVar[int] = 2
    default_code: ClassVar[str] = "ERROR"

    def __init__(self, message: str, *, hint: str = "", code: str | None = None, place: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.code = code or self.default_code
        self.place = place

    def __str__(self) -> str:
        start = f"{self.place}: " if self.place else ""
        return f"{start}{self.message} {self.hint}".rstrip()


class InvalidInput(DrysailError):
    """The request or a file is malformed."""

    default_code = "INVALID_INPUT"


class NotFound(DrysailError):
    """Nothing goes by that name."""

    default_code = "NOT_FOUND"


class Conflict(DrysailError):
    """It exists already, or another writer was first."""

    default_code = "CONFLICT"


class Refused(DrysailError):
    """The policy denies it, or the caller may not do it."""

    default_code = "REFUSED"
    exit_status = 1


class Stale(DrysailError):
    """The world moved since the evidence was made. The message says what moved."""

    default_code = "STALE"
    exit_status = 4


class NeedsApproval(DrysailError):
    """A person has to approve first."""

    default_code = "NEEDS_APPROVAL"
    exit_status = 3


class Unavailable(DrysailError):
    """The store, a port or a file cannot be used."""

    default_code = "UNAVAILABLE"
