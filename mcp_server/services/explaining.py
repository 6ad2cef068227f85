"""Why a subject gets a value, beside another subject or another revision, and what would have to change."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from difflib import get_close_matches
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evaluator import (
    Alternatives,
    Context,
    ContextComparison,
    Explanation,
    RevisionComparison,
    compare_contexts,
    compare_revisions,
    explain,
    needs,
    what_would_change,
)
from mcp_server.services.editions import Edition, edition_of, editions_of_proposal
from mcp_server.services.errors import InvalidInput, NotFound
from mcp_server.services.home import Home
from mcp_server.services.snapshots import newest_snapshot
from mcp_server.services.suggested_operations import operation_of
from policies.replay.recording import Recording

NEAR = 0.75
"""Names at least this similar (difflib ratio) are taken for misspellings."""


@dataclass(frozen=True, slots=True)
class Subject:
    """Whom a question is about. Where nothing but the id is given, what was last recorded of the subject counts."""

    distinct_id: str
    properties: Mapping[str, Any] | None = None
    groups: Mapping[str, Any] | None = None
    group_properties: Mapping[str, Mapping[str, Any]] | None = None

    @property
    def as_recorded(self) -> bool:
        """Whether the recording has to say the rest."""
        return self.properties is None and self.groups is None and self.group_properties is None


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked of one flag. At most one of ``compare_to``, ``against`` and ``want``.

    ``at`` names the definitions (see ``edition_of``), and ``against`` those that they are compared with, which may
    also be a proposal's. ``want`` is True for on, False for off, or a variant's key.
    """

    subject: Subject
    at: str | None = None
    compare_to: Subject | None = None
    against: str | None = None
    want: bool | str | None = None


@dataclass(frozen=True, slots=True)
class Explained:
    """The answer in ``environment``. ``source`` says where the context came from and of which definitions it was asked.

    ``operations`` has, for each suggestion of ``alternatives``, what modify_flag takes to make it; None where that is
    nothing about this flag's definition. ``notes`` are doubts about the question.
    """

    environment: str
    explanation: Explanation
    context: Context
    source: str
    notes: tuple[str, ...] = ()
    comparison: ContextComparison | RevisionComparison | None = None
    alternatives: Alternatives | None = None
    operations: tuple[dict[str, Any] | None, ...] = ()


def explain_flag(home: Home, environment: str, key: str, question: Question) -> Explained:
    """Explains what the flag answers to the subject, and what else was asked.

    Raises NotFound for an unknown flag, revision or proposal or a subject that was never recorded, InvalidInput for a
    question that cannot be put.
    """
    extras = {"compare_to": question.compare_to, "against": question.against, "want": question.want}
    asked = [name for name, extra in extras.items() if extra is not None]
    if len(asked) > 1:
        raise InvalidInput(
            f"{' and '.join(asked)} are two questions.", hint="Ask them one after the other.", code="TWO_QUESTIONS"
        )
    if question.against is not None:
        return _beside_revision(home, environment, key, question, question.against)
    edition = edition_of(home, environment, key, question.at)
    context, source = _context(home, environment, question.subject, edition)
    explanation = explain(edition.ruleset, key, context, now=edition.now, facts=edition.facts)
    where = source if edition.in_force else f"{source}; {edition.name}"
    notes = _doubts(edition, key, question.subject)
    explained = Explained(environment, explanation, context, where, notes=notes)
    if question.compare_to is not None:
        return _beside_subject(home, environment, key, question.compare_to, edition, explained)
    if question.want is not None:
        return _with_alternatives(key, question.want, edition, explained)
    return explained


def wanted_value(want: bool | str | None) -> bool | str | None:
    """A wanted value as people write it: ``true``, ``on``, ``false``, ``off``, or a variant's key."""
    return {"true": True, "on": True, "false": False, "off": False}.get(want, want) if isinstance(want, str) else want


def _beside_subject(
    home: Home, environment: str, key: str, subject: Subject, edition: Edition, explained: Explained
) -> Explained:
    other, source = _context(home, environment, subject, edition)
    told = compare_contexts(edition.ruleset, key, explained.context, other, now=edition.now, facts=edition.facts)
    beside = f"{explained.source}; compared with {other.distinct_id} {source}"
    return replace(explained, comparison=told, source=beside, notes=explained.notes + _doubts(edition, key, subject))


