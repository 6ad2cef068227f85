"""Whether the process lives, whether it can answer, and what it counts."""

from datetime import timedelta
from typing import Final

from prometheus_client.exposition import choose_encoder
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from mcp_server.http.metrics import Metrics
from mcp_server.services.serving import Serving

STALE_AFTER: Final = timedelta(seconds=5)
"""Without a word from the store for so long, a server says that what it answers with may be old."""


def health_routes(serving: Serving, metrics: Metrics) -> list[BaseRoute]:
    """``/livez``, ``/readyz`` and ``/metrics``."""

    async def livez(_: Request) -> Response:
        return JSONResponse({"status": "alive"})

    async def readyz(_: Request) -> Response:
        """A server with old definitions still answers, so it stays ready and says ``stale``; one with none is not."""
        served, age = serving.served, serving.age()
        if served is None or age is None:
            return JSONResponse({"status": "cold"}, 503)
        stale = age > STALE_AFTER or bool(served.broken)
        return JSONResponse({"status": "stale" if stale else "fresh", "age_seconds": round(age.total_seconds(), 3)})

    async def metrics_page(request: Request) -> Response:
        encode, content_type = choose_encoder(request.headers.get("accept", ""))
        return Response(encode(metrics.registry), headers={"content-type": content_type})

    return [Route("/livez", livez), Route("/readyz", readyz), Route("/metrics", metrics_page)]
