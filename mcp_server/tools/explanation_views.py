"""Explanations, in the two channels."""

from typing import Any

from evaluator import Alternatives, ContextComparison, RevisionComparison
from evaluator.explaining.alternatives import SubjectChange
from mcp_server.services.explaining import Explained
from mcp_server.services.explanation_lines import MOST_SUGGESTIONS, headline_of, lines_of, next_step_of
from mcp_server.services.foreign_text import clean
from mcp_server.tools.shapes import Explanation


def explanation_answer(environment: str, explained: Explained, *, full: bool) -> Explanation:
    """An explanation: the sentence and the steps in lines, or every step with all its values."""
    explanation = explained.explanation
    result = explanation.result
    index = result.condition_index
    decided = None if index is None or index >= len(explanation.conditions) else explanation.conditions[index].id
    return Explanation(
        environment=environment,
        key=explanation.flag,
        distinct_id=clean(explanation.subject),
        context=clean(explained.source, 300),
        value=result.value,
        reason=str(result.reason),
        condition=decided,
        payload=None if result.payload is None else clean(result.payload, 500),
        sentence=headline_of(explained),
        steps=lines_of(explained, "agent"),
        comparison=None if explained.comparison is None else _comparison(explained.comparison),
        suggestions=None if explained.alternatives is None else _suggestions(explained, explained.alternatives),
        trace=(explained.comparison or explanation).as_dict() if full else None,
        next_step=next_step_of(explained, "agent"),
    )


def _comparison(compared: ContextComparison | RevisionComparison) -> dict[str, Any]:
    """Both answers and what parts them, in few values."""
    if isinstance(compared, RevisionComparison):
        sides = {"before": compared.before, "after": compared.after}
        about: dict[str, Any] = {
            "verdict": compared.verdict,
            "edits": [
                {"flag": edit.document, "kind": edit.kind, "words": clean(edit.words, 400)} for edit in compared.cause
            ],
        }
    else:
        sides, parted = {"one": compared.one, "other": compared.other}, compared.parting
        place = {} if parted is None else {"place": parted.place, "flag": parted.flag, "condition": parted.condition_id}
        about = {"verdict": "same" if compared.same else "different", **place}
    answers = {side: {"value": told.result.value, "reason": str(told.result.reason)} for side, told in sides.items()}
    return {**about, **answers}


def _suggestions(explained: Explained, alternatives: Alternatives) -> list[dict[str, Any]]:
    entries = zip(alternatives.suggestions[:MOST_SUGGESTIONS], explained.operations, strict=False)
    return [
        {
            "about": "subject" if isinstance(entry.change, SubjectChange) else "definition",
            "kind": entry.change.kind,
            "sentence": clean(entry.sentence, 300),
            **({} if operation is None else {"modify_flag": operation}),
        }
        for entry, operation in entries
    ]


def explanation_text(answer: Explanation) -> list[str]:
    """The same as text."""
    lines = [answer.sentence, f"Context {answer.context}."]
    if answer.payload is not None:
        lines.append(f"Payload: {answer.payload}")
    return [*lines, *answer.steps, answer.next_step]
