"""Where a server gets what it cannot compute: the time, and ids that are new."""

import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from mcp_server.services.ports import Clock


def _now() -> datetime:
    return datetime.now(UTC)


def _new_uuid() -> str:
    return str(uuid.uuid4())


@dataclass(frozen=True, slots=True)
class Sources:
    """``clock`` tells the time that flags see and answers carry, ``timer`` measures durations in seconds.

    ``new_request_id`` makes a UUID for an answer whose request did not bring one.
    """

    clock: Clock = _now
    timer: Callable[[], float] = time.perf_counter
    new_request_id: Callable[[], str] = _new_uuid


SYSTEM: Final = Sources()
"""The machine's own clock, timer and randomness."""
