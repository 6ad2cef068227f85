"""A home with two environments, served from a real store, for tests of what a server answers."""

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from threading import Thread
from typing import Any

import httpx

from mcp_server.http.app import Application, create_app, in_threads
from mcp_server.http.listening import listen
from mcp_server.http.refresher import Refresher
from mcp_server.http.running import make_server
from mcp_server.http.sources import SYSTEM, Sources
from mcp_server.services.environment import KeyKind
from mcp_server.services.ports import AnsweredCheck, Recorder, RecorderCounters, Store
from mcp_server.services.serving import Serving
from mcp_server.store import SqlStore, open_store
from policies.impact import Provenance
from tests.contracts import given
from tests.contracts.given import History

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
REQUEST_ID = "0b0e6cb1-9a1c-4f1e-8a57-6b2f9a3c1d2e"

PUBLIC, SECRET, AGENT = "dsp_public_production", "dss_secret_production", "dsa_agent_production"
STAGING_PUBLIC, STAGING_SECRET = "dsp_public_staging", "dss_secret_staging"


class Recorded:
    """A recorder that remembers."""

    def __init__(self) -> None:
        self.checks: list[AnsweredCheck] = []
        self.events: list[tuple[str, Mapping[str, Any]]] = []

    def offer(self, check: AnsweredCheck) -> None:
        self.checks.append(check)

    def offer_events(self, environment: str, events: Sequence[Mapping[str, Any]], *, sdk: str) -> int:
        self.events.extend((environment, event) for event in events)
        return 0

    @property
    def counters(self) -> Mapping[Provenance, RecorderCounters]:
        offered = sum(len(check.results) for check in self.checks)
        return {"recorded": RecorderCounters(offered=offered, recorded=offered)}


class ServedHome:
    """Flags go in by applied proposals, as everywhere, and out over HTTP after ``serving.refresh()``."""

    def __init__(self, store: SqlStore) -> None:
        self.store = store
        self.serving = Serving(store, lambda: NOW)
        self.recorded = Recorded()
        self._histories = {name: History(store, name) for name in ("production", "staging")}

    def app(self) -> Application:
        """The application, with a fixed clock and request id."""
        self.serving.refresh()
        sources = Sources(clock=lambda: NOW, new_request_id=lambda: REQUEST_ID)
        return create_app(self.serving, self.recorded, sources=sources)

    def put_flag(self, key: str, *, environment: str = "production", **fields: Any) -> None:
        """Writes a flag: on for everybody unless the fields say otherwise."""
        self._histories[environment].write(key, flag_body(key, **fields))

    def put(self, kind: str, key: str, body: dict[str, Any] | None, *, environment: str = "production") -> None:
        """Writes any document."""
        self._histories[environment].write(key, body, kind=kind)


def flag_body(key: str, **fields: Any) -> dict[str, Any]:
    """A flag in PostHog's form. ``groups``, ``multivariate``, ``payloads`` and the like go into its filters."""
    top = ("id", "name", "active", "deleted", "has_experiment", "ensure_experience_continuity", "evaluation_runtime")
    top += ("evaluation_contexts", "bucketing_identifier", "is_remote_configuration", "drysail", "version")
    filters = {"groups": [{"properties": [], "rollout_percentage": 100}]}
    filters |= {name: value for name, value in fields.items() if name not in top}
    return {"key": key, "active": True, "filters": filters} | {n: v for n, v in fields.items() if n in top}


def create_home(path: Path) -> None:
    """Makes a database with the environments ``production`` and ``staging`` and keys for both."""
    keys: list[tuple[str, str, KeyKind, str]] = [
        ("key_p", PUBLIC, "public", "production"),
        ("key_s", SECRET, "secret", "production"),
        ("key_a", AGENT, "agent", "production"),
        ("key_sp", STAGING_PUBLIC, "public", "staging"),
        ("key_ss", STAGING_SECRET, "secret", "staging"),
    ]
    with closing(open_store(f"sqlite:///{path}", create=True)) as store, store.write() as writer:
        for name in ("production", "staging"):
            writer.add_environment(given.environment(name))
        for identity, token, kind, environment in keys:
            writer.add_key(*given.key(identity, token, kind=kind, environment=environment))


@contextmanager
def opened_home(path: Path) -> Iterator[ServedHome]:
    """The home in a database that ``create_home`` made."""
    with closing(open_store(f"sqlite:///{path}", create=False)) as store:
        yield ServedHome(store)


@dataclass(frozen=True)
class Running:
    """A server on a loopback port."""

    url: str
    port: int

    def metric(self, line: str) -> float:
        """The value of one line of ``/metrics``; 0 if there is no such line."""
        for text in httpx.get(f"{self.url}/metrics").text.splitlines():
            name, _, value = text.rpartition(" ")
            if name == line:
                return float(value)
        return 0.0


@contextmanager
def running(store: Store, recorder: Recorder, *, port: int = 0) -> Iterator[Running]:
    """Serves a store with everything that ``drysail serve`` has: threads, real clock, real sockets."""
    with listen("127.0.0.1", port) as listener:
        serving = Serving(store, SYSTEM.clock)
        refresher = Refresher(
            serving, store, SYSTEM.clock, server_id=f"sv_{listener.port}", url=listener.url, pid=os.getpid()
        )
        server = make_server(create_app(serving, recorder, lifespan=lambda: in_threads(refresher)))
        thread = Thread(target=server.run, kwargs={"sockets": [listener.socket]})
        thread.start()
        try:
            yield Running(listener.url, listener.port)
        finally:
            server.should_exit = True
            thread.join()
