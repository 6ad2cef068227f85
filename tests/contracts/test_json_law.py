"""Whatever JSON goes in comes back: the same values, written the same way, with the same digest."""

from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from evaluator import json_text
from mcp_server.store import SqlStore
from tests.contracts.given import apply_edits, edit, flag, proposal

NUMBERS = st.one_of(
    st.integers(),
    st.floats(allow_nan=False, allow_infinity=False),
    st.sampled_from(["1.0", "1.10", "1e5", "1E+2", "-0", "-0.0", "12345678901234567890.5", "0.1e-7", "1" * 60]).map(
        json_text.loads
    ),
)
TEXT = st.text(st.characters(exclude_categories=["Cs"]))
JSON = st.recursive(
    st.none() | st.booleans() | NUMBERS | TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=12,
)
BODIES = st.dictionaries(TEXT, JSON, max_size=6)

# The store is shared by the examples on purpose: what one wrote must not show in another.
LAW = settings(deadline=None, max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])


@LAW
@given(body=BODIES)
def test_a_body_comes_back_equal_with_the_same_text_and_digest(store: SqlStore, body: dict[str, Any]) -> None:
    with store.write() as writer:
        base = next(iter(writer.revisions("production", flag("f"), limit=1)), None)
        apply_edits(writer, [edit("f", body, base=base)])

    with store.read() as reader:
        document = reader.document("production", flag("f"))
        assert document is not None
        revision = reader.revision("production", flag("f"), document.revision)
        assert revision is not None
    for found in (document, revision):
        assert found.body == body
        assert json_text.dumps(found.body) == json_text.dumps(body)
        assert found.digest == json_text.digest(body)


@LAW
@given(before=BODIES, after=st.none() | BODIES, expect=st.none() | BODIES, operations=st.lists(BODIES, max_size=3))
def test_a_proposal_comes_back_equal_with_the_same_text(
    store: SqlStore,
    before: dict[str, Any],
    after: dict[str, Any] | None,
    expect: dict[str, Any] | None,
    operations: list[dict[str, Any]],
) -> None:
    change = edit("f", after).model_copy(update={"before": before, "base_revision": 7, "base_digest": "a" * 64})
    made = proposal(change, expect=expect, operations=tuple(operations))
    with store.write() as writer:
        writer.add_proposal(made)

    with store.read() as reader:
        found = reader.proposal(made.id)
    assert found == made
    for there, here in (
        (found.edits[0].before, before),
        (found.edits[0].after, after),
        (found.expect, expect),
        (list(found.operations), operations),
    ):
        assert json_text.dumps(there) == json_text.dumps(here)
