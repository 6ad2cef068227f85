"""Traffic as text: one JSON object per line, a check or a header that tells how the checks after it were recorded.

``docs/traffic.md`` describes the fields for people who write such files.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from evaluator.context import REDACTED, Context, JsonValue
from mcp_server.services.errors import Unavailable
from mcp_server.traffic.draft import Origin
from mcp_server.traffic.interning import check_name
from mcp_server.traffic.manifest import NOTHING_WITHHELD, Redaction
from mcp_server.traffic.sampling import EVERYBODY
from policies.impact import FlagValue, Provenance

FORMAT = 1

REQUIRED = frozenset({"at", "flag", "value", "distinct_id"})
OPTIONAL = frozenset({"device_id", "properties", "groups", "group_properties", "redacted", "revision", "sdk"})
HEADER = frozenset({"drysail_traffic", "environment", "provenance", "kept", "sampled_ppm", "dropped", "redaction"})

Fields = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class CheckLine:
    """One check as a line tells it."""

    at: datetime
    flag: str
    value: FlagValue
    context: Context
    revision: int
    sdk: str


@dataclass(frozen=True, slots=True)
class HeaderLine:
    """How the following checks were recorded."""

    provenance: Provenance
    kept: frozenset[str] | None
    sampled_ppm: int
    dropped: int
    redaction: Redaction = NOTHING_WITHHELD


def parse_line(line: str | bytes) -> CheckLine | HeaderLine:
    """Reads one line. Raises ValueError with the reason, and Unavailable for a newer format."""
    try:
        fields = json.loads(line, parse_constant=refuse_constant)
    except json.JSONDecodeError as error:
        raise ValueError(f"It is not JSON: {error.msg} at column {error.colno}.") from error
    except RecursionError as error:
        raise ValueError("It is nested too deeply.") from error
    if not isinstance(fields, dict):
        raise ValueError("It is no JSON object.")
    return _header(fields) if "drysail_traffic" in fields else _check(fields)


def header_text(origin: Origin, dropped: int) -> str:
    """The header of the checks of one segment."""
    fields = {
        "drysail_traffic": FORMAT,
        "environment": origin.environment,
        "provenance": origin.provenance,
        "kept": None if origin.kept is None else sorted(origin.kept),
        "sampled_ppm": origin.sampled_ppm,
        "dropped": dropped,
    }
    if origin.redaction != NOTHING_WITHHELD:
        fields["redaction"] = origin.redaction.model_dump(mode="json")
    return json.dumps(fields)


def context_text(context: Context) -> str:
    """The fields of a context without the braces around them."""
    fields: dict[str, Any] = {"distinct_id": context.distinct_id}
    if context.device_id is not None:
        fields["device_id"] = context.device_id
    fields["properties"], redacted = _split(context.properties)
    fields["groups"], withheld_groups = _split(context.groups)
    redacted_groups: dict[str, list[str]] = {}
    for group_type, properties in context.group_properties.items():
        sent, withheld = _split(properties)
        if sent:
            fields.setdefault("group_properties", {})[group_type] = sent
        if withheld:
            redacted_groups[group_type] = withheld
    if redacted or redacted_groups or withheld_groups:
        fields["redacted"] = {"properties": redacted, "group_properties": redacted_groups}
        if withheld_groups:
            fields["redacted"]["groups"] = withheld_groups
    return json.dumps({name: value for name, value in fields.items() if value != {}})[1:-1]


def check_text(context: str, at: datetime, answer: tuple[str, FlagValue], revision: int, sdk: str) -> str:
    """One check, with the text of its context."""
    flag, value = answer
    fields = {"at": at.isoformat(), "flag": flag, "value": value, "revision": revision, "sdk": sdk}
    return f"{json.dumps(fields)[:-1]}, {context}}}"


def _header(fields: Fields) -> HeaderLine:
    found = fields["drysail_traffic"]
    if type(found) is not int:
        raise ValueError("drysail_traffic is no number.")
    if found > FORMAT:
        raise Unavailable(
            f"The file has format {found}; this Drysail reads formats up to {FORMAT}.",
            hint="Upgrade Drysail on this machine.",
            code="FORMAT_TOO_NEW",
        )
    _only(fields, HEADER)
    kept = fields.get("kept")
    if kept is not None and not (isinstance(kept, list) and all(isinstance(name, str) for name in kept)):
        raise ValueError("kept is neither null nor a list of names.")
    for name in kept or ():
        check_name(name)
    return HeaderLine(
        # What comes from a file was not recorded here; only the weakest claim is believed.
        provenance="synthetic" if fields.get("provenance") == "synthetic" else "reconstructed",
        kept=None if kept is None else frozenset(kept),
        sampled_ppm=_count(fields, "sampled_ppm", EVERYBODY),
        dropped=_count(fields, "dropped", 0),
        redaction=_withheld(fields),
    )


def _withheld(fields: Fields) -> Redaction:
    try:
        return Redaction.model_validate(fields.get("redaction", {}))
    except ValueError as error:
        raise ValueError('redaction is no object with "denied", "hashed" and "ids".') from error


def _check(fields: Fields) -> CheckLine:
    _only(fields, REQUIRED | OPTIONAL)
    if missing := sorted(REQUIRED - fields.keys()):
        raise ValueError(f"It lacks {', '.join(missing)}.")
    value = fields["value"]
    if value is not None and not isinstance(value, bool | str):
        raise ValueError("value is neither true, false, null nor text.")
    device_id, redacted = fields.get("device_id"), _redacted(fields)
    return CheckLine(
        at=_moment(_text(fields, "at")),
        flag=_text(fields, "flag"),
        value=value,
        context=Context(
            distinct_id=_text(fields, "distinct_id"),
            properties=_with_redacted(_object(fields, "properties"), redacted.properties),
            groups=_with_redacted(_object(fields, "groups"), redacted.groups),
            group_properties=_group_properties(fields, redacted.group_properties),
            device_id=None if device_id is None else _text(fields, "device_id"),
        ),
        revision=_count(fields, "revision", 0),
        sdk=_text(fields, "sdk") if "sdk" in fields else "",
    )


def _group_properties(fields: Fields, redacted: Mapping[str, list[str]]) -> dict[str, Fields]:
    sent = _object(fields, "group_properties")
    return {
        group_type: _with_redacted(_object(sent, group_type), redacted.get(group_type, []))
        for group_type in [*sent, *(group_type for group_type in redacted if group_type not in sent)]
    }


class _Redacted(NamedTuple):
    """Names of what was sent and not kept."""

    properties: list[str]
    groups: list[str]
    group_properties: Mapping[str, list[str]]


def _redacted(fields: Fields) -> _Redacted:
    redacted = _object(fields, "redacted")
    _only(redacted, frozenset({"properties", "groups", "group_properties"}))
    by_group = _object(redacted, "group_properties")
    for names in (redacted.get("properties", []), redacted.get("groups", []), *by_group.values()):
        if not (isinstance(names, list) and all(isinstance(name, str) for name in names)):
            raise ValueError("redacted holds something else than lists of names.")
    return _Redacted(redacted.get("properties", []), redacted.get("groups", []), by_group)


def _with_redacted(sent: Fields, redacted: list[str]) -> Fields:
    return {**sent, **dict.fromkeys(redacted, REDACTED)} if redacted else sent


def _split(properties: Mapping[str, JsonValue]) -> tuple[dict[str, JsonValue], list[str]]:
    sent = {name: value for name, value in properties.items() if value is not REDACTED}
    return sent, [name for name in properties if name not in sent]


def _only(fields: Fields, known: frozenset[str]) -> None:
    if unknown := sorted(fields.keys() - known):
        raise ValueError(f"It has an unknown field {unknown[0]!r}; known are {', '.join(sorted(known))}.")


def _text(fields: Fields, name: str) -> str:
    value = fields[name]
    if not isinstance(value, str):
        raise ValueError(f"{name} is not text.")
    return value


def _object(fields: Fields, name: str) -> dict[str, Any]:
    value = fields.get(name, {})
    if not isinstance(value, dict):
        raise ValueError(f"{name} is no object.")
    return value


def _count(fields: Fields, name: str, default: int) -> int:
    value = fields.get(name, default)
    if type(value) is not int or value < 0:
        raise ValueError(f"{name} is no whole number from 0.")
    return value


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise ValueError(f"at is no ISO 8601 time: {text!r}.") from error
    if moment.tzinfo is None:
        raise ValueError(f"at has no time zone: {text!r}; add Z for UTC.")
    return moment


def refuse_constant(name: str) -> None:
    """Raises ValueError for NaN and the infinities, which Python's parser would take."""
    raise ValueError(f"It holds {name}, which is no JSON value.")
