"""What a server tells Prometheus about itself. No label ever holds a distinct id, a flag or a value."""

from collections.abc import Callable, Iterator, Mapping
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Histogram, ProcessCollector
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from mcp_server.http.answering import Answering
from mcp_server.http.shedding import Load
from mcp_server.services.serving import ServedEnvironment, Serving

_BUCKETS: Final = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)

_RECORDER_COUNTERS: Final = (
    ("offered_checks", "Checks handed to the recorder.", "offered"),
    ("recorded_checks", "Checks written to a segment.", "recorded"),
    ("dropped_checks", "Checks lost on the way to a segment.", "dropped"),
    ("sampled_out_checks", "Checks of subjects outside of the sample.", "sampled_out"),
    ("segments", "Segments written.", "segments"),
    ("failed_writes", "Segments that the disk refused.", "failed_writes"),
)
"""Names, meanings and fields of ``RecorderCounters``."""


class Metrics:
    """The counters of one server, in a registry of its own."""

    def __init__(self, serving: Serving, answering: Answering, load: Load, timer: Callable[[], float]) -> None:
        self.registry = CollectorRegistry()
        self._timer = timer
        self._requests = Counter(
            "drysail_http_requests", "Requests answered.", ["endpoint", "status"], registry=self.registry
        )
        self._seconds = Histogram(
            "drysail_http_request_seconds",
            "Time from the request's headers to the last byte of its answer.",
            ["endpoint"],
            registry=self.registry,
            buckets=_BUCKETS,
        )
        self.events = Counter("drysail_events_received", "Events that SDKs sent.", registry=self.registry)
        self.unreadable = Counter(
            "drysail_unreadable_events", "Events about evaluated flags that are malformed.", registry=self.registry
        )
        ProcessCollector(registry=self.registry)
        self.registry.register(_ServingState(serving, answering, load))

    def counted(self, endpoint: str, app: ASGIApp) -> ASGIApp:
        """The same app, with its requests counted and timed under this name."""
        return _Counted(app, self._requests, self._seconds.labels(endpoint), endpoint, self._timer)


class _Counted:
    def __init__(
        self, app: ASGIApp, requests: Counter, seconds: Histogram, endpoint: str, timer: Callable[[], float]
    ) -> None:
        self._app = app
        self._requests = requests
        self._seconds = seconds
        self._endpoint = endpoint
        self._timer = timer
        self._by_status: dict[int, Counter] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def counted_send(message: Message) -> None:
            if message["type"] == "http.response.start":
                self._count(message["status"])
            await send(message)

        start = self._timer()
        await self._app(scope, receive, counted_send)
        self._seconds.observe(self._timer() - start)

    def _count(self, status: int) -> None:
        counter = self._by_status.get(status)
        if counter is None:
            counter = self._by_status[status] = self._requests.labels(self._endpoint, status)
        counter.inc()


class _ServingState(Collector):
    """Values that are read when Prometheus asks."""

    def __init__(self, serving: Serving, answering: Answering, load: Load) -> None:
        self._serving = serving
        self._answering = answering
        self._load = load

    def collect(self) -> Iterator[Metric]:
        """Called by the registry."""
        served, age = self._serving.served, self._serving.age()
        broken = 0 if served is None else len(served.broken)
        if age is not None:
            yield _gauge(
                "drysail_served_age_seconds", "Time since the store confirmed what is served.", age.total_seconds()
            )
        yield _gauge("drysail_broken_environments", "Environments whose newest revision cannot be served.", broken)
        yield _gauge("drysail_loop_round_seconds", "Length of the event loop's last round.", self._load.round_seconds)
        yield _counter("drysail_shed", "Requests turned away because of overload.", self._load.shed)
        yield _counter(
            "drysail_refresh_failures", "Failed attempts to take changes into service.", self._serving.failures
        )
        yield _counter(
            "drysail_recorder_failures", "Answers that the recorder failed on.", self._answering.recorder_failures
        )
        yield from self._recorder()
        yield from self._environments({} if served is None else served.environments)

    def _recorder(self) -> Iterator[Metric]:
        by_provenance = self._answering.recorded()
        for name, meaning, field in _RECORDER_COUNTERS:
            counter = CounterMetricFamily(f"drysail_recorder_{name}", meaning, labels=["provenance"])
            for provenance, counters in by_provenance.items():
                counter.add_metric([provenance], getattr(counters, field))
            yield counter
        waiting = GaugeMetricFamily(
            "drysail_recorder_queue_length", "Requests waiting for the recorder.", labels=["provenance"]
        )
        for provenance, counters in by_provenance.items():
            waiting.add_metric([provenance], counters.waiting)
        yield waiting

    def _environments(self, environments: Mapping[str, ServedEnvironment]) -> Iterator[Metric]:
        labels = ["environment"]
        revision = GaugeMetricFamily("drysail_served_revision", "Revision in service.", labels=labels)
        flags = GaugeMetricFamily("drysail_served_flags", "Flags in service.", labels=labels)
        failing = GaugeMetricFamily(
            "drysail_failing_flags", "Flags that cannot be evaluated as defined.", labels=labels
        )
        for name, environment in environments.items():
            served = [flag for flag in environment.ruleset.flags.values() if flag.served]
            revision.add_metric([name], environment.revision)
            flags.add_metric([name], len(served))
            failing.add_metric([name], sum(flag.error is not None for flag in served))
        yield from (revision, flags, failing)


def _gauge(name: str, meaning: str, value: float) -> Metric:
    return GaugeMetricFamily(name, meaning, value=value)


def _counter(name: str, meaning: str, value: float) -> Metric:
    return CounterMetricFamily(name, meaning, value=value)
