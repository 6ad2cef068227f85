"""Documents: what use cases may rely on, on every database."""

from tests.contracts.given import History, flag


def test_a_document_is_what_its_newest_revision_says(history: History) -> None:
    history.write("checkout", {"key": "checkout", "active": False})
    history.write("checkout", {"key": "checkout", "active": True})

    with history.store.read() as reader:
        document = reader.document("production", flag("checkout"))

    assert document is not None
    assert document.revision == 2
    assert document.body == {"key": "checkout", "active": True}
