"""Documents: changed by an applied proposal alone, and every revision kept."""

import pytest

from evaluator import json_text
from mcp_server.services.document import Ref
from mcp_server.services.errors import InvalidInput, NotFound, Refused, Stale
from mcp_server.store import SqlStore
from tests.contracts import given
from tests.contracts.given import History, apply_edits, flag

BODY = {"key": "checkout", "active": True, "filters": {"groups": [{"rollout_percentage": 25}]}}


def test_a_document_is_what_its_newest_revision_says(history: History) -> None:
    history.write("checkout", {"key": "checkout", "active": False})
    history.write("checkout", BODY, at=given.later(hours=1))

    with history.store.read() as reader:
        document = reader.document("production", flag("checkout"))

    assert document is not None
    assert (document.environment, document.ref, document.revision) == ("production", flag("checkout"), 2)
    assert document.body == BODY
    assert document.digest == json_text.digest(BODY)
    assert document.updated_at == given.later(hours=1)


def test_revisions_are_kept_newest_first_with_where_they_come_from(history: History) -> None:
    first = history.write("checkout", {"active": False}, reviewed=True)
    second = history.write("checkout", BODY)

    with history.store.read() as reader:
        assert reader.revisions("production", flag("checkout")) == [second, first]
        assert reader.revisions("production", flag("checkout"), limit=1) == [second]
        assert reader.revision("production", flag("checkout"), 1) == first
        assert reader.revision("production", flag("checkout"), 3) is None
        assert reader.revisions("production", flag("other")) == []
    assert (first.revision, first.reviewed, second.reviewed) == (1, True, False)
    assert [first.proposal_id, second.proposal_id] == [proposal.id for proposal in history.applied]


def test_documents_are_ordered_by_kind_then_key(history: History) -> None:
    for key in ("b", "a", "B", "ä", "a-b"):
        history.write(key, {"key": key})
    history.write("7", {"name": "Beta"}, kind="cohort")
    history.write("settings", {"timezone": "UTC"}, kind="settings")

    with history.store.read() as reader:
        every = [(found.ref.kind, found.ref.key) for found in reader.documents("production")]
        flags = [found.ref.key for found in reader.documents("production", "flag")]

    assert flags == ["B", "a", "a-b", "b", "ä"]
    assert every == [("cohort", "7"), *(("flag", key) for key in flags), ("settings", "settings")]


def test_environments_do_not_see_each_others_documents(store: SqlStore) -> None:
    with store.write() as writer:
        writer.add_environment(given.environment("staging"))
    History(store).write("checkout", {"active": True})
    History(store, "staging").write("checkout", {"active": False})

    with store.read() as reader:
        assert [found.body for found in reader.documents("production")] == [{"active": True}]
        assert [found.body for found in reader.documents("staging")] == [{"active": False}]
        assert reader.documents("nowhere") == []


def test_a_removed_document_is_gone_and_its_numbers_go_on(history: History) -> None:
    history.write("checkout", {"active": True})
    removed = history.write("checkout", None)

    with history.store.read() as reader:
        assert reader.document("production", flag("checkout")) is None
        assert reader.documents("production") == []
    assert (removed.revision, removed.body) == (2, None)
    assert history.write("checkout", {"active": False}).revision == 3


def test_one_proposal_writes_several_documents_at_once(store: SqlStore) -> None:
    edits = [given.edit("a", {"n": 1}), given.edit("7", {"n": 2}, kind="cohort")]
    with store.write() as writer:
        apply_edits(writer, edits)

    with store.read() as reader:
        assert [found.ref.key for found in reader.documents("production")] == ["7", "a"]


def test_an_edit_of_anything_but_the_newest_revision_is_stale(history: History) -> None:
    first = history.write("checkout", {"active": False})
    history.write("checkout", {"active": True})
    late = given.edit("checkout", {"active": False, "name": "late"}, base=first)

    with (
        history.store.write() as writer,
        pytest.raises(Stale, match="is at revision 2; the change is based on revision 1"),
    ):
        apply_edits(writer, [late])

    with history.store.read() as reader:
        assert [revision.revision for revision in reader.revisions("production", flag("checkout"))] == [2, 1]


def test_a_document_can_not_be_created_twice(history: History) -> None:
    history.write("checkout", {"active": True})

    with pytest.raises(Stale, match="revision 1; the change is based on its absence"), history.store.write() as writer:
        apply_edits(writer, [given.edit("checkout", {"active": False})])


def test_an_edit_of_a_removed_document_is_stale(history: History) -> None:
    first = history.write("checkout", {"active": True})
    history.write("checkout", None)

    late = given.edit("checkout", {"active": False}, base=first)
    with (
        history.store.write() as writer,
        pytest.raises(Stale, match="does not exist; the change is based on revision 1"),
    ):
        apply_edits(writer, [late])


def test_a_base_with_another_content_is_stale(history: History) -> None:
    first = history.write("checkout", {"active": True})
    other = given.edit("checkout", {"active": False}, base=first).model_copy(update={"base_digest": "f" * 64})

    with pytest.raises(Stale, match="another content at revision 1"), history.store.write() as writer:
        apply_edits(writer, [other])