def _beside_revision(home: Home, environment: str, key: str, question: Question, against: str) -> Explained:
    if against.strip().startswith("pr_"):
        if question.at is not None:
            raise InvalidInput(
                "A proposal is compared with what it changes, not with a revision.",
                hint="Leave the revision or time out.",
                code="TWO_QUESTIONS",
            )
        before, after = editions_of_proposal(home, environment, key, against.strip())
    else:
        before, after = (edition_of(home, environment, key, name) for name in (question.at, against))
        if _age(after) < _age(before):
            before, after = after, before
    context, source = _context(home, environment, question.subject, before)
    told = compare_revisions(
        before.ruleset, after.ruleset, key, context, now=after.now, facts=(before.facts, after.facts)
    )
    where = f"{source}; {before.name} → {after.name}"
    notes = _doubts(after, key, question.subject)
    return Explained(environment, told.after, context, where, notes=notes, comparison=told)


def _age(edition: Edition) -> tuple[bool, datetime]:
    """Earlier moments first, what is in force last; equal for two revisions, which keep the order they are named in."""
    return edition.in_force, edition.now


def _with_alternatives(key: str, want: bool | str, edition: Edition, explained: Explained) -> Explained:
    told = what_would_change(edition.ruleset, key, explained.context, want, now=edition.now, facts=edition.facts)
    operations = tuple(
        operation_of(suggestion.change, edition.bodies) if edition.in_force else None for suggestion in told.suggestions
    )
    return replace(explained, alternatives=told, operations=operations)


def _doubts(edition: Edition, key: str, subject: Subject) -> tuple[str, ...]:
    """Given names that nothing asks for and that look like one that is asked for and was not given."""
    asked = needs(edition.ruleset, [key])
    of_groups: dict[str, list[str]] = {}
    for group_type, name in asked.group_properties:
        of_groups.setdefault(group_type, []).append(name)
    given = [
        ("property", subject.properties or {}, asked.properties),
        ("group type", subject.groups or {}, asked.group_types),
        ("group type", subject.group_properties or {}, asked.group_types),
        *(
            (f"property of the {name}", properties, of_groups.get(name, ()))
            for name, properties in (subject.group_properties or {}).items()
        ),
    ]
    found = []
    for what, names, known in given:
        missing = [name for name in known if name not in names]
        for name in names:
            near = get_close_matches(name, missing, n=1, cutoff=NEAR) or [
                other for other in missing if other.lower() == name.lower()
            ]
            if name not in known and near:
                found.append(f"No condition asks for {what} {name!r}; did you mean {near[0]!r}?")
    return tuple(dict.fromkeys(found))


def _context(home: Home, environment: str, subject: Subject, edition: Edition) -> tuple[Context, str]:
    if subject.as_recorded:
        return recorded_context(home, environment, subject.distinct_id, before=edition.now)
    context = Context(
        distinct_id=subject.distinct_id,
        properties=subject.properties or {},
        groups=subject.groups or {},
        group_properties=subject.group_properties or {},
    )
    return context, "as given"


def recorded_context(home: Home, environment: str, distinct_id: str, *, before: datetime) -> tuple[Context, str]:
    """What the newest snapshot last recorded of a subject until then. Raises NotFound."""
    snapshot = newest_snapshot(home, environment)
    if snapshot is None:
        raise NotFound(
            f"Nothing was recorded in {environment} yet.",
            hint="Give the subject's properties, or record traffic first (`drysail traffic snapshot`).",
            code="NO_TRAFFIC",
        )
    recording = home.recordings.load(snapshot)
    index = _last_context(recording, distinct_id, before)
    if index is None:
        raise NotFound(
            f"Subject {distinct_id!r} is not in snapshot {snapshot.id}"
            + ("." if before >= snapshot.facts.newest_at else f" before {before.isoformat(timespec='seconds')}."),
            hint="Give its properties instead.",
            code="NO_SUCH_SUBJECT",
        )
    return recording.context(index), f"last recorded in snapshot {snapshot.id}"


def _last_context(recording: Recording, distinct_id: str, before: datetime) -> int | None:
    """The context of the subject with the latest check until then."""
    codes = [code for code, value in enumerate(recording.subjects.values) if value == distinct_id]
    own = np.flatnonzero(np.isin(recording.subjects.codes, codes))
    limit = int(before.timestamp() * 1_000_000)
    last: NDArray[np.int64] = np.full(recording.size, -1, dtype=np.int64)
    for answers in recording.answers.values():
        known = answers.first_us <= limit
        np.maximum.at(last, answers.contexts[known], np.minimum(answers.last_us[known], limit))
    own = own[last[own] >= 0]
    return int(own[np.argmax(last[own])]) if len(own) else None
