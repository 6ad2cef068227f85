"""Progress of a replay, from the worker thread that runs it to the client that waits."""

from collections.abc import Callable
from typing import Any

import anyio
import anyio.from_thread
from mcp.server.mcpserver import Context

STEPS = 20
"""Notifications per call at most: a client draws a bar, it does not need every chunk."""


def reporter(ctx: Context[Any]) -> Callable[[int, int], None]:
    """A callback for (done, total). Also the place where a cancelled call stops: it raises there."""
    last = -1

    def report(done: int, total: int) -> None:
        nonlocal last
        anyio.from_thread.check_cancelled()
        step = done * STEPS // max(total, 1)
        if step > last:
            last = step
            anyio.from_thread.run(ctx.report_progress, float(done), float(total), f"replayed {done} of {total}")

    return report
