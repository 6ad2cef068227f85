"""What a static analysis says. Everything here is proved from the definitions alone, without any traffic."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from evaluator.context import JsonValue, Mark

Code = Literal[
    "condition_contradictory",
    "condition_shadowed",
    "condition_held_out",
    "rollout_nobody",
    "rollout_zero",
    "filter_always_matches",
    "filter_implied",
    "variant_unreachable",
    "payload_unused",
    "flag_constant",
]

Direction = Literal["only_widens", "only_narrows", "unchanged", "mixed", "unknown"]
"""What becomes of the subjects who are on.

``only_widens``: nobody who is on goes off. ``only_narrows``: nobody who is off goes on. ``unchanged``: both.
``mixed``: some go on and others go off. ``unknown``: none of these could be proved.
"""

Values = Literal["unchanged", "can_change", "unknown"]
"""What becomes of variant and payload of those who are on before and after."""

Witness = Mapping[str, JsonValue | Mark]
"""Values of properties that bring something about, by the property's name."""


class TooMany(Exception):
    """There is more to look at than the analysis is willing to; it then says nothing."""


@dataclass(frozen=True, slots=True)
class Finding:
    """Something in a definition that has no effect. ``message`` is one sentence and holds the reason.

    ``path`` leads into the flag's JSON; ``condition`` is the index of the condition that it is about, if it is about
    one.
    """

    code: Code
    path: str
    message: str
    condition: int | None = None

    @property
    def never_decides(self) -> bool:
        """Whether it says that a condition can never decide."""
        return self.code.startswith("condition_") or self.code == "rollout_nobody"


@dataclass(frozen=True, slots=True)
class Analysis:
    """``complete`` is false where the definition has more cases than were looked at: then something may be missing
    from the findings. What is there is proved all the same."""

    findings: tuple[Finding, ...]
    complete: bool


@dataclass(frozen=True, slots=True)
class Effect:
    """What a change does to one flag, for every subject there can be.

    ``direction`` is about who is on, ``values`` about variant and payload of those who stay on. ``alters_nothing`` is
    true where every answer provably stays what it was, failures included. ``same_conditions`` is true where, besides,
    every condition of the new definition lets the same subjects pass as a condition of the old one with the same
    rollout and variant: nothing waits in the definition for a later change to wake it.
    ``gains`` and ``losses`` are properties of somebody who can go on, or off; None where no example is known.
    """

    direction: Direction
    values: Values
    alters_nothing: bool
    same_conditions: bool
    gains: Witness | None = None
    losses: Witness | None = None

    @property
    def line(self) -> str | None:
        """The proof in one short sentence; None where nothing is proved."""
        if self.alters_nothing:
            return "Provably changes no answer."
        words = _WORDS[self.direction]
        if words is None:
            return None
        if self.values == "unchanged":
            return f"{words} Who stays on keeps variant and payload."
        return f"{words} Variants or payloads can change." if self.values == "can_change" else words


_WORDS: Mapping[Direction, str | None] = {
    "only_widens": "Provably only widens: nobody who is on goes off.",
    "only_narrows": "Provably only narrows: nobody who is off goes on.",
    "unchanged": "Provably the same subjects stay on.",
    "mixed": "Provably can turn some subjects on and others off.",
    "unknown": None,
}
