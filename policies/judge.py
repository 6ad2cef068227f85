"""From a case and a policy to a verdict."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from policies.case import Case
from policies.policy import Entry, Policy
from policies.rules.condition import flag_edits
from policies.rules.lifting import lifted
from policies.rules.measure import not_applicable
from policies.rules.registry import RULES
from policies.rules.rollout_fix import Complaint, rollout_fixes
from policies.rules.rule import Remark, milder, strictness
from policies.verdict import Decision, Finding, Fix, Level, State, Verdict


def judge(case: Case, policy: Policy) -> Verdict:
    """Asks every rule of the policy and decides: a failed ``block`` denies, a failed ``approve`` needs a person.

    Never raises: a rule that does counts as failed at its level. Same case and policy, same verdict, in the same order.
    """
    answers = [_Answer(entry, remark) for entry in policy.entries for remark in _ask(entry, case)]
    findings = [_finding(answer, case, policy) for answer in _with_rollout_fixes(case, answers)]
    return Verdict(
        decision=_decision(findings),
        findings=tuple(sorted(findings, key=_order)),
        policy=policy.name,
        policy_digest=policy.digest,
    )


@dataclass(frozen=True, slots=True)
class _Answer:
    entry: Entry
    remark: Remark


def _ask(entry: Entry, case: Case) -> Sequence[Remark]:
    rule = RULES[entry.rule]
    reason = lifted(case, rule)
    if reason is not None:
        return [not_applicable(reason)]
    try:
        narrowed = entry.where.narrowed(case)
        if narrowed is None:
            return [not_applicable(f"The change is outside of {entry.scope or 'where the entry applies'}.")]
        return tuple(rule.check(narrowed, entry.params)) or [not_applicable("The change affects no flag.")]
    except Exception as error:  # noqa: BLE001 - the one place where a defect of a rule becomes a failed finding
        return [_defect(error)]


def _defect(error: Exception) -> Remark:
    message = f"The rule could not be computed ({type(error).__name__}), so it counts as failed."
    fix = Fix(kind="ask", text="Ask a person to report this defect of Drysail.")
    return Remark(State.ERROR, message, observed=type(error).__name__, fix=fix)


def _with_rollout_fixes(case: Case, answers: Sequence[_Answer]) -> list[_Answer]:
    """The answers, with a searched rollout in place of a general fix where one can be found."""
    at = [index for index, answer in enumerate(answers) if _is_by_rollout(answer)]
    if not at:
        return list(answers)
    complaints = [Complaint(answers[index].remark.flag, _Gone(answers[index])) for index in at]
    try:
        fixes = rollout_fixes(case, complaints)
    except Exception:  # noqa: BLE001 - a fix is a courtesy: without one the verdict stands as it is
        return list(answers)
    found = {index: fix for index, fix in zip(at, fixes, strict=True) if fix is not None}
    return [
        replace(answer, remark=replace(answer.remark, fix=found[index])) if index in found else answer
        for index, answer in enumerate(answers)
    ]


def _is_by_rollout(answer: _Answer) -> bool:
    return answer.remark.state is State.FAIL and RULES[answer.entry.rule].by_rollout


@dataclass(frozen=True, slots=True)
class _Gone:
    """Whether what an answer complained about does not occur in another version of the case, and can be told."""

    answer: _Answer

    def __call__(self, version: Case) -> bool:
        flag = self.answer.remark.flag
        failed = [remark for remark in _ask(self.answer.entry, version) if remark.failed]
        return not any(
            remark.flag == flag or (remark.flag is None and remark.state is not State.FAIL) for remark in failed
        )


def _finding(answer: _Answer, case: Case, policy: Policy) -> Finding:
    entry, remark = answer.entry, answer.remark
    message = remark.message
    fix = remark.fix if remark.failed else None
    if fix is not None:
        message = f"{message} {fix.text}"
    state = remark.state
    note = _exception_note(answer, case, policy) if remark.failed else None
    if note is not None:
        state, message = (State.EXCEPTED if note.holds else state), f"{message} {note.text}"
    return Finding(
        rule=entry.rule,
        level=entry.level if remark.level is None else milder(entry.level, remark.level),
        state=state,
        observed=remark.observed,
        limit=remark.limit,
        message=message,
        flag=remark.flag,
        scope=entry.scope,
        fix=fix,
    )


@dataclass(frozen=True, slots=True)
class _ExceptionNote:
    holds: bool
    text: str


def _exception_note(answer: _Answer, case: Case, policy: Policy) -> _ExceptionNote | None:
    """What the policy's exceptions say to a failed remark.

    A remark about the change as a whole is excepted only if every document of the change is a flag with an exception.
    """
    flag = answer.remark.flag
    flags = {flag} if flag is not None else {edit.key for edit in flag_edits(case)}
    if not flags or (flag is None and len(flags) < len(case.edits)):
        return None
    found = [policy.exception(answer.entry.rule, key) for key in sorted(flags)]
    exceptions = [exception for exception in found if exception is not None]
    if len(exceptions) < len(flags):
        return None
    first = min(exceptions, key=lambda exception: exception.until)
    if any(not exception.holds(case.now) for exception in exceptions):
        return _ExceptionNote(False, f"The exception of {first.by} expired on {first.until}.")
    return _ExceptionNote(True, f"Excepted until {first.until} by {first.by}: {first.reason}")


def _decision(findings: Iterable[Finding]) -> Decision:
    failed = {finding.level for finding in findings if finding.failed}
    if Level.BLOCK in failed:
        return Decision.DENY
    return Decision.REVIEW if Level.APPROVE in failed else Decision.ALLOW


def _order(finding: Finding) -> tuple[int, int, str, str, str, int, str]:
    """Failed ones first and the strictest of them foremost; then by rule and flag."""
    rank = 0 if finding.failed else _RANK[finding.state]
    level = -strictness(finding.level)
    foremost = level if finding.failed else 0
    return rank, foremost, finding.rule, finding.flag or "", finding.scope, level, finding.message


_RANK = {State.EXCEPTED: 1, State.PASS: 2, State.NOT_APPLICABLE: 3}
