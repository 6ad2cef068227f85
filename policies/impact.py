"""What a replay measured. Counts only, never ratios: an impact is hashed into the evidence."""

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict

FlagValue = bool | str | None
"""``False``, ``True`` or a variant key; ``None`` is *undetermined*."""

Provenance = Literal["recorded", "reconstructed", "synthetic"]

TrafficMode = Literal["exact", "statistical"]
"""``statistical``: distinct ids were hashed, so shares are right and nobody can tell who is who."""


class Measured(BaseModel):
    """Base of everything that a replay returns."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Transition(Measured):
    """Subjects and recorded checks that go from one value to another (also to the same one).

    A subject counts once per transition that any of its contexts makes, so a subject whose properties changed
    within the window can count in two.
    """

    before: FlagValue
    after: FlagValue
    subjects: int
    checks: int


class ConditionCoverage(Measured):
    """How many distinct subjects came how far in one condition.

    ``reached``: no earlier condition had decided. ``matched``: reached, and all filters passed. ``in_rollout``:
    matched, and within the rollout. ``decided``: the condition gave the flag its value. ``undetermined``: a
    filter depends on something unknown.
    """

    id: str | None
    index: int
    reached: int
    matched: int
    in_rollout: int
    decided: int
    undetermined: int
    eligible: int
    """Subjects that pass the filters, whether or not an earlier condition decides."""


class BreakdownRow(Measured):
    """One value of a property (as JSON text; ``null`` and *missing* differ) and what happens to its subjects."""

    value: str
    subjects: int
    on_before: int
    on_after: int
    changed: int


class Breakdown(Measured):
    """Impact by one recorded property: the most changed values first, the rest summed up in ``others``."""

    property: str
    rows: tuple[BreakdownRow, ...]
    others: BreakdownRow | None


class Attribution(Measured):
    """Subjects whose value changes because of one condition of the new (or old) definition.

    Who enters or switches is attributed to the new condition that now decides, who leaves to the old one that did.
    ``condition_index`` is None where a holdout or an enrollment decided.
    """

    side: Literal["before", "after"]
    condition_id: str | None
    condition_index: int | None
    changed: int


class Example(Measured):
    """One subject that moves; chosen by the smallest hash, so the same ones every time."""

    subject: str
    before: FlagValue
    after: FlagValue


class FlagImpact(Measured):
    """The effect of a change on one flag. All counts are distinct subjects unless they say checks."""

    flag: str
    edited: bool
    """False for a dependent of an edited flag or cohort."""
    subjects: int
    checks: int
    """Recorded checks of this flag; zero means that nobody asked for it in the window."""
    on_before: int
    on_after: int
    entered: int
    left: int
    switched: int
    payload_changed: int
    """Subjects who keep their value and get another payload with it."""
    undetermined: int
    """Subjects whose old or new value cannot be told and might differ."""
    errors: int
    """Subjects for whom the new definition fails. A failed flag serves nothing, so it counts as not on."""
    changed: int
    """Distinct subjects that enter, leave or switch."""
    transitions: tuple[Transition, ...]
    attribution: tuple[Attribution, ...]
    coverage_before: tuple[ConditionCoverage, ...]
    coverage_after: tuple[ConditionCoverage, ...]
    breakdowns: tuple[Breakdown, ...]
    examples: tuple[Example, ...]


class Fidelity(Measured):
    """How often the definitions in force reproduce the recorded answers, over all flags of the impact.

    Counts are distinct subjects unless they say checks. Only answers that were given under the base definitions (or,
    where the recording does not say, all) are compared. ``causes`` has three entries: ``unexplained`` are the
    differing ones; ``older_revision`` (older definitions gave another answer) and ``undetermined`` (the replay cannot
    tell) are not among the compared.
    """

    compared: int
    differing: int
    compared_checks: int
    differing_checks: int
    causes: dict[str, int]


class TrafficFacts(Measured):
    """Where the evidence comes from."""

    snapshot: str
    digest: str
    environment: str
    provenance: Provenance
    first_at: datetime
    newest_at: datetime
    largest_gap_seconds: int
    subjects: int
    contexts: int
    checks: int
    dropped: int
    sampled_ppm: int
    """Share of subjects that was recorded, in parts per million."""
    mode: TrafficMode = "exact"


class Impact(Measured):
    """The effect of one change on everybody in one snapshot."""

    flags: tuple[FlagImpact, ...]
    subjects: int
    """Distinct subjects in the snapshot."""
    changed_subjects: int
    """Distinct subjects for whom at least one flag changes."""
    undetermined_subjects: int
    fidelity: Fidelity
    now: datetime
    evaluation_version: str
