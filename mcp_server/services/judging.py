"""Judging a change: replay it, compare it with what people last reviewed, and ask the policy."""

from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from evaluator import Ruleset
from mcp_server.services.actor import ActorKind
from mcp_server.services.change import Change
from mcp_server.services.definitions import Bodies
from mcp_server.services.document import Ref
from mcp_server.services.proposal import DocumentEdit
from mcp_server.services.safety import leads_to_safety
from policies.case import ActorKind as CaseActor
from policies.case import Case
from policies.impact import FlagImpact, Impact
from policies.judge import judge
from policies.policy import Policy
from policies.replay.pace import Progress
from policies.replay.recording import Recording
from policies.replay.replayer import Replayer
from policies.verdict import Verdict


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a judgement needs to know beside the change and the traffic.

    ``reviewed`` are the bodies that a person last approved or made, for every document that has such a revision;
    ``approved`` those that a person approved (or a bootstrap brought in), for the edited documents;
    ``retired_keys`` the flag keys once used here; ``revision`` is the environment's since which nothing that the change
    has to do with has moved: answers recorded since then tell how faithful the replay is.
    """

    environment: str
    sandbox: bool
    revision: int
    actor: ActorKind
    now: datetime
    reviewed: Bodies
    approved: Bodies
    retired_keys: Mapping[str, datetime]
    expect: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Judgement:
    """What the replay measured, what the policy says to it, and by flag what is certain without any traffic.

    ``impact`` is None without traffic.
    """

    change: Change
    impact: Impact | None
    verdict: Verdict
    proved: Mapping[str, tuple[str, ...]]


def judge_change(
    change: Change,
    recording: Recording | None,
    policy: Policy,
    surroundings: Surroundings,
    *,
    breakdowns: tuple[str, ...] = (),
    progress: Progress | None = None,
) -> Judgement:
    """Replays the change on the recording and asks the policy."""
    named = (*breakdowns, *_declared_properties(surroundings.expect))
    bench = _Bench(change, recording, surroundings, named, progress)
    impact = bench.impact_of(change.after, progress or bench.in_the_end)
    case = Case(
        environment=surroundings.environment,
        sandbox=surroundings.sandbox,
        actor=_case_actor(surroundings.actor),
        now=surroundings.now,
        edits=change.as_case_edits(surroundings.approved),
        impact=impact,
        traffic=recording.facts if recording is not None else None,
        drift=bench.drift(),
        retired_keys=surroundings.retired_keys,
        dependencies=_dependencies(change),
        towards_safe=leads_to_safety(change, surroundings.approved, impact),
        alters_nothing=change.alters_nothing,
        try_rollout=bench.try_rollout if recording is not None else None,
        dependents=_dependents(change),
        expect=surroundings.expect,
    )
    return Judgement(change=change, impact=impact, verdict=judge(case, policy), proved=change.proved)


class _Bench:
    """Replays of one change and its variations; they share tables and hashes."""

    def __init__(
        self,
        change: Change,
        recording: Recording | None,
        surroundings: Surroundings,
        breakdowns: tuple[str, ...],
        progress: Progress | None,
    ) -> None:
        self._change = change
        self._surroundings = surroundings
        self._breakdowns = breakdowns
        self._progress = progress
        self._replayer = None
        if recording is not None:
            self._replayer = Replayer(
                recording,
                change.before,
                now=surroundings.now,
                facts_before=change.facts_before,
                revision=surroundings.revision,
            )

    def impact_of(self, after: Ruleset, progress: Progress) -> Impact | None:
        """The impact of going from the base to these definitions."""
        if self._replayer is None:
            return None
        return self._replayer.replay(
            after,
            edited=self._change.edited_flags,
            flags=self._change.affected_flags,
            facts_after=self._change.facts_after,
            breakdowns=self._breakdowns,
            progress=progress,
        )

    def drift(self) -> dict[str, FlagImpact]:
        """By flag, the way from what people last reviewed to the proposed definitions."""
        if self._replayer is None:
            return {}
        reviewed = self._surroundings.reviewed
        base = Change(base={**self._change.base, **reviewed}, edits=())
        replayer = self._replayer.from_base(base.before, base.facts_before)
        flags = [key for key in self._change.affected_flags if Ref(kind="flag", key=key) in reviewed]
        impact = replayer.replay(
            self._change.after,
            edited=self._change.edited_flags,
            flags=flags,
            facts_after=self._change.facts_after,
            progress=self.in_the_end,
        )
        return {flag.flag: flag for flag in impact.flags}

    def try_rollout(self, flag: str, condition_id: str, percentage: float) -> Impact:
        """The impact if one condition of the proposed flag had another rollout."""
        edits = tuple(
            _with_rollout(edit, condition_id, percentage) if edit.ref == Ref(kind="flag", key=flag) else edit
            for edit in self._change.edits
        )
        impact = self.impact_of(replace(self._change, edits=edits).after, self.in_the_end)
        if impact is None:
            raise ValueError("a rollout can only be tried on recorded traffic")
        return impact

    def in_the_end(self, share: float) -> None:
        """Progress of what comes after the impact: nothing to see any more, but still a place to stop."""
        if self._progress is not None:
            self._progress(1.0)


def _with_rollout(edit: DocumentEdit, condition_id: str, percentage: float) -> DocumentEdit:
    body = deepcopy(edit.after)
    if body is None:
        return edit
    ids = (body.get("drysail") or {}).get("condition_ids") or []
    body["filters"]["groups"][ids.index(condition_id)]["rollout_percentage"] = percentage
    return edit.model_copy(update={"after": body})


def _dependencies(change: Change) -> dict[str, dict[str, str]]:
    """For each edited flag that will be on: the flags it needs, and what they are."""
    result: dict[str, dict[str, str]] = {}
    for key in change.edited_flags:
        flag = change.after.flags.get(key)
        if flag is None or not flag.served or not flag.dependencies:
            continue
        result[key] = {name: _standing(change.after, name, flag.missing_dependency) for name in flag.dependencies}
    return result


def _dependents(change: Change) -> dict[str, Mapping[str, Any]]:
    """The definitions of the flags that are affected without being edited."""
    keys = set(change.affected_flags) - set(change.edited_flags)
    return {ref.key: body for ref, body in change.result.items() if ref.kind == "flag" and ref.key in keys}


def _standing(ruleset: Ruleset, key: str, broken: bool) -> str:
    flag = ruleset.flags.get(key)
    if flag is None:
        return "missing"
    if broken and flag.missing_dependency:
        return "cycle"
    return "on" if flag.served else "off"


def _declared_properties(expect: Mapping[str, Any] | None) -> tuple[str, ...]:
    only = (expect or {}).get("only")
    return tuple(only) if isinstance(only, Mapping) else ()


def _case_actor(kind: ActorKind) -> CaseActor:
    match kind:
        case ActorKind.AGENT:
            return "agent"
        case ActorKind.PERSON:
            return "person"
        case ActorKind.CI:
            return "ci"
