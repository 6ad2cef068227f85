"""What PostHog's events tell: who asked for a flag and was answered what, and what was known of the person then.

An event of ``$feature_flag_called`` becomes a check. What the person looked like at that time is the export's column
``person_properties`` where it has one; otherwise it is put together from the ``$set``, ``$set_once`` and ``$unset`` of
the person's events up to then, and what these do not tell is unknown (redacted), not missing.
"""

import json
from bisect import bisect_right
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

from evaluator.context import REDACTED, Context
from evaluator.json_text import brief
from mcp_server.traffic.manifest import microseconds
from policies.impact import FlagValue

CALLED: Final = "$feature_flag_called"
GROUP: Final = "$groupidentify"
SETTERS: Final = ("$set", "$set_once", "$unset")

Fields = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Event:
    """The parts of an event that matter here. ``person`` is whose it is; ``known`` its person properties, if told."""

    name: str
    uuid: str | None
    person: str
    distinct_id: str
    at_us: int
    properties: Fields
    known: Fields | None

    @property
    def matters(self) -> bool:
        """Whether it is a check, or tells something about a person or group."""
        return self.name in (CALLED, GROUP) or any(name in self.properties for name in SETTERS)


def moment_of_event(value: Any) -> int:
    """An event's timestamp in microseconds since 1970. Raises ValueError with the reason."""
    if not isinstance(value, str):
        raise ValueError("It has no timestamp.")
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        raise ValueError(f"Its timestamp cannot be read: {value[:60]!r}.") from None
    # PostHog's exports are in UTC; some destinations leave the zone out.
    return microseconds(moment if moment.tzinfo else moment.replace(tzinfo=UTC))


def read_event(fields: Any, moment: Callable[[Any], int] = moment_of_event) -> Event:
    """An event from a line or row, with its time as ``moment`` reads it. Raises ValueError with the reason."""
    if not isinstance(fields, dict):
        raise ValueError("It is no JSON object.")
    name, distinct_id = fields.get("event"), fields.get("distinct_id")
    if not isinstance(name, str):
        raise ValueError("It has no event name.")
    if not isinstance(distinct_id, str):
        raise ValueError("It has no distinct_id.")
    properties = _object(fields, "properties") or {}
    for setter in ("$set", "$set_once"):
        if setter in fields and setter not in properties and fields[setter] is not None:
            properties = {**properties, setter: _object(fields, setter)}
    uuid, person = fields.get("uuid") or fields.get("id"), fields.get("person_id")
    return Event(
        name=name,
        uuid=None if uuid is None else str(uuid),
        person=distinct_id if person is None else str(person),
        distinct_id=distinct_id,
        at_us=moment(fields.get("timestamp")),
        properties=properties,
        known=_known(fields),
    )


def _known(fields: Fields) -> Fields | None:
    for name in ("person_properties", "person.properties"):
        if fields.get(name) is not None:
            return _object(fields, name)
    person = fields.get("person")
    return _object(person, "properties") if isinstance(person, dict) else None


def _object(fields: Fields, name: str) -> dict[str, Any] | None:
    value = fields.get(name)
    if isinstance(value, str):
        try:
            value = json.loads(value) if value else None
        except (ValueError, RecursionError):
            raise ValueError(f"Its {name} are no JSON.") from None
    if value is not None and not isinstance(value, dict):
        raise ValueError(f"Its {name} are no JSON object.")
    return value


@dataclass(slots=True)
class Groups:
    """What was known of every group at any time, from the ``$groupidentify`` events of a file."""

    names: dict[str, set[str]] = field(default_factory=dict)
    _states: dict[tuple[str, str], tuple[list[int], list[Fields]]] = field(default_factory=dict)

    def take(self, event: Event) -> None:
        """Learns from an event; they come in order of time."""
        kind, key = event.properties.get("$group_type"), event.properties.get("$group_key")
        changes = event.properties.get("$group_set")
        if not isinstance(kind, str) or not isinstance(changes, dict):
            return
        times, states = self._states.setdefault((kind, str(key)), ([], []))
        times.append(event.at_us)
        states.append({**(states[-1] if states else {}), **changes})
        self.names.setdefault(kind, set()).update(changes)

    def known(self, kind: str, key: Any, at_us: int) -> Fields:
        """The group's properties at a moment; what was not told by then is redacted."""
        if kind not in self.names:
            return {}
        times, states = self._states.get((kind, str(key)), ([], []))
        place = bisect_right(times, at_us)
        unknown: dict[str, Any] = dict.fromkeys(sorted(self.names.get(kind, ())), REDACTED)
        return unknown | dict(states[place - 1]) if place else unknown


@dataclass(slots=True)
class Person:
    """One person while the events go by in order of time."""

    properties: dict[str, Any] = field(default_factory=dict)

    def take(self, event: Event) -> None:
        """Learns what an event sets."""
        if isinstance(changes := event.properties.get("$set_once"), dict):
            for name, value in changes.items():
                self.properties.setdefault(name, value)
        if isinstance(changes := event.properties.get("$set"), dict):
            self.properties.update(changes)
        if isinstance(gone := event.properties.get("$unset"), list):
            for name in gone:
                self.properties.pop(str(name), None)
                self.unset.add(str(name))

    unset: set[str] = field(default_factory=set)


@dataclass(frozen=True, slots=True)
class Call:
    """One check out of an event. ``is_whole`` says that nothing about its context is unknown."""

    at_us: int
    flag: str
    value: FlagValue
    context: Context
    sdk: str
    is_whole: bool


def call_of(event: Event, person: Person, groups: Groups, person_names: Iterable[str]) -> Call:
    """The check that a call event tells of. Raises ValueError with the reason."""
    sent = event.properties
    flag = sent.get("$feature_flag")
    if not isinstance(flag, str) or not flag:
        raise ValueError("It does not say which flag was called.")
    value = sent.get("$feature_flag_response", sent.get(f"$feature/{flag}"))
    if value is not None and not isinstance(value, bool | str):
        raise ValueError(f"Its answer is neither true, false nor a variant: {brief(value)}.")
    keys = sent.get("$groups")
    in_groups = {str(kind): key for kind, key in keys.items()} if isinstance(keys, dict) else {}
    if event.known is None:
        unknown = {name: REDACTED for name in person_names if name not in person.unset}
        properties: Mapping[str, Any] = {**unknown, **person.properties}
    else:
        properties = event.known
    device, library = sent.get("$device_id"), sent.get("$lib")
    version = sent.get("$lib_version")
    return Call(
        at_us=event.at_us,
        flag=flag,
        value=value,
        context=Context(
            distinct_id=event.distinct_id,
            properties=properties,
            groups=in_groups,
            group_properties={kind: groups.known(kind, key, event.at_us) for kind, key in in_groups.items()},
            device_id=device if isinstance(device, str) else None,
        ),
        sdk="" if not isinstance(library, str) else f"{library}/{version}" if version else library,
        is_whole=event.known is not None and not in_groups,
    )
