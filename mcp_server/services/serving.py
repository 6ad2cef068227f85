"""What a server answers with: compiled definitions and keys in memory, swapped as a whole when the store moves."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from evaluator import Definitions, Ruleset, compile_definitions
from evaluator.facts import Facts
from mcp_server.services.definitions import Bodies, bodies_of, feed_of
from mcp_server.services.environment import Environment, Key
from mcp_server.services.environments import token_sha256
from mcp_server.services.ports import Clock, Store


@dataclass(frozen=True, slots=True, eq=False)
class ServedEnvironment:
    """One environment, ready to answer. Immutable: a change makes a new one.

    ``definitions`` is the body of the feed that locally evaluating SDKs download, ``etag`` its weak entity tag.
    ``continuity`` are the flags that hash an anonymous id where the request names one.
    """

    name: str
    revision: int
    ruleset: Ruleset
    facts: Facts
    definitions: bytes
    etag: str
    continuity: tuple[str, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Served:
    """Everything a server answers with at one moment.

    ``tokens`` maps public tokens to environments. Other keys are known by their hash only. ``broken`` says why an
    environment's newest revision could not be taken into service; an older one stays in ``environments`` if there is
    one.
    """

    version: int
    environments: Mapping[str, ServedEnvironment]
    tokens: Mapping[str, ServedEnvironment]
    keys_by_hash: Mapping[str, Key]
    broken: Mapping[str, str]

    def key(self, token: str) -> Key | None:
        """The unrevoked key that a token belongs to."""
        return self.keys_by_hash.get(token_sha256(token))

    @property
    def revisions(self) -> dict[str, int]:
        """Which revision of each environment is answered with."""
        return {name: environment.revision for name, environment in self.environments.items()}


class Serving:
    """Holds what is served and takes changes over from the store.

    Readers take ``served`` once per request and work on that; nothing they use ever changes under them. ``refresh`` is
    called by one thread at a time.
    """

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._served: Served | None = None
        self._checked_at: datetime | None = None
        self._failures = 0

    @property
    def served(self) -> Served | None:
        """What is answered with now; None until the store was read for the first time."""
        return self._served

    @property
    def failures(self) -> int:
        """How often reading the store or compiling what it held has failed since the start."""
        return self._failures

    def age(self) -> timedelta | None:
        """Time since the store last confirmed that what is served is current; None if it never did."""
        return None if self._checked_at is None else self._clock() - self._checked_at

    def refresh(self) -> bool:
        """Takes over what moved in the store; True if what is served changed.

        Rebuilds only environments whose revision moved. If anything fails, all that was served stays in service,
        the failure is counted, and raised.
        """
        try:
            return self._refresh()
        except Exception:
            self._failures += 1
            raise

    def _refresh(self) -> bool:
        version = self._store.serving_version()
        current = self._served
        moved = current is None or current.version != version
        if moved:
            self._served = self._take_over(version, current)
        self._checked_at = self._clock()
        return moved

    def _take_over(self, version: int, current: Served | None) -> Served:
        served = {} if current is None else dict(current.environments)
        broken = {} if current is None else dict(current.broken)
        with self._store.read() as reader:
            keys_by_hash = dict(reader.key_hashes())
            moved = [
                (environment, bodies_of(reader.documents(environment.name)))
                for environment in reader.environments()
                if not _is_current(served.get(environment.name), environment)
            ]
        for environment, bodies in moved:
            broken.pop(environment.name, None)
            try:
                served[environment.name] = _build(environment, bodies)
            except Exception as error:  # noqa: BLE001 - one environment must not keep the others from moving on
                self._failures += 1
                broken[environment.name] = f"{type(error).__name__}: {error}"
        tokens = {
            key.token: served[key.environment]
            for key in keys_by_hash.values()
            if key.kind == "public" and key.token is not None and key.environment in served
        }
        return Served(version, served, tokens, keys_by_hash, broken)


def _is_current(known: ServedEnvironment | None, environment: Environment) -> bool:
    return known is not None and known.revision == environment.revision


def _build(environment: Environment, bodies: Bodies) -> ServedEnvironment:
    definitions = Definitions.from_posthog(feed_of(bodies))
    ruleset = compile_definitions(definitions)
    body = json.dumps(ruleset.feed(), ensure_ascii=False, separators=(",", ":")).encode()
    return ServedEnvironment(
        name=environment.name,
        revision=environment.revision,
        ruleset=ruleset,
        facts=definitions.facts(),
        definitions=body,
        etag=f'W/"{hashlib.sha256(body).hexdigest()[:32]}"',
        continuity=tuple(key for key, flag in ruleset.flags.items() if flag.continuity),
    )
