"""The threads that keep a server current, and tell the store that it is."""

import logging
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import datetime
from threading import Event
from time import monotonic

import pytest

from mcp_server.http.refresher import Refresher
from mcp_server.services.errors import Unavailable
from mcp_server.services.ports import Server, Writer
from mcp_server.services.serving import Serving
from tests.mcp_server.http.home import NOW, ServedHome
from tests.mcp_server.http.test_serving import Unreliable

LONG_AGO = datetime.min.replace(tzinfo=NOW.tzinfo)


def refresher(serving: Serving, store: Unreliable) -> Refresher:
    return Refresher(serving, store, lambda: NOW, server_id="sv_1", url="http://127.0.0.1:8470", pid=4711)


def eventually(happened: Callable[[], bool], within: float = 10.0) -> None:
    """Waits until it has happened, without sleeping: asks again and again."""
    deadline = monotonic() + within
    pause = Event()
    while not happened():
        assert monotonic() < deadline, "it did not happen in time"
        pause.wait(0.005)


def servers(home: ServedHome) -> list[Server]:
    with home.store.read() as reader:
        return list(reader.servers(LONG_AGO))


def test_a_server_is_ready_when_the_refresher_is_entered(home: ServedHome) -> None:
    home.put_flag("ship-it")
    serving = Serving(home.store, lambda: NOW)
    with refresher(serving, Unreliable(home.store)):
        assert serving.served is not None


def test_it_reports_which_revision_is_live_and_forgets_the_server_at_the_end(home: ServedHome) -> None:
    home.put_flag("ship-it")
    with refresher(home.serving, Unreliable(home.store)):
        eventually(lambda: [server.revisions for server in servers(home)] == [{"production": 1, "staging": 0}])
        (first,) = servers(home)
        assert (first.id, first.url, first.pid, first.live_at) == ("sv_1", "http://127.0.0.1:8470", 4711, NOW)
        home.put_flag("another")
        eventually(lambda: servers(home)[0].revisions["production"] == 2)
    assert servers(home) == []


def test_its_own_reports_are_no_news_to_itself(home: ServedHome) -> None:
    store = Unreliable(home.store)
    with refresher(home.serving, store):
        eventually(lambda: bool(servers(home)))
        reads = store.reads
        version = home.store.serving_version()
    assert home.store.serving_version() == version
    assert reads == 1 or store.reads == reads


def test_a_store_that_fails_is_asked_again_until_it_answers(home: ServedHome, caplog: pytest.LogCaptureFixture) -> None:
    store = Unreliable(home.store, cut_off=True)
    serving = Serving(store, lambda: NOW)
    with caplog.at_level(logging.WARNING), refresher(serving, store):
        assert serving.served is None
        eventually(lambda: serving.failures >= 3)
        store.cut_off = False
        eventually(lambda: serving.served is not None)
    told = [record.message for record in caplog.records if "reading the definitions" in record.message]
    assert told == ["Failed while reading the definitions: Unavailable: The database is locked."]


def test_a_change_is_live_although_the_report_of_the_last_one_hangs(home: ServedHome) -> None:
    class Hanging(Unreliable):
        released = Event()

        def write(self) -> AbstractContextManager[Writer]:
            self.released.wait(30)
            return super().write()

    store = Hanging(home.store)
    with refresher(home.serving, store):
        home.put_flag("ship-it")
        eventually(lambda: home.serving.served is not None and home.serving.served.revisions["production"] == 1)
        assert servers(home) == []
        store.released.set()
        eventually(lambda: bool(servers(home)))


def test_a_store_that_cannot_be_written_stops_nothing(home: ServedHome) -> None:
    class ReadOnly(Unreliable):
        def write(self) -> AbstractContextManager[Writer]:
            raise Unavailable("The database is read-only.")

    with refresher(home.serving, ReadOnly(home.store)):
        home.put_flag("ship-it")
        eventually(lambda: home.serving.served is not None and home.serving.served.revisions["production"] == 1)


def test_an_environment_that_cannot_be_served_is_told_once(home: ServedHome, caplog: pytest.LogCaptureFixture) -> None:
    home.put("settings", "settings", {"group_type_mapping": ["company"]})
    with caplog.at_level(logging.ERROR), refresher(home.serving, Unreliable(home.store)):
        home.put_flag("elsewhere", environment="staging")
        eventually(lambda: home.serving.served is not None and home.serving.served.revisions.get("staging") == 1)
    (told,) = [record.getMessage() for record in caplog.records if record.levelno == logging.ERROR]
    assert told.startswith("The definitions of production cannot be served: ")
    assert "group_type_mapping" in told
