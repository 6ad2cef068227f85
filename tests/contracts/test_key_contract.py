"""Keys: found by their token, stored by its hash."""

import pytest
from sqlalchemy import Engine, text

from mcp_server.services.errors import Conflict, NotFound
from mcp_server.store import SqlStore
from tests.contracts import given


def test_a_key_is_found_by_the_hash_of_its_token(store: SqlStore) -> None:
    agent, digest = given.key("key_1", "dsa_secret")
    with store.write() as writer:
        writer.add_key(agent, digest)

    with store.read() as reader:
        assert reader.key_hashes() == [(digest, agent)]


def test_a_revoked_key_is_never_found_and_still_listed(store: SqlStore) -> None:
    agent, digest = given.key("key_1", "dsa_secret")
    with store.write() as writer:
        writer.add_key(agent, digest)
        writer.revoke_key("key_1", given.later(hours=1))
        writer.revoke_key("key_1", given.later(hours=2))

    with store.read() as reader:
        assert reader.key_hashes() == []
        assert reader.keys() == [agent.model_copy(update={"revoked_at": given.later(hours=1)})]


def test_keys_can_be_listed_by_environment(store: SqlStore) -> None:
    with store.write() as writer:
        writer.add_environment(given.environment("staging"))
        writer.add_key(*given.key("key_1", "one"))
        writer.add_key(*given.key("key_2", "two", kind="public", environment="staging"))

    with store.read() as reader:
        everywhere = reader.keys()
        assert [key.id for key in everywhere] == ["key_1", "key_2"]
        assert [(key.id, key.token) for key in reader.keys("staging")] == [("key_2", "two")]


@pytest.mark.parametrize(("identity", "token"), [("key_1", "other"), ("key_2", "dsa_secret")])
def test_ids_and_tokens_are_given_once(store: SqlStore, identity: str, token: str) -> None:
    with store.write() as writer:
        writer.add_key(*given.key("key_1", "dsa_secret"))
        with pytest.raises(Conflict, match=identity):
            writer.add_key(*given.key(identity, token))

    with store.read() as reader:
        assert len(reader.keys()) == 1


def test_a_key_needs_an_environment_and_only_a_known_one_is_revoked(store: SqlStore) -> None:
    with store.write() as writer:
        with pytest.raises(NotFound, match="'staging'"):
            writer.add_key(*given.key("key_1", "one", environment="staging"))
        with pytest.raises(NotFound, match="'key_1'"):
            writer.revoke_key("key_1", given.NOW)


def test_no_secret_token_is_in_the_database(store: SqlStore, outsider: Engine) -> None:
    with store.write() as writer:
        writer.add_key(*given.key("key_1", "dsa_secret_1234567890", kind="secret"))
        writer.add_key(*given.key("key_2", "dsp_public_1234567890", kind="public"))

    with outsider.connect() as connection:
        rows = connection.execute(text("SELECT * FROM keys ORDER BY id")).fetchall()

    assert "dsa_secret_1234567890" not in str(rows[0])
    assert "dsp_public_1234567890" in str(rows[1])
