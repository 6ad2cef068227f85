"""Waiting a little, with an end."""

import time
from collections.abc import Callable

POLL_SECONDS = 0.02

LIVE_WITHIN_SECONDS = 2.0
"""How long a caller who applies waits for the running servers to answer with the change."""


def up_to(seconds: float) -> Callable[[], bool]:
    """Each call waits a moment and returns True, until the time is over; then False at once."""
    end = time.monotonic() + seconds

    def wait() -> bool:
        if time.monotonic() >= end:
            return False
        time.sleep(POLL_SECONDS)
        return True

    return wait
