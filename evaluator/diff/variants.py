"""Which variants of a flag came, went, moved or changed weight."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from evaluator.diff.model import VariantDiff
from evaluator.diff.values import ABSENT, changed_fields, same, stayers, without

PLACE: Final[tuple[str, ...]] = ("filters", "multivariate", "variants")
_WEIGHT: Final = "rollout_percentage"


def comparable(variants: Any) -> bool:
    """Whether these are variants at all: objects with different text keys."""
    if not isinstance(variants, list) or not all(isinstance(variant, Mapping) for variant in variants):
        return False
    keys = [variant.get("key") for variant in variants]
    return all(isinstance(key, str) for key in keys) and len(set(keys)) == len(keys)


def compare_variants(
    before: Sequence[Mapping[str, Any]], after: Sequence[Mapping[str, Any]]
) -> tuple[VariantDiff, ...]:
    """What became of each variant, in the order of the new definition, removed ones last."""
    old_positions = {variant["key"]: index for index, variant in enumerate(before)}
    stayed = stayers([old_positions[variant["key"]] for variant in after if variant["key"] in old_positions])
    found: list[VariantDiff] = []
    for index, new in enumerate(after):
        position = old_positions.pop(new["key"], None)
        if position is None:
            found.append(VariantDiff(kind="added", key=new["key"], after_weight=new.get(_WEIGHT)))
        else:
            found.extend(_kept(index, before[position], new, moved=position not in stayed))
    found.extend(
        VariantDiff(kind="removed", key=key, before_weight=before[position].get(_WEIGHT))
        for key, position in old_positions.items()
    )
    return tuple(found)


def _kept(index: int, old: Mapping[str, Any], new: Mapping[str, Any], *, moved: bool) -> list[VariantDiff]:
    other = tuple(changed_fields((*PLACE, index), without(old, (_WEIGHT,)), without(new, (_WEIGHT,))))
    weight_differs = not same(old.get(_WEIGHT, ABSENT), new.get(_WEIGHT, ABSENT))
    if not (moved or other or weight_differs):
        return []
    return [
        VariantDiff(
            kind="changed",
            key=new["key"],
            before_weight=old.get(_WEIGHT),
            after_weight=new.get(_WEIGHT),
            moved=moved,
            fields=other,
        )
    ]