def test_what_is_stale_leaves_the_rest_of_the_transaction_alone(history: History) -> None:
    """A use case marks the proposal as stale in the transaction in which it found out."""
    history.write("checkout", {"active": True})
    with history.store.write() as writer:
        made = given.allowed(writer, given.edit("checkout", {"active": False}), given.edit("new", {"active": True}))
        assert given.mark_applied(writer, made)
        with pytest.raises(Stale):
            writer.write_document("production", made.edits[0], proposal_id=made.id, reviewed=False, at=given.NOW)
        writer.write_document("production", made.edits[1], proposal_id=made.id, reviewed=False, at=given.NOW)

    with history.store.read() as reader:
        assert [found.ref.key for found in reader.documents("production")] == ["checkout", "new"]


def test_nothing_is_written_without_a_proposal_that_this_transaction_applied(store: SqlStore) -> None:
    change = given.edit("checkout", {"active": True})
    with store.write() as writer:
        made = given.allowed(writer, change)
        with pytest.raises(Refused, match="has not applied"):
            writer.write_document("production", change, proposal_id=made.id, reviewed=False, at=given.NOW)
        given.mark_applied(writer, made)

    with store.write() as writer, pytest.raises(Refused, match="has not applied"):
        writer.write_document("production", change, proposal_id=made.id, reviewed=False, at=given.NOW)

    with store.read() as reader:
        assert reader.documents("production") == []


@pytest.mark.parametrize(
    "other",
    [given.edit("checkout", {"active": False}), given.edit("other", {"active": True}), given.edit("checkout", None)],
)
def test_only_what_the_proposal_says_is_written(store: SqlStore, other: given.DocumentEdit) -> None:
    with store.write() as writer:
        made = given.allowed(writer, given.edit("checkout", {"active": True}))
        given.mark_applied(writer, made)
        with pytest.raises((Refused, InvalidInput)):
            writer.write_document("production", other, proposal_id=made.id, reviewed=False, at=given.NOW)

    with store.read() as reader:
        assert reader.documents("production") == []


def test_a_proposal_writes_in_its_own_environment_only(store: SqlStore) -> None:
    change = given.edit("checkout", {"active": True})
    with store.write() as writer:
        writer.add_environment(given.environment("staging"))
        made = given.allowed(writer, change, environment="staging")
        given.mark_applied(writer, made)
        with pytest.raises(Refused):
            writer.write_document("production", change, proposal_id=made.id, reviewed=False, at=given.NOW)


def test_the_last_reviewed_revision_is_the_newest_that_a_person_approved(history: History) -> None:
    assert history.write("checkout", {"n": 1}).reviewed is False
    with history.store.read() as reader:
        assert reader.last_reviewed("production", flag("checkout")) is None

    second = history.write("checkout", {"n": 2}, reviewed=True)
    third = history.write("checkout", {"n": 3}, reviewed=True)
    history.write("checkout", {"n": 4})
    other = history.write("7", {"n": 5}, kind="cohort", reviewed=True)
    history.write("agent-only", {"n": 6})

    with history.store.read() as reader:
        assert reader.last_reviewed("production", flag("checkout")) == third
        assert reader.all_last_reviewed("production") == [other, third]
        assert reader.all_last_reviewed("nowhere") == []
    assert second.revision == 2


def test_retired_keys_are_removed_or_deleted_flags_since_they_were_last_alive(history: History) -> None:
    history.write("alive", {"n": 1})
    history.write("removed", {"n": 1})
    history.write("removed", None, at=given.later(hours=1))
    history.write("deleted", {"n": 1})
    history.write("deleted", {"n": 1, "deleted": True}, at=given.later(hours=2))
    history.write("deleted", {"n": 2, "deleted": True}, at=given.later(hours=3))
    history.write("deleted", None, at=given.later(hours=4))
    history.write("back", {"n": 1})
    history.write("back", None, at=given.later(hours=5))
    history.write("back", {"n": 1}, at=given.later(hours=6))
    history.write("twice", {"n": 1})
    history.write("twice", None, at=given.later(hours=1))
    history.write("twice", {"n": 2}, at=given.later(hours=2))
    history.write("twice", {"deleted": True}, at=given.later(hours=7))
    history.write("7", {"n": 1}, kind="cohort")
    history.write("7", None, kind="cohort")

    with history.store.read() as reader:
        assert reader.retired_keys("production") == {
            "removed": given.later(hours=1),
            "deleted": given.later(hours=2),
            "twice": given.later(hours=7),
        }
        assert reader.retired_keys("nowhere") == {}


def test_what_has_no_canonical_form_is_refused(store: SqlStore) -> None:
    for body in ({"x": float("nan")}, {"x": "\ud800"}, {"\ud800": 1}):
        with pytest.raises(InvalidInput), store.write() as writer:
            apply_edits(writer, [given.edit("checkout", body)])


def test_what_could_not_be_read_again_is_refused(store: SqlStore) -> None:
    body: dict[str, object] = {}
    for _ in range(json_text.MAX_DEPTH + 1):
        body = {"deeper": body}

    with pytest.raises(InvalidInput, match="nests deeper"), store.write() as writer:
        apply_edits(writer, [given.edit("checkout", body)])


def test_an_unknown_environment_has_no_documents_to_write(store: SqlStore) -> None:
    with store.write() as writer, pytest.raises(NotFound):
        given.allowed(writer, given.edit("checkout", {}), environment="nowhere")


def test_a_document_of_every_kind_is_found_by_its_ref(history: History) -> None:
    history.write("7", {"name": "Beta"}, kind="cohort")

    with history.store.read() as reader:
        assert reader.document("production", Ref(kind="flag", key="7")) is None
        found = reader.document("production", Ref(kind="cohort", key="7"))
    assert found is not None
    assert found.body == {"name": "Beta"}
