"""One check while it runs: who asks, when, and what has been found out on the way."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from evaluator.context import MISSING, REDACTED, Context, JsonValue, Mark
from evaluator.facts import Facts
from evaluator.hashing import MAX_DISTINCT_ID, group_key_text
from evaluator.result import Result

GROUP_KEY = "$group_key"
DISTINCT_ID = "distinct_id"
DEVICE_ID = "$device_id"


class Check:
    """The subject, the moment and the facts of one check, and the answers already known in it.

    ``results`` holds flags that others depend on, ``memberships`` the cohorts that were asked for.
    """

    __slots__ = ("context", "distinct_id", "facts", "memberships", "now", "properties", "results")

    def __init__(self, context: Context, now: datetime, facts: Facts) -> None:
        self.context = context
        self.distinct_id = context.distinct_id[:MAX_DISTINCT_ID]
        self.properties = context.properties
        self.now = now
        self.facts = facts
        self.results: dict[str, Result] = {}
        self.memberships: dict[str, bool | None] = {}

    def person_property(self, name: str) -> JsonValue | Mark:
        """The person's property. ``distinct_id`` exists even where it was not passed."""
        value = self.properties.get(name, MISSING)
        return self.distinct_id if value is MISSING and name == DISTINCT_ID else value

    def group_property(self, group_type: str, name: str) -> JsonValue | Mark:
        """A property of the group that the check names. ``$group_key`` is always the named key.

        A group that is not named has no properties.
        """
        key = self.context.groups.get(group_type, MISSING)
        if key is REDACTED:
            return REDACTED
        if not group_key_text(key):
            return MISSING
        if name == GROUP_KEY:
            return key
        properties: Any = self.context.group_properties.get(group_type)
        return properties.get(name, MISSING) if isinstance(properties, Mapping) else MISSING

    def group_key(self, group_type: str | None) -> str | Mark:
        """The key of the named group as it is hashed; ``MISSING`` where there is no usable one."""
        key = MISSING if group_type is None else self.context.groups.get(group_type, MISSING)
        return REDACTED if key is REDACTED else group_key_text(key) or MISSING

    def device_id(self) -> str | Mark:
        """The device's id: passed on its own, or among the person's properties. ``MISSING`` where it is in neither."""
        if self.context.device_id:
            return self.context.device_id
        value = self.properties.get(DEVICE_ID)
        return value if value is REDACTED or (isinstance(value, str) and value) else MISSING

    def is_member(self, cohort_id: str) -> bool:
        """Whether the facts list the subject in a cohort that keeps a list."""
        members = self.facts.members.get(cohort_id)
        return members is not None and self.distinct_id in members
