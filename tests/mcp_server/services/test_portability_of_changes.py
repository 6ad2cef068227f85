"""What authors hear of SDKs that evaluate by themselves: what a change adds, briefly."""

from typing import Any

from mcp_server.demo.stage import shop
from mcp_server.services.actor import Actor
from mcp_server.services.definitions import Bodies
from mcp_server.services.document import Ref
from mcp_server.services.environments import create_environment
from mcp_server.services.finding import get_flag
from mcp_server.services.home import Home
from mcp_server.services.importing import import_feed
from mcp_server.services.portability import added_lints, lint_lines, lint_rows, lint_summary, lints_of_proposal
from mcp_server.services.proposal import DocumentEdit
from mcp_server.tools.views import flag_answer, flag_lines

REF = Ref(kind="flag", key="flag")
COHORT = Ref(kind="cohort", key="1")


def flag(*filters: dict[str, Any]) -> dict[str, Any]:
    return {"key": "flag", "active": True, "filters": {"groups": [{"properties": list(filters)}]}}


def unlike(key: str) -> dict[str, Any]:
    return {"key": key, "type": "person", "operator": "is_not", "value": "x"}


def edit(ref: Ref, before: dict[str, Any] | None, after: dict[str, Any] | None) -> DocumentEdit:
    return DocumentEdit(ref=ref, base_revision=1, base_digest=None, before=before, after=after)


def added(before: dict[str, Any], after: dict[str, Any], **others: Any) -> list[str]:
    base: Bodies = {REF: before, **{Ref(kind="cohort", key="1"): body for body in others.values()}}
    return [f"{warning.key} {warning.problem.path}" for warning in added_lints(base, [edit(REF, before, after)])]


def test_only_what_the_change_brings_with_it_is_told() -> None:
    assert added(flag(unlike("plan")), flag(unlike("plan"))) == []
    assert added(flag(unlike("plan")), flag()) == []
    assert added(flag(unlike("plan")), flag(unlike("plan"), unlike("team"))) == ["flag filters.groups[0].properties[1]"]


def test_a_filter_that_only_moves_is_not_told_again() -> None:
    assert added(flag(unlike("plan"), unlike("team")), flag(unlike("team"), unlike("plan"))) == []


def test_asking_for_a_cohort_with_lints_tells_them() -> None:
    member = {"key": "id", "type": "cohort", "operator": "in", "value": 1}
    cohort = {"type": "AND", "values": [unlike("plan")]}
    assert added(flag(), flag(member), cohort=cohort) == ["1 values[0]"]


def test_a_new_flag_and_an_edited_cohort_tell_theirs() -> None:
    created = added_lints({}, [edit(REF, None, flag(unlike("plan")))])
    assert [warning.key for warning in created] == ["flag"]
    cohort = {"type": "AND", "values": [unlike("plan")]}
    assert [warning.kind for warning in added_lints({}, [edit(COHORT, None, cohort)])] == ["cohort"]
    assert added_lints({COHORT: cohort}, [edit(COHORT, cohort, None)]) == ()


def test_texts_and_rows_stay_short_and_show_every_code_before_repeating_one() -> None:
    regex = {"key": "mail", "type": "person", "operator": "regex", "value": "(?i)x"}
    many = added_lints({}, [edit(REF, None, flag(*(unlike(f"p{number}") for number in range(30)), regex))])
    assert len(many) == 31
    rows = lint_rows(many)
    assert [row.get("code") for row in rows] == [
        "portability.absent_property",
        "portability.regex",
        "portability.absent_property",
        None,
    ]
    assert rows[-1] == {"more": 28}
    assert len(lint_lines(many)) == 4
    assert len("\n".join(lint_lines(many))) < 1_600
    assert len(lint_summary(many)) == 2
    assert lint_summary(many)[0].startswith("SDKs: portability.absent_property in 1 definition, such as flag flag")


def test_an_import_tells_the_lints_of_what_it_brought_in(home: Home, ann: Actor) -> None:
    feed = shop()
    feed["flags"] = [{**flag(unlike("plan")), "id": 900}, {**flag(unlike("plan")), "id": 901, "key": "broken"}]
    feed["flags"][1]["filters"]["groups"][0]["rollout_percentage"] = 140
    create_environment(home, "fresh", sandbox=False, actor=ann)
    first = import_feed(home, "fresh", feed, reason="x", actor=ann)
    assert [warning.key for warning in first.lints if warning.kind == "flag"] == ["flag"]
    assert [warning.key for warning in first.refused] == ["broken"]
    assert import_feed(home, "fresh", feed, reason="x", actor=ann).lints == ()
    feed["flags"][0]["filters"]["groups"][0]["properties"].append(unlike("team"))
    (judged,) = import_feed(home, "fresh", feed, reason="x", actor=ann).proposals
    (lint,) = lints_of_proposal(home, judged.proposal)
    assert "“team”" in lint.problem.message


def test_on_a_flag_s_own_page_a_lint_names_the_condition_and_the_property(home: Home, ann: Actor) -> None:
    definition = {**flag(unlike("plan")), "id": 900, "ensure_experience_continuity": True}
    create_environment(home, "fresh", sandbox=False, actor=ann)
    import_feed(home, "fresh", {**shop(), "flags": [definition]}, reason="x", actor=ann)
    page = flag_answer("fresh", get_flag(home, "fresh", "flag"))
    assert {row["path"]: row["place"] for row in page.portability} == {
        "filters.groups[0].properties[0]": "condition c1, plan",
        "ensure_experience_continuity": "ensure_experience_continuity",
    }
    lines = flag_lines(page)
    assert any(line.startswith("SDKs: condition c1, plan: ") for line in lines)
    assert not any("flag flag" in line for line in lines)
