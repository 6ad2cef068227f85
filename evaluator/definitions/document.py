"""A project's flags, cohorts and settings as PostHog writes them, kept without loss."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any, Self

from evaluator.definitions.cohort_document import members_of
from evaluator.definitions.normalise import Conversion, normalise_cohort, normalise_flag
from evaluator.definitions.problem import BadDefinitions, DefinitionWarning, Problem
from evaluator.facts import Facts
from evaluator.json_text import is_writable

NOTHING: Mapping[str, Any] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Definitions:
    """All definitions that one check may need.

    ``flags`` and ``cohorts`` hold PostHog's JSON, older spellings replaced by current ones (see ``normalise_flag``)
    and unknown keys kept; a cohort is either a stored object or a bare tree, as in SDK feeds. ``settings`` are all
    other keys of the feed. ``warnings`` tells what was converted. The JSON is shared with the caller and must not be
    changed afterwards.
    """

    flags: tuple[Any, ...] = ()
    cohorts: Mapping[str, Any] = field(default_factory=lambda: NOTHING)
    settings: Mapping[str, Any] = field(default_factory=lambda: NOTHING)
    warnings: tuple[DefinitionWarning, ...] = ()

    @classmethod
    def from_posthog(cls, feed: Mapping[str, Any]) -> Self:
        """Reads ``{"flags": [...], "cohorts": {...}, "group_type_mapping": {...}}``, each part optional.

        Also reads ``property_matching_version`` and ``timezone``; every other key is kept. Never fails for a bad flag
        or cohort. Raises BadDefinitions where the feed as a whole has another shape.
        """
        flags, cohorts = _shape(feed)
        settings = {name: value for name, value in feed.items() if name not in ("flags", "cohorts")}
        keys = _keys_by_id(flags)
        warnings: list[DefinitionWarning] = []
        read: list[Any] = []
        for position, flag in enumerate(flags):
            conversion = normalise_flag(flag, keys)
            read.append(conversion.document)
            warnings.extend(_tell("flag", flag_name(flag, position), conversion))
        trees: dict[str, Any] = {}
        for cohort_id, cohort in cohorts.items():
            conversion = normalise_cohort(cohort)
            trees[cohort_id] = conversion.document
            warnings.extend(_tell("cohort", cohort_id, conversion))
        return cls(tuple(read), trees, settings, tuple(warnings))

    def to_posthog(self) -> dict[str, Any]:
        """The feed again: the same JSON values, with every unknown key."""
        return {"flags": list(self.flags), "cohorts": dict(self.cohorts), **self.settings}

    @property
    def group_types(self) -> dict[int, str]:
        """Group type index to group type name."""
        mapping = self.settings.get("group_type_mapping")
        if not isinstance(mapping, Mapping):
            return {}
        return {
            int(index): name
            for index, name in mapping.items()
            if isinstance(name, str)
            and isinstance(index, str)
            and index.isascii()
            and index.isdecimal()
            and len(index) < 10
        }

    @property
    def matching_version(self) -> int:
        """2 where ``exact`` compares explicitly, else 1 (PostHog's original rules for ``true`` and ``false``)."""
        version = self.settings.get("property_matching_version")
        return 2 if type(version) is int and version == 2 else 1

    @property
    def timezone(self) -> str:
        """IANA name of the project's time zone, in which dates without an offset are read."""
        zone = self.settings.get("timezone")
        return zone if isinstance(zone, str) and zone else "UTC"

    def flag(self, key: str) -> Mapping[str, Any] | None:
        """The definition with this key; None if there is none. Where several share a key, one that is not deleted."""
        found = [flag for flag in self.flags if isinstance(flag, Mapping) and flag.get("key") == key]
        living = [flag for flag in found if flag.get("deleted") is not True]
        return next(iter(living or found), None)

    def with_flag(self, flag: Mapping[str, Any]) -> Self:
        """These definitions with the flag of the same key replaced, or the flag added at the end."""
        new = normalise_flag(flag, _keys_by_id((*self.flags, flag))).document
        current = self.flag(flag["key"])
        if current is None:
            return replace(self, flags=(*self.flags, new))
        return replace(self, flags=tuple(new if flag is current else flag for flag in self.flags))

    def facts(self) -> Facts:
        """The memberships that cohorts carry themselves (``drysail.members``), for ``evaluate(facts=...)``."""
        members = ((cohort_id, members_of(cohort)) for cohort_id, cohort in self.cohorts.items())
        return Facts({cohort_id: frozenset(ids) for cohort_id, ids in members if ids is not None})


def flag_name(flag: Any, position: int) -> str:
    """How a warning names a flag: its key, or its position where it has no usable one."""
    key = flag.get("key") if isinstance(flag, Mapping) else None
    return key if isinstance(key, str) and key else f"#{position}"


def _shape(feed: Mapping[str, Any]) -> tuple[list[Any], dict[str, Any]]:
    if not isinstance(feed, Mapping):
        raise _misshapen("", "The definitions are no JSON object.")
    flags, cohorts = feed.get("flags"), feed.get("cohorts")
    if flags is not None and not isinstance(flags, list | tuple):
        raise _misshapen("flags", "“flags” is no list.")
    if cohorts is not None and not isinstance(cohorts, Mapping):
        raise _misshapen("cohorts", "“cohorts” is no object from cohort id to cohort.")
    mapping = feed.get("group_type_mapping")
    if mapping is not None and not isinstance(mapping, Mapping):
        raise _misshapen("group_type_mapping", "“group_type_mapping” is no object from index to group type name.")
    return list(flags or ()), {str(cohort_id): cohort for cohort_id, cohort in (cohorts or {}).items()}


def _misshapen(path: str, message: str) -> BadDefinitions:
    fix = 'Pass an object like {"flags": [...], "cohorts": {...}, "group_type_mapping": {...}}.'
    return BadDefinitions(Problem(path, "bad_definitions", message, fix))


def _keys_by_id(flags: Iterable[Any]) -> dict[str, str | None]:
    """Flag id as text to flag key, and every flag key to None: a key always wins over an id that reads the same."""
    known = [flag for flag in flags if isinstance(flag, Mapping) and isinstance(flag.get("key"), str)]
    keys: dict[str, str | None] = {
        str(flag["id"]): flag["key"] for flag in known if type(flag.get("id")) is int and is_writable(flag["id"])
    }
    return keys | {flag["key"]: None for flag in known}


def _tell(kind: Any, key: str, conversion: Conversion) -> list[DefinitionWarning]:
    return [DefinitionWarning(kind, key, "converted", problem) for problem in conversion.problems]
