"""Looking around: which flags there are, what one is, and what happened to it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from evaluator.analysis import Finding, analyse
from evaluator.definitions import DefinitionWarning
from evaluator.describe import describe_flag
from mcp_server.services.changing import flag_document
from mcp_server.services.definitions import bodies_of, ruleset_of
from mcp_server.services.document import Document, Revision
from mcp_server.services.grouping import reached
from mcp_server.services.home import Home
from mcp_server.services.proposal import OPEN_STATES, Proposal


@dataclass(frozen=True, slots=True)
class FlagSummary:
    """One line of a list of flags."""

    key: str
    name: str
    active: bool
    archived: bool
    variants: tuple[str, ...]
    conditions: int
    owner: str
    tags: tuple[str, ...]
    lifecycle: str
    revision: int


@dataclass(frozen=True, slots=True)
class FlagPage:
    """A part of a list. ``next_offset`` is None on the last page."""

    flags: tuple[FlagSummary, ...]
    total: int
    next_offset: int | None


@dataclass(frozen=True, slots=True)
class FlagView:
    """One flag: its definition, in words, what deserves a look in it, and what is going on with it."""

    document: Document
    description: tuple[str, ...]
    open_proposals: tuple[Proposal, ...]
    revisions: tuple[Revision, ...]
    cohort_names: Mapping[str, str]
    group_types: Mapping[int, str]
    findings: tuple[Finding, ...]
    lints: tuple[DefinitionWarning, ...]


def find_flags(
    home: Home,
    environment: str,
    *,
    query: str = "",
    tag: str | None = None,
    owner: str | None = None,
    active: bool | None = None,
    archived: bool | None = False,
    offset: int = 0,
    limit: int = 20,
) -> FlagPage:
    """Flags whose key, name, owner, tags or variants contain the query, ordered by key.

    ``active`` and ``archived`` ask for flags that are so (True) or are not (False); None takes both.
    """
    with home.store.read() as reader:
        reader.environment(environment)
        summaries = [_summary(document) for document in reader.documents(environment, "flag")]
    wanted = [
        flag
        for flag in summaries
        if _mentions(flag, query)
        and (tag is None or tag in flag.tags)
        and (owner is None or owner == flag.owner)
        and (active is None or active == flag.active)
        and (archived is None or archived == flag.archived)
    ]
    page = tuple(wanted[offset : offset + limit])
    end = offset + len(page)
    return FlagPage(flags=page, total=len(wanted), next_offset=end if end < len(wanted) else None)


def get_flag(home: Home, environment: str, key: str, *, revisions: int = 10) -> FlagView:
    """One flag. Raises NotFound with near misses."""
    with home.store.read() as reader:
        document = flag_document(reader, environment, key)
        documents = reader.documents(environment)
        cohorts = {
            found.ref.key: str(found.body.get("name") or found.ref.key)
            for found in documents
            if found.ref.kind == "cohort"
        }
        ruleset = ruleset_of(reached(bodies_of(documents), [document.ref]))
        group_types = ruleset.definitions.group_types
        return FlagView(
            document=document,
            description=tuple(describe_flag(document.body, cohorts, group_types)),
            open_proposals=tuple(reader.proposals(environment, states=list(OPEN_STATES), flag=key)),
            revisions=tuple(reader.revisions(environment, document.ref, limit=revisions)),
            cohort_names=cohorts,
            group_types=group_types,
            findings=analyse(ruleset, key).findings,
            lints=tuple(ruleset.warnings_about(key)),
        )


def history(home: Home, environment: str, key: str, *, limit: int = 50) -> Sequence[tuple[Revision, Proposal]]:
    """The flag's revisions, newest first, each with the proposal that made it."""
    with home.store.read() as reader:
        document = flag_document(reader, environment, key)
        revisions = reader.revisions(environment, document.ref, limit=limit)
        return [(revision, reader.proposal(revision.proposal_id)) for revision in revisions]


def _summary(document: Document) -> FlagSummary:
    body = document.body
    filters: dict[str, Any] = body.get("filters") or {}
    own: dict[str, Any] = body.get("drysail") or {}
    return FlagSummary(
        key=document.ref.key,
        name=str(body.get("name") or ""),
        active=bool(body.get("active")) and not body.get("deleted"),
        archived=bool(body.get("deleted")),
        variants=tuple(
            str(variant.get("key")) for variant in (filters.get("multivariate") or {}).get("variants") or []
        ),
        conditions=len(filters.get("groups") or []),
        owner=str(own.get("owner") or ""),
        tags=tuple(map(str, own.get("tags") or [])),
        lifecycle=str(own.get("lifecycle") or "release"),
        revision=document.revision,
    )


def _mentions(flag: FlagSummary, query: str) -> bool:
    words = query.lower().split()
    text = " ".join([flag.key, flag.name, flag.owner, *flag.tags, *flag.variants]).lower()
    return all(word in text for word in words)
