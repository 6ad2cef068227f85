"""A request that cannot be answered, and why, in PostHog's words."""

from enum import Enum
from typing import Final

from starlette.responses import JSONResponse, PlainTextResponse, Response

RETRY_AFTER: Final = "1"
"""Seconds after which a refused client may ask again."""


class Cause(Enum):
    """What is wrong with a request: the status, and PostHog's code for it."""

    MALFORMED = (400, "invalid_request")
    NO_TOKEN = (401, "not_authenticated")
    WRONG_TOKEN = (401, "authentication_failed")
    TOO_SLOW = (408, "timeout")
    TOO_LARGE = (413, "payload_too_large")
    UNAVAILABLE = (503, "service_unavailable")

    @property
    def status(self) -> int:
        """The HTTP status."""
        return self.value[0]

    @property
    def code(self) -> str:
        """The code in an error body."""
        return self.value[1]


class Rejection(Exception):
    """Ends a request early. ``detail`` is one sentence for the caller."""

    def __init__(self, cause: Cause, detail: str) -> None:
        super().__init__(detail)
        self.cause = cause
        self.detail = detail

    def headers(self) -> dict[str, str]:
        """Headers that belong to the answer. A body that was not read to its end cannot be followed by a request."""
        match self.cause:
            case Cause.UNAVAILABLE:
                return {"retry-after": RETRY_AFTER}
            case Cause.TOO_LARGE | Cause.TOO_SLOW:
                return {"connection": "close"}
            case _:
                return {}

    def response(self) -> Response:
        """The answer: JSON for authentication errors, as in PostHog's API, one sentence of text for all else."""
        if self.cause.status != 401:
            return PlainTextResponse(self.detail, self.cause.status, self.headers())
        body = {"type": "authentication_error", "code": self.cause.code, "detail": self.detail, "attr": None}
        return JSONResponse(body, self.cause.status, self.headers())


class Disconnected(Exception):
    """The client went away before it had sent its request; nobody waits for an answer."""
