"""What an evaluation must know beyond the context; looked up before it starts."""

from collections.abc import Container, Mapping
from dataclasses import dataclass, field
from typing import Final


@dataclass(frozen=True, slots=True)
class Facts:
    """Memberships of static cohorts: cohort id (as text) to the distinct ids that belong to it.

    A cohort that is not listed has no members. The mapping is the same for every subject, so one ``Facts``
    serves all checks of a ruleset.
    """

    members: Mapping[str, Container[str]] = field(default_factory=dict)


NO_FACTS: Final = Facts()
