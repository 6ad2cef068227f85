"""A policy: which rules hold where, at which level and with which limits; exceptions; what an approval needs."""

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from functools import cached_property
from typing import Any, Literal, Self, get_args

from pydantic import BaseModel, ConfigDict, Field, SerializeAsAny, model_validator

from evaluator.json_text import digest
from policies.rules.registry import RULES
from policies.rules.rule import Params
from policies.rules.scope import Scope
from policies.verdict import Level

Assurance = Literal["tty-same-user", "tty", "ssh-sig", "ssh-sk"]
"""How surely an approval came from a person other than the agent; surer ones later."""

ASSURANCES: tuple[Assurance, ...] = get_args(Assurance)


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Entry(_Part):
    """One rule as this policy wants it. ``scope`` is the text behind the ``@``, or ``where`` for other scoped entries.

    Entries of one rule add up: each is asked, and each can fail.
    """

    rule: str
    scope: str = ""
    level: Level
    params: SerializeAsAny[Params]
    where: Scope = Scope()

    @model_validator(mode="after")
    def _fits_its_rule(self) -> Self:
        rule = RULES.get(self.rule)
        if rule is None or type(self.params) is not rule.params:
            raise ValueError(f"{self.rule} with {type(self.params).__name__} is no built-in rule with its parameters")
        return self


class PolicyException(_Part):
    """A permission for one flag to fail one rule, until the end of a day (UTC)."""

    rule: str
    flag: str
    until: date
    reason: str
    by: str

    def holds(self, now: datetime) -> bool:
        """Whether it still counts."""
        return now.astimezone(UTC).date() <= self.until


class Approvals(_Part):
    """What an approval needs. ``tags`` ask for more where a flag carries the tag; they never ask for less."""

    assurance: Assurance = "tty"
    sandbox_assurance: Assurance = "tty-same-user"
    tags: dict[str, Assurance] = Field(default_factory=dict)
    expire_after_hours: int = 72


class Policy(BaseModel):
    """A policy with everything spelled out: presets resolved, defaults filled in."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    version: int
    name: str
    entries: tuple[Entry, ...]
    exceptions: tuple[PolicyException, ...] = ()
    approvals: Approvals = Approvals()

    @cached_property
    def digest(self) -> str:
        """SHA-256 of the canonical JSON of all the above; where the file lies and how it is laid out do not count."""
        return digest(self.resolved())

    def resolved(self) -> dict[str, Any]:
        """All of it as JSON values."""
        return self.model_dump(mode="json")

    def required_assurance(self, *, sandbox: bool, tags: Iterable[str] = ()) -> Assurance:
        """The least assurance that an approval must have; the strictest of environment and tags."""
        asked = [self.approvals.sandbox_assurance if sandbox else self.approvals.assurance]
        asked += [self.approvals.tags[tag] for tag in tags if tag in self.approvals.tags]
        return max(asked, key=ASSURANCES.index)

    @property
    def approval_ttl(self) -> timedelta:
        """How long an approval counts."""
        return timedelta(hours=self.approvals.expire_after_hours)

    def exception(self, rule: str, flag: str) -> PolicyException | None:
        """The exception for a flag and a rule that lasts longest."""
        found = [each for each in self.exceptions if (each.rule, each.flag) == (rule, flag)]
        return max(found, key=lambda each: each.until, default=None)
