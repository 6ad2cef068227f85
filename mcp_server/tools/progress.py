"""Progress of a replay, from the worker thread that runs it to the client that waits."""

from typing import Any

import anyio
import anyio.from_thread
from mcp.server.mcpserver import Context

from policies.replay.pace import Progress

STEPS = 20
"""Notifications per call at most: a client draws a bar, it does not need every chunk."""


def reporter(ctx: Context[Any]) -> Progress:
    """A callback for the share that is done. Also the place where a cancelled call stops: it raises there."""
    last = -1

    def report(share: float) -> None:
        nonlocal last
        anyio.from_thread.check_cancelled()
        step = int(share * STEPS)
        if step > last:
            last = step
            anyio.from_thread.run(ctx.report_progress, float(step), float(STEPS), f"replayed {share:.0%}")

    return report
