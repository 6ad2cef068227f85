"""What lints look at: a project's compiled definitions."""

from collections.abc import Mapping
from dataclasses import dataclass

from evaluator.compiled import CompiledCohort, CompiledFlag
from evaluator.definitions.document import Definitions
from evaluator.definitions.time_zone import zone_named


@dataclass(frozen=True, slots=True)
class Project:
    """Compiled definitions. ``cohorts`` holds those that can be used."""

    definitions: Definitions
    flags: Mapping[str, CompiledFlag]
    cohorts: Mapping[str, CompiledCohort]

    @property
    def zone(self) -> str | None:
        """The time zone's name where dates without an offset are not read in UTC."""
        name = self.definitions.timezone
        return None if name in _LIKE_UTC or zone_named(name) is None else name


_LIKE_UTC = frozenset({"UTC", "Etc/UTC", "Etc/GMT", "GMT", "Zulu", "Etc/Zulu", "UCT", "Etc/UCT", "Universal"})
