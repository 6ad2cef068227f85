"""What an answer to “what would have to change” is made of."""

from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any, Literal

from evaluator.context import MISSING, Context, JsonValue, Mark
from evaluator.explaining.explanation import plain
from evaluator.facts import Facts
from evaluator.hashing import MAX_DISTINCT_ID
from evaluator.result import Result


@dataclass(frozen=True, slots=True)
class SubjectChange:
    """One thing that could be otherwise about the subject.

    ``property`` (of the person), ``group_property``, ``group`` (the key of the named group), ``device`` (its id) or
    ``membership`` in a cohort that keeps a list. ``name`` is the property, group type or cohort id; ``after`` is what
    it would be, MISSING for a property that is not passed. ``any_value`` says that other values would do as well.
    """

    kind: Literal["property", "group_property", "group", "device", "membership"]
    name: str
    before: JsonValue | Mark
    after: JsonValue | Mark
    group_type: str | None = None
    any_value: bool = False

    def of_context(self, context: Context) -> Context:
        """The subject as it would be."""
        match self.kind:
            case "property":
                return replace(context, properties=_with(context.properties, self.name, self.after))
            case "group":
                return replace(context, groups=_with(context.groups, self.name, self.after))
            case "device":
                return replace(context, device_id=str(self.after))
            case "group_property":
                own = context.group_properties.get(self.group_type or "", {})
                changed = {self.group_type or "": _with(own, self.name, self.after)}
                return replace(context, group_properties={**context.group_properties, **changed})
            case "membership":
                return context

    def of_facts(self, facts: Facts, context: Context) -> Facts:
        """The memberships as they would be."""
        if self.kind != "membership":
            return facts
        subject = context.distinct_id[:MAX_DISTINCT_ID]
        members = _Except(facts.members.get(self.name, ()), subject, inside=self.after is True)
        return Facts({**facts.members, self.name: members})


@dataclass(frozen=True, slots=True)
class DefinitionChange:
    """One part of one flag's definition that could be otherwise.

    ``filter`` is the filter that would be dropped, or whose list of values would gain or lose ``value``. ``before`` and
    ``after`` are the rollout percentage, the pinned variant, the position or whether the flag is active.
    ``definition`` is the whole definition after the change.
    """

    kind: Literal[
        "add_value", "remove_value", "rollout", "variant", "drop_filter", "move_condition", "remove_condition", "active"
    ]
    flag: str
    definition: Mapping[str, Any]
    condition_index: int | None = None
    condition_id: str | None = None
    filter: Mapping[str, Any] | None = None
    value: JsonValue = None
    before: JsonValue = None
    after: JsonValue = None
    exact: float | None = None
    """For a rollout: where the subject stands, in percent."""


@dataclass(frozen=True, slots=True)
class Suggestion:
    """One change that was tried and gives the wanted value. ``result`` is the answer with it."""

    change: SubjectChange | DefinitionChange
    sentence: str
    result: Result


@dataclass(frozen=True, slots=True)
class Alternatives:
    """What would have to change for a subject to get a wanted value (True: on, whichever variant).

    ``suggestions`` each suffice alone, the smallest change first: what could be otherwise about the subject before
    what could be otherwise about the flag, that before other flags. ``why_none`` says what is in the way where there
    is none; ``sentence`` sums up.
    """

    flag: str
    subject: str
    wanted: bool | str
    present: Result
    already: bool
    suggestions: Sequence[Suggestion]
    why_none: str | None
    sentence: str

    def as_dict(self) -> dict[str, Any]:
        """The alternatives as JSON values, without the definitions."""
        described: dict[str, Any] = plain(replace(self, suggestions=()))
        return {**described, "suggestions": [_described(suggestion) for suggestion in self.suggestions]}


def _described(suggestion: Suggestion) -> dict[str, Any]:
    """Values are JSON already, and may nest deeper than Python follows. What has no value is left out."""
    change = {field.name: getattr(suggestion.change, field.name) for field in fields(suggestion.change)}
    change.pop("definition", None)
    known = {name: value for name, value in change.items() if value is not None and not isinstance(value, Mark)}
    return {"sentence": suggestion.sentence, "change": known, "result": plain(suggestion.result)}


def _with(values: Mapping[str, Any], name: str, value: JsonValue | Mark) -> dict[str, Any]:
    rest = {key: kept for key, kept in values.items() if key != name}
    return rest if value is MISSING else {**rest, name: value}


class _Except:
    """A list of members, but for one of them."""

    __slots__ = ("_inside", "_members", "_subject")

    def __init__(self, members: Container[str], subject: str, *, inside: bool) -> None:
        self._members, self._subject, self._inside = members, subject, inside

    def __contains__(self, subject: object) -> bool:
        return self._inside if subject == self._subject else subject in self._members
