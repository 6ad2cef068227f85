"""What is served from memory, and how it follows the store."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import pytest

from mcp_server.services.errors import Unavailable
from mcp_server.services.ports import Reader, Store, Writer
from mcp_server.services.serving import Served, Serving
from tests.contracts import given
from tests.mcp_server.http.home import AGENT, NOW, PUBLIC, SECRET, STAGING_PUBLIC, ServedHome


@dataclass
class Unreliable:
    """A store that can be cut off, and counts what is read."""

    store: Store
    cut_off: bool = False
    reads: int = 0
    lineage: str = field(init=False, default="")

    def read(self) -> AbstractContextManager[Reader]:
        self.reads += 1
        return self.store.read()

    def write(self) -> AbstractContextManager[Writer]:
        return self.store.write()

    def serving_version(self) -> int:
        if self.cut_off:
            raise Unavailable("The database is locked.")
        return self.store.serving_version()


@dataclass
class MovingClock:
    now: datetime = NOW

    def __call__(self) -> datetime:
        return self.now


def served(serving: Serving) -> Served:
    assert serving.served is not None
    return serving.served


def test_nothing_is_served_before_the_first_refresh(home: ServedHome) -> None:
    assert home.serving.served is None
    assert home.serving.age() is None


def test_a_refresh_takes_over_environments_flags_and_keys(home: ServedHome) -> None:
    home.put_flag("ship-it")
    assert home.serving.refresh() is True
    now = served(home.serving)
    assert now.revisions == {"production": 1, "staging": 0}
    assert list(now.environments["production"].ruleset.flags) == ["ship-it"]
    assert {token: environment.name for token, environment in now.tokens.items()} == {
        PUBLIC: "production",
        STAGING_PUBLIC: "staging",
    }
    kinds = {token: key and key.kind for token in (PUBLIC, SECRET, AGENT, "x") for key in [now.key(token)]}
    assert kinds == {PUBLIC: "public", SECRET: "secret", AGENT: "agent", "x": None}


def test_without_a_change_nothing_is_read(home: ServedHome) -> None:
    store = Unreliable(home.store)
    serving = Serving(store, lambda: NOW)
    assert [serving.refresh(), serving.refresh(), serving.refresh()] == [True, False, False]
    assert store.reads == 1


def test_only_environments_that_moved_are_built_again(home: ServedHome) -> None:
    home.put_flag("ship-it")
    home.serving.refresh()
    before = served(home.serving)
    home.put_flag("other", environment="staging")
    home.serving.refresh()
    after = served(home.serving)
    assert after.environments["production"] is before.environments["production"]
    assert after.environments["staging"] is not before.environments["staging"]
    assert before.revisions == {"production": 1, "staging": 0}


def test_what_a_reader_holds_never_changes(home: ServedHome) -> None:
    home.put_flag("ship-it")
    home.serving.refresh()
    held = served(home.serving)
    home.put_flag("another")
    home.serving.refresh()
    assert list(held.tokens[PUBLIC].ruleset.flags) == ["ship-it"]


def test_new_and_revoked_keys_count_from_the_next_refresh_on(home: ServedHome) -> None:
    home.serving.refresh()
    with home.store.write() as writer:
        writer.revoke_key("key_p", NOW)
        writer.add_key(*given.key("key_n", "dsp_new", kind="public"))
    home.serving.refresh()
    now = served(home.serving)
    assert PUBLIC not in now.tokens
    assert now.key(PUBLIC) is None
    assert now.tokens["dsp_new"].name == "production"


def test_a_new_environment_is_served_from_the_next_refresh_on(home: ServedHome) -> None:
    home.serving.refresh()
    with home.store.write() as writer:
        writer.add_environment(given.environment("preview"))
        writer.add_key(*given.key("key_n", "dsp_preview", kind="public", environment="preview"))
    home.serving.refresh()
    assert served(home.serving).tokens["dsp_preview"].name == "preview"


def test_a_store_that_fails_leaves_in_service_what_was(home: ServedHome) -> None:
    home.put_flag("ship-it")
    clock = MovingClock()
    store = Unreliable(home.store)
    serving = Serving(store, clock)
    serving.refresh()
    before = served(serving)
    store.cut_off = True
    clock.now += timedelta(seconds=7)
    for _ in range(2):
        with pytest.raises(Unavailable):
            serving.refresh()
    assert serving.served is before
    assert serving.failures == 2
    assert serving.age() == timedelta(seconds=7)
    store.cut_off = False
    serving.refresh()
    assert serving.age() == timedelta(0)


def test_definitions_that_cannot_be_read_at_all_break_their_environment_only(home: ServedHome) -> None:
    home.put_flag("ship-it")
    home.serving.refresh()
    last_good = served(home.serving).environments["production"]
    home.put("settings", "settings", {"group_type_mapping": ["company"]})
    home.put_flag("elsewhere", environment="staging")
    assert home.serving.refresh() is True
    now = served(home.serving)
    assert now.environments["production"] is last_good
    assert list(now.broken) == ["production"]
    assert "group_type_mapping" in now.broken["production"]
    assert now.revisions == {"production": 1, "staging": 1}
    assert home.serving.failures == 1


def test_a_broken_environment_is_served_again_once_it_is_repaired(home: ServedHome) -> None:
    home.put("settings", "settings", {"group_type_mapping": ["company"]})
    home.serving.refresh()
    assert "production" not in served(home.serving).environments
    home.put("settings", "settings", {"group_type_mapping": {"0": "company"}})
    home.serving.refresh()
    now = served(home.serving)
    assert now.broken == {}
    assert now.revisions["production"] == 2


def test_a_flag_that_cannot_be_compiled_is_quarantined_alone(home: ServedHome) -> None:
    home.put_flag("fine")
    home.put("flag", "bad", {"key": "bad", "active": True, "filters": {"groups": "all"}})
    home.put("flag", "newer", {"key": "newer", "active": True, "filters": {"version": 2, "rules": []}})
    home.serving.refresh()
    flags = served(home.serving).environments["production"].ruleset.flags
    assert {key: flag.error is None for key, flag in flags.items()} == {"fine": True, "bad": False, "newer": False}
    assert b'"bad"' not in served(home.serving).environments["production"].definitions


def test_a_change_between_counting_and_reading_is_not_lost(home: ServedHome) -> None:
    class LateChange(Unreliable):
        """Commits a change right after its version was asked for."""

        def read(self) -> AbstractContextManager[Reader]:
            if self.reads == 0:
                home.put_flag("late")
            return super().read()

    serving = Serving(LateChange(home.store), lambda: NOW)
    serving.refresh()
    assert served(serving).revisions["production"] == 1
    home.put_flag("later")
    serving.refresh()
    assert served(serving).revisions["production"] == 2


def test_one_view_of_the_store_gives_keys_and_flags_that_belong_together(home: ServedHome) -> None:
    class Interrupted(Unreliable):
        """Commits a new key and a new flag while a refresh reads."""

        @contextmanager
        def read(self) -> Iterator[Reader]:
            with self.store.read() as reader:
                reader.environments()
                with self.store.write() as writer:
                    writer.add_key(*given.key("key_n", "dsp_new", kind="public"))
                home.put_flag("new")
                yield reader

    serving = Serving(Interrupted(home.store), lambda: NOW)
    serving.refresh()
    first = served(serving)
    assert ("dsp_new" in first.tokens) == ("new" in first.environments["production"].ruleset.flags)
