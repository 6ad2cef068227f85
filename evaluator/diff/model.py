"""The parts of a difference. All values are the JSON values of the definitions."""

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

Kind = Literal["added", "removed", "changed"]


class Difference(BaseModel):
    """Base of everything that a difference is made of."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class FieldChange(Difference):
    """One value by its JSON path. ``before`` is None where it was added, ``after`` where it was removed."""

    path: str
    kind: Kind
    before: Any = None
    after: Any = None


class FilterChange(Difference):
    """A filter on the same property that reads differently. For lists of values, those that came and went."""

    before: dict[str, Any]
    after: dict[str, Any]
    added_values: tuple[Any, ...] = ()
    removed_values: tuple[Any, ...] = ()


class ConditionDiff(Difference):
    """One condition that was added, removed or changed.

    Positions count from 0; ``before_index`` is None for an added condition, ``after_index`` for a removed one.
    ``moved``: it changed places with a condition that stayed (one that merely shifts, because another was added or
    removed before it, has not moved). ``before`` and ``after`` are the conditions as a whole; ``fields`` are all
    changes other than those of filters, rollout and pinned variant.
    """

    kind: Kind
    id: str | None
    before_index: int | None
    after_index: int | None
    before: dict[str, Any] | None
    after: dict[str, Any] | None
    moved: bool = False
    filters_added: tuple[dict[str, Any], ...] = ()
    filters_removed: tuple[dict[str, Any], ...] = ()
    filters_changed: tuple[FilterChange, ...] = ()
    rollout: FieldChange | None = None
    variant: FieldChange | None = None
    fields: tuple[FieldChange, ...] = ()


class VariantDiff(Difference):
    """One variant that was added, removed or changed. Weights are percentages; a move reassigns subjects."""

    kind: Kind
    key: str
    before_weight: Any = None
    after_weight: Any = None
    moved: bool = False
    fields: tuple[FieldChange, ...] = ()


class FlagDiff(Difference):
    """All that differs between two definitions of a flag.

    ``kind`` is ``added`` or ``removed`` where one of the definitions is missing. ``metadata`` is Drysail's own data
    about the flag; ``fields`` is everything that has no place of its own here, by JSON path.
    """

    kind: Kind
    conditions: tuple[ConditionDiff, ...] = ()
    variants: tuple[VariantDiff, ...] = ()
    payloads: tuple[FieldChange, ...] = ()
    active: FieldChange | None = None
    aggregation: FieldChange | None = None
    bucketing: FieldChange | None = None
    continuity: FieldChange | None = None
    early_exit: FieldChange | None = None
    enrollment: FieldChange | None = None
    holdout: tuple[FieldChange, ...] = ()
    metadata: tuple[FieldChange, ...] = ()
    fields: tuple[FieldChange, ...] = ()

    @property
    def is_empty(self) -> bool:
        """True if both definitions are the same JSON (the order of keys aside)."""
        return self.kind == "changed" and not any(
            getattr(self, name) for name in type(self).model_fields if name != "kind"
        )
