"""The difference between two definitions as edits that can be made one by one, in any selection."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from typing import Any, Literal

from evaluator.definitions.presentation import PRESENTATION
from evaluator.diff import ConditionDiff, FlagDiff, diff
from evaluator.diff.values import ABSENT, same
from evaluator.diff.words import lines

Kind = Literal["flag", "cohort", "membership", "settings"]
Definition = Mapping[str, Any]


@dataclass(frozen=True, slots=True, eq=False)
class Edit:
    """One change that makes sense by itself: a filter added, a rollout changed, a condition moved, a cohort redefined.

    ``kind`` and ``document`` say what it changes: a flag or cohort by its key, or one of the project's settings.
    ``words`` is the change in a short line; ``part`` names it among the document's edits. ``difference`` is the same
    change in the terms of ``evaluator.diff``, for flags.
    """

    kind: Kind
    document: str
    part: tuple[Any, ...]
    words: str
    difference: FlagDiff | None = None

    def as_dict(self) -> dict[str, Any]:
        """The edit as JSON values."""
        described: dict[str, Any] = {"kind": self.kind, "document": self.document, "words": self.words}
        if self.difference is not None:
            described["difference"] = self.difference.model_dump(mode="json", exclude_defaults=True)
        return described


class FlagEdits:
    """All edits that lead from one definition of a flag to another, and the definition after some of them."""

    def __init__(self, key: str, before: Definition | None, after: Definition | None) -> None:
        self.key, self._before, self._after = key, before, after
        self._difference = diff(before, after)
        self.edits: tuple[Edit, ...] = tuple(self._found())

    def definition(self, chosen: Collection[Edit]) -> Definition | None:
        """The definition after the chosen edits alone: the old one after none, in effect the new one after all."""
        parts = {edit.part for edit in chosen}
        if self._before is None or self._after is None:
            return self._after if ("whole",) in parts else self._before
        old, new = dict(self._before), dict(self._after)
        built = mixed(old, new, ("field",), parts, leaving_out={"filters", "drysail"})
        if not _has_rules(old) or not _has_rules(new):
            source = new if ("field", "filters") in parts else old
            return {**built, **({"filters": source["filters"]} if "filters" in source else {})}
        filters = mixed(old["filters"], new["filters"], ("filters",), parts, leaving_out={"groups", "payloads"})
        filters |= self._payloads(old["filters"], new["filters"], parts)
        return {**built, "filters": {**filters, **self._conditions(parts)}}

    def _found(self) -> Iterator[Edit]:
        if self._before is None or self._after is None:
            if not self._difference.is_empty:
                yield self._edit(("whole",), FlagDiff(kind=self._difference.kind))
            return
        old, new = self._before, self._after
        yield from self._fields(old, new, ("field",), (), leaving_out={"key", "filters", *PRESENTATION})
        if not _has_rules(old) or not _has_rules(new):
            yield from self._fields(_only(old, "filters"), _only(new, "filters"), ("field",), ())
            return
        rules, new_rules = old["filters"], new["filters"]
        odd = not _have_conditions(rules) or not _have_conditions(new_rules)
        split = set() if odd else {"groups"}
        yield from self._fields(rules, new_rules, ("filters",), ("filters",), leaving_out={"payloads", *split})
        yield from self._payload_edits(rules, new_rules)
        for condition in self._difference.conditions:
            yield from self._condition_edits(condition)
        if any(condition.moved for condition in self._difference.conditions):
            moved = tuple(_only_moved(found) for found in self._difference.conditions if found.moved)
            yield self._edit(("order",), FlagDiff(kind="changed", conditions=moved))

    def _edit(self, part: tuple[Any, ...], difference: FlagDiff) -> Edit:
        words = "; ".join(lines(difference))
        return Edit("flag", self.key, part, words, difference)

    def _fields(
        self, old: Definition, new: Definition, part: tuple[str, ...], path: tuple[str, ...], **options: Any
    ) -> Iterator[Edit]:
        """One edit for each key whose values differ, named as ``evaluator.diff`` names it."""
        for name in _differing(old, new, **options):
            left, right = ({name: mapping[name]} if name in mapping else {} for mapping in (old, new))
            for step in reversed(path):
                left, right = {step: left}, {step: right}
            yield self._edit((*part, name), diff(left, right))

    def _payload_edits(self, old: Definition, new: Definition) -> Iterator[Edit]:
        left, right = _payloads_of(old), _payloads_of(new)
        if left is None or right is None:
            yield from self._fields(_only(old, "payloads"), _only(new, "payloads"), ("filters",), ("filters",))
        else:
            yield from self._fields(left, right, ("payload",), ("filters", "payloads"))

    def _payloads(self, old: Definition, new: Definition, parts: Collection[tuple[Any, ...]]) -> dict[str, Any]:
        left, right = _payloads_of(old), _payloads_of(new)
        if left is None or right is None:
            return _only(new if ("filters", "payloads") in parts else old, "payloads")
        return {"payloads": mixed(left, right, ("payload",), parts)}

    def _condition_edits(self, found: ConditionDiff) -> Iterator[Edit]:
        name = (found.before_index, found.after_index)
        if found.kind != "changed":
            yield self._edit(("condition", *name), FlagDiff(kind="changed", conditions=(found,)))
            return
        still = found.model_copy(
            update={
                "moved": False,
                "filters_added": (),
                "filters_removed": (),
                "filters_changed": (),
                "rollout": None,
                "variant": None,
                "fields": (),
            }
        )

        def edit(part: tuple[Any, ...], **changed: Any) -> Edit:
            one = FlagDiff(kind="changed", conditions=(still.model_copy(update=changed),))
            return self._edit(("within", *name, *part), one)

        for field in ("filters_added", "filters_removed", "filters_changed"):
            for number, entry in enumerate(getattr(found, field)):
                yield edit((field, number), **{field: (entry,)})
        for field in ("rollout", "variant"):
            if getattr(found, field) is not None:
                yield edit((field,), **{field: getattr(found, field)})
        meaningful = tuple(change for change in found.fields if not change.path.endswith("].id"))
        if meaningful:
            yield edit(("fields",), fields=meaningful)

    def _conditions(self, parts: Collection[tuple[Any, ...]]) -> dict[str, Any]:
        assert self._before is not None
        assert self._after is not None
        old, new = self._before["filters"], self._after["filters"]
        if not _have_conditions(old) or not _have_conditions(new):
            return _only(new if ("filters", "groups") in parts else old, "groups")
        before, after = list(old.get("groups") or ()), list(new.get("groups") or ())
        found = self._difference.conditions
        pairs = _pairs(len(before), len(after), found)
        changed = {(one.before_index, one.after_index): one for one in found if one.kind == "changed"}
        built: list[dict[str, Any]] = []
        for left, right in _order(pairs, len(before), len(after), by_new=("order",) in parts or not _moved(found)):
            if left is None or right is None:
                if (("condition", left, right) in parts) is (left is None):
                    built.append(after[right] if left is None else before[left])  # type: ignore[index]
            elif (left, right) in changed:
                built.append(_within(before[left], after[right], changed[left, right], parts))
            else:
                built.append(before[left])
        return {"groups": built}


def _within(
    old: Definition, new: Definition, found: ConditionDiff, parts: Collection[tuple[Any, ...]]
) -> dict[str, Any]:
    """A condition that stayed, with some of its changes."""
    name = ("within", found.before_index, found.after_index)
    others = (*name, "fields") in parts
    built = dict(new if others else old)
    for field, part in (("rollout_percentage", "rollout"), ("variant", "variant")):
        source = new if (*name, part) in parts else old
        built.pop(field, None)
        built |= _only(source, field)
    if not (found.filters_added or found.filters_removed or found.filters_changed):
        return built
    kept = list(old.get("properties") or ())
    for number, entry in enumerate(found.filters_removed):
        if (*name, "filters_removed", number) in parts:
            kept = _without_one(kept, entry)
    for number, change in enumerate(found.filters_changed):
        if (*name, "filters_changed", number) in parts:
            kept = [*_without_one(kept, change.before), change.after]
    added = enumerate(found.filters_added)
    kept.extend(entry for number, entry in added if (*name, "filters_added", number) in parts)
    return {**built, "properties": kept}


def _without_one(entries: Sequence[Any], gone: Any) -> list[Any]:
    index = next((index for index, entry in enumerate(entries) if same(entry, gone)), None)
    return [entry for position, entry in enumerate(entries) if position != index]


def _pairs(before: int, after: int, found: Iterable[ConditionDiff]) -> dict[int, int]:
    """New position to old position of every condition that stayed. Unchanged ones keep their order."""
    found = tuple(found)
    told_old = {one.before_index for one in found}
    told_new = {one.after_index for one in found}
    pairs = {
        one.after_index: one.before_index
        for one in found
        if one.before_index is not None and one.after_index is not None
    }
    silent_old = (index for index in range(before) if index not in told_old)
    silent_new = (index for index in range(after) if index not in told_new)
    return pairs | dict(zip(silent_new, silent_old, strict=True))


def _order(pairs: Mapping[int, int], before: int, after: int, *, by_new: bool) -> list[tuple[int | None, int | None]]:
    """All conditions of both definitions as (old, new) position, in the order of one of them.

    A condition that only the other one has follows the one that it follows there.
    """
    new_of = {old: new for new, old in pairs.items()}
    mine: list[tuple[int | None, int | None]] = [(pairs.get(new), new) for new in range(after)]
    theirs: list[tuple[int | None, int | None]] = [(old, new_of.get(old)) for old in range(before)]
    ordered, others = (mine, theirs) if by_new else (theirs, mine)

    def insert(order: list[tuple[int | None, int | None]], place: int) -> list[tuple[int | None, int | None]]:
        entry = others[place]
        if entry in order:
            return order
        at = order.index(others[place - 1]) + 1 if place else 0
        return [*order[:at], entry, *order[at:]]

    return reduce(insert, range(len(others)), ordered)


def _moved(found: Iterable[ConditionDiff]) -> bool:
    return any(one.moved for one in found)


def _only_moved(found: ConditionDiff) -> ConditionDiff:
    keep = {"kind", "id", "before_index", "after_index", "before", "after", "moved"}
    return ConditionDiff(**found.model_dump(include=keep))


def mixed(
    old: Definition,
    new: Definition,
    part: tuple[str, ...],
    parts: Collection[tuple[Any, ...]],
    leaving_out: Collection[str] = (),
) -> dict[str, Any]:
    """The old mapping with the chosen keys as in the new one."""
    names = [name for name in dict.fromkeys((*old, *new)) if name not in leaving_out]
    sources = {name: new if (*part, name) in parts else old for name in names}
    return {name: source[name] for name, source in sources.items() if name in source}


def _differing(old: Definition, new: Definition, leaving_out: Collection[str] = ()) -> Iterator[str]:
    for name in dict.fromkeys((*old, *new)):
        if name not in leaving_out and not same(old.get(name, ABSENT), new.get(name, ABSENT)):
            yield name


def _has_rules(flag: Definition) -> bool:
    return isinstance(flag.get("filters"), Mapping)


def _have_conditions(filters: Definition) -> bool:
    groups = filters.get("groups", [])
    return isinstance(groups, list) and all(isinstance(group, Mapping) for group in groups)


def _payloads_of(filters: Definition) -> Definition | None:
    payloads = filters.get("payloads", {})
    return payloads if isinstance(payloads, Mapping) else None


def _only(mapping: Definition, name: str) -> dict[str, Any]:
    return {name: mapping[name]} if name in mapping else {}
