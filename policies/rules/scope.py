"""Where an entry of a policy applies."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from pydantic import BaseModel, ConfigDict

from policies.case import Case
from policies.rules.condition import flag_edits


class Scope(BaseModel):
    """Lists of names; an empty list does not restrict, and all lists must match.

    ``tags`` and ``owners`` are those of a flag before or after the change, so that a change cannot leave a scope by
    itself. ``flags`` are keys.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    environments: tuple[str, ...] = ()
    actors: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    owners: tuple[str, ...] = ()
    flags: tuple[str, ...] = ()

    @property
    def is_empty(self) -> bool:
        """Whether it restricts nothing."""
        return not (self.environments or self.actors or self.by_flag)

    @property
    def by_flag(self) -> bool:
        """Whether it applies to some flags only."""
        return bool(self.tags or self.owners or self.flags)

    def narrowed(self, case: Case) -> Case | None:
        """The part of the case that the scope is about; None if there is none."""
        if self.environments and case.environment not in self.environments:
            return None
        if self.actors and case.actor not in self.actors:
            return None
        return self._narrowed_to_flags(case) if self.by_flag else case

    def _narrowed_to_flags(self, case: Case) -> Case | None:
        definitions = _definitions(case)
        inside = {key for key, known in definitions.items() if self._covers(key, known)}
        if not inside:
            return None
        impact = case.impact
        if impact is not None:
            impact = impact.model_copy(update={"flags": tuple(flag for flag in impact.flags if flag.flag in inside)})
        return replace(
            case,
            impact=impact,
            edits=tuple(edit for edit in case.edits if edit.kind == "flag" and edit.key in inside),
            drift={key: flag for key, flag in case.drift.items() if key in inside},
            dependencies={key: needed for key, needed in case.dependencies.items() if key in inside},
            dependents={key: known for key, known in case.dependents.items() if key in inside},
        )

    def _covers(self, key: str, definitions: list[Mapping[str, Any]]) -> bool:
        """A flag whose definition is not known is covered by tag and owner: what is unknown is judged strictly."""
        if self.flags and key not in self.flags:
            return False
        if not definitions:
            return True
        tags = frozenset[str]().union(*map(tags_of, definitions))
        owners = {owner_of(definition) for definition in definitions}
        return (not self.tags or not tags.isdisjoint(self.tags)) and (
            not self.owners or not owners.isdisjoint(self.owners)
        )


def tags_of(definition: Mapping[str, Any]) -> frozenset[str]:
    """The flag's tags: those that Drysail keeps, and those that it was imported with."""
    own = definition.get("drysail")
    kept = own.get("tags") if isinstance(own, Mapping) else None
    lists = (tags for tags in (kept, definition.get("tags")) if isinstance(tags, list | tuple))
    return frozenset(tag for tags in lists for tag in tags if isinstance(tag, str))


def owner_of(definition: Mapping[str, Any]) -> str | None:
    """The flag's owner, if it has one."""
    own = definition.get("drysail")
    owner = own.get("owner") if isinstance(own, Mapping) else None
    return owner if isinstance(owner, str) else None


def _definitions(case: Case) -> dict[str, list[Mapping[str, Any]]]:
    """Old and new definition of every flag that the change edits or can affect, as far as they are known."""
    found: dict[str, list[Mapping[str, Any]]] = {}
    for flag in case.impact.flags if case.impact is not None else ():
        found[flag.flag] = []
    for key, definition in case.dependents.items():
        found[key] = [definition]
    for edit in flag_edits(case):
        found[edit.key] = [definition for definition in (edit.before, edit.after) if definition is not None]
    return found
