"""What a change is before anyone judges it: two sets of definitions and what differs between them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from evaluator import Ruleset, dependents, needs
from evaluator.analysis import Effect, analyse, compare_effect
from evaluator.compile_flag import is_served
from evaluator.definitions.presentation import PRESENTATION
from evaluator.facts import Facts
from evaluator.json_text import digest
from mcp_server.services.definitions import SETTINGS, Bodies, edited, facts_of, ruleset_of
from mcp_server.services.document import Ref
from mcp_server.services.proposal import DocumentEdit, Pin
from policies.case import Edit

MOST_PROVED = 50
"""Edited flags of one change about which anything is proved; of more, nothing is."""


@dataclass(frozen=True)
class Change:
    """Edits on a base. ``base`` holds the bodies of all documents in force."""

    base: Bodies
    edits: tuple[DocumentEdit, ...]

    @cached_property
    def result(self) -> Bodies:
        """The definitions after the change."""
        return edited(self.base, self.edits)

    @cached_property
    def before(self) -> Ruleset:
        """The definitions in force, compiled."""
        return ruleset_of(self.base)

    @cached_property
    def after(self) -> Ruleset:
        """The proposed definitions, compiled."""
        return ruleset_of(self.result)

    @cached_property
    def facts_before(self) -> Facts:
        """Static memberships in force."""
        return facts_of(self.base)

    @cached_property
    def facts_after(self) -> Facts:
        """Static memberships after the change."""
        return facts_of(self.result)

    @cached_property
    def edited_flags(self) -> tuple[str, ...]:
        """Keys of the flags that are edited themselves."""
        return tuple(sorted(edit.ref.key for edit in self.edits if edit.ref.kind == "flag"))

    @cached_property
    def affected_flags(self) -> tuple[str, ...]:
        """The edited flags and all whose answer can depend on an edited flag, cohort or setting, before or after."""
        if any(edit.ref == SETTINGS for edit in self.edits):
            return tuple(sorted({*self.before.flags, *self.after.flags}))
        cohorts = [edit.ref.key for edit in self.edits if edit.ref.kind == "cohort"]
        found = set(self.edited_flags)
        for ruleset in (self.before, self.after):
            found.update(dependents(ruleset, keys=self.edited_flags, cohorts=cohorts))
        return tuple(sorted(found))

    @cached_property
    def alters_nothing(self) -> bool:
        """Whether provably no answer changes: only presentation differs, a flag that is off comes or goes, or what
        is written otherwise means the same, condition by condition."""
        if all(_same_answers(edit) for edit in self.edits) and set(self.affected_flags) <= set(self.edited_flags):
            return True
        return len(self.edits) == len(self.effects) and all(
            effect.alters_nothing and effect.same_conditions for effect in self.effects.values()
        )

    @cached_property
    def effects(self) -> Mapping[str, Effect]:
        """What the change provably does to each edited flag; empty where it edits very many."""
        if len(self.edited_flags) > MOST_PROVED:
            return {}
        return {key: compare_effect(self.before, self.after, key) for key in self.edited_flags}

    @cached_property
    def proved(self) -> dict[str, tuple[str, ...]]:
        """By edited flag, sentences about what is certain without traffic: its effect, and what it makes useless."""
        found = {key: (effect.line, *self._useless(key)) for key, effect in self.effects.items()}
        return {key: tuple(line for line in lines if line) for key, lines in found.items() if any(lines)}

    def _useless(self, key: str) -> list[str]:
        """Conditions of the new definition that can never decide, unless they were there and could not before."""
        known = {finding.message for finding in analyse(self.before, key).findings}
        useless = analyse(self.after, key).findings
        return [finding.message for finding in useless if finding.never_decides and finding.message not in known]

    def as_case_edits(self, approved: Bodies) -> tuple[Edit, ...]:
        """The edits as the policy takes them, with what a person last approved of each document."""
        return tuple(
            Edit(
                kind=edit.ref.kind,
                key=edit.ref.key,
                before=edit.before,
                after=edit.after,
                approved=approved.get(edit.ref),
            )
            for edit in self.edits
        )


def change_digest(edits: Sequence[DocumentEdit]) -> str:
    """Names exactly these edits."""
    return digest(
        [[edit.ref.kind, edit.ref.key, edit.base_revision, edit.base_digest or "", edit.after] for edit in edits]
    )


def closure(change: Change) -> frozenset[Ref]:
    """Every document that the replay of the change reads: edited, depended on, and depending."""
    refs = {edit.ref for edit in change.edits} | {SETTINGS}
    for ruleset in (change.before, change.after):
        keys = [key for key in change.affected_flags if key in ruleset.flags]
        needed = needs(ruleset, keys)
        refs.update(Ref(kind="flag", key=key) for key in {*keys, *needed.flags})
        refs.update(Ref(kind="cohort", key=key) for key in needed.cohorts)
    return frozenset(refs)


def pins_of(refs: frozenset[Ref], revisions: Mapping[Ref, tuple[int, str]]) -> tuple[Pin, ...]:
    """The revision of each document; 0 for one that does not exist."""
    ordered = sorted(refs, key=lambda ref: (ref.kind, ref.key))
    return tuple(
        Pin(ref=ref, revision=revisions[ref][0], digest=revisions[ref][1])
        if ref in revisions
        else Pin(ref=ref, revision=0, digest="")
        for ref in ordered
    )


def _same_answers(edit: DocumentEdit) -> bool:
    if edit.ref.kind != "flag":
        return edit.before == edit.after
    before, after = edit.before, edit.after
    if before is None or after is None:
        present = before if after is None else after
        return present is not None and not is_served(present)
    return _meaning(before) == _meaning(after) or not (is_served(before) or is_served(after))


def _meaning(definition: Mapping[str, Any]) -> str:
    rest = {name: value for name, value in definition.items() if name not in PRESENTATION}
    return digest(rest)
