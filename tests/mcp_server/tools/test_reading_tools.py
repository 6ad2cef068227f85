"""find_flags, get_flag and explain_flag."""

import json

import pytest

from mcp_server.services.home import Home
from tests.mcp_server.tools.given import FLAG, LEAP, PLACE, STEP, Era, speaking

pytestmark = pytest.mark.anyio


async def test_find_flags_lists_all_flags_in_both_channels(shop: Home, era: Era) -> None:
    async with speaking(shop, era) as agent:
        said = await agent.told("find_flags", **PLACE)
    keys = [flag["key"] for flag in said.data["flags"]]
    assert keys == sorted(keys)
    assert said.data["total"] == len(keys) == 13
    for flag in said.data["flags"]:
        for seen in (flag["key"], flag["name"], flag["owner"], flag["lifecycle"], *flag.get("variants", ())):
            assert seen in said.text
    assert "get_flag" in said.text
    assert "get_flag" in said.data["next_step"]


async def test_find_flags_finds_by_words_in_name_owner_and_variants(shop: Home, era: Era) -> None:
    async with speaking(shop, era) as agent:
        found = {
            query: [flag["key"] for flag in (await agent.told("find_flags", query=query, **PLACE)).data["flags"]]
            for query in ("one-page", "green", "payments provider", "no such words")
        }
        nothing = await agent.told("find_flags", query="no such words", **PLACE)
    assert found == {
        "one-page": [FLAG],
        "green": ["checkout-button"],
        "payments provider": ["payments-v2"],
        "no such words": [],
    }
    assert "Try other words" in nothing.text


async def test_find_flags_pages_until_the_end_without_gaps_or_repeats(shop: Home, era: Era) -> None:
    seen: list[str] = []
    cursor: str | None = None
    async with speaking(shop, era) as agent:
        for _ in range(10):
            more = {} if cursor is None else {"cursor": cursor}
            page = await agent.told("find_flags", limit=5, **PLACE, **more)
            seen += [flag["key"] for flag in page.data["flags"]]
            cursor = page.data.get("next_cursor")
            if cursor is None:
                break
            assert f"cursor={cursor}" in page.text
            assert cursor in page.data["next_step"]
    assert seen == sorted(set(seen))
    assert len(seen) == 13


async def test_find_flags_counts_and_pages_only_what_has_the_status(home: Home, era: Era) -> None:
    async with speaking(home, era) as agent:
        archive = await agent.told(
            "modify_flag", flag_key="legacy-export", operations=[{"op": "archive"}], reason="unused", **PLACE
        )
        await agent.told("apply_proposal", proposal_id=archive.data["proposal_id"])
        pages = {
            status: (await agent.told("find_flags", status=status, limit=1, **PLACE)).data
            for status in ("on", "off", "archived", "any")
        }
    assert {status: page["total"] for status, page in pages.items()} == {"on": 12, "off": 0, "archived": 1, "any": 13}
    assert pages["archived"]["flags"][0]["key"] == "legacy-export"
    assert "next_cursor" not in pages["archived"]


async def test_get_flag_names_conditions_by_id_in_both_channels(shop: Home, era: Era) -> None:
    async with speaking(shop, era) as agent:
        said = await agent.told("get_flag", flag_key=FLAG, **PLACE)
    assert [condition["id"] for condition in said.data["conditions"]] == ["c1", "c2"]
    for condition in said.data["conditions"]:
        assert f"{condition['id']}: {condition['when']}" in said.text
    assert "definition" not in said.data
    assert "simulate_flag" in said.data["next_step"]
    assert said.data["history"][0]["proposal"] in said.text


async def test_get_flag_names_cohorts_where_conditions_ask_for_them(shop: Home, era: Era) -> None:
    async with speaking(shop, era) as agent:
        said = await agent.told("get_flag", flag_key="beta-dashboard", **PLACE)
    assert "Beta testers" in said.data["conditions"][0]["when"]


async def test_get_flag_in_full_has_the_exact_definition_in_both_channels(shop: Home, era: Era) -> None:
    async with speaking(shop, era) as agent:
        said = await agent.told("get_flag", flag_key=FLAG, detail="full", **PLACE)
    assert said.data["definition"]["filters"]["groups"][1]["rollout_percentage"] == 10
    assert said.data["conditions"][0]["filters"] == said.data["definition"]["filters"]["groups"][0]["properties"]
    line = next(line for line in said.text.splitlines() if line.startswith("Exact definition: "))
    assert json.loads(line.removeprefix("Exact definition: ")) == said.data["definition"]


async def test_get_flag_shows_open_proposals(home: Home, era: Era) -> None:
    async with speaking(home, era) as agent:
        proposal_id = await agent.proposed(LEAP)
        said = await agent.told("get_flag", flag_key=FLAG, **PLACE)
    assert said.data["open_proposals"][0]["id"] == proposal_id
    assert f"Proposal {proposal_id} (needs_review)" in said.text


async def test_explain_flag_says_why_in_both_channels(shop: Home, era: Era) -> None:
    subject = {"distinct_id": "u", "properties": {"app_version": "3.1.0", "country": "DE"}}
    async with speaking(shop, era) as agent:
        said = await agent.told("explain_flag", flag_key="payments-v2", **subject, **PLACE)
    assert said.data["value"] is False
    assert said.data["context"] == "as given"
    assert said.data["sentence"] in said.text
    assert any("app_version" in step and '"3.1.0"' in step for step in said.data["steps"])
    for step in said.data["steps"]:
        assert step in said.text
    assert "trace" not in said.data
    assert "simulate_flag" in said.text


async def test_explain_flag_in_full_has_the_trace(shop: Home, era: Era) -> None:
    async with speaking(shop, era) as agent:
        said = await agent.told(
            "explain_flag", flag_key="payments-v2", distinct_id="u", properties={}, detail="full", **PLACE
        )
    assert said.data["trace"]["conditions"][0]["filters"][0]["actual_is"] == "missing"


async def test_explain_flag_uses_what_was_recorded_where_nothing_is_given(shop: Home, era: Era) -> None:
    from mcp_server.services.snapshots import newest_snapshot

    snapshot = newest_snapshot(shop, "sandbox")
    assert snapshot is not None
    subject = shop.recordings.load(snapshot).context(0).distinct_id
    async with speaking(shop, era) as agent:
        said = await agent.told("explain_flag", flag_key=FLAG, distinct_id=subject, **PLACE)
    assert said.data["context"] == f"last recorded in snapshot {snapshot.id}"
    assert snapshot.id in said.text


async def test_simulate_flag_stores_no_proposal(shop: Home, era: Era) -> None:
    async with speaking(shop, era) as agent:
        before = (await agent.told("list_proposals")).data["total"]
        await agent.told("simulate_flag", flag_key=FLAG, operations=STEP, **PLACE)
        assert (await agent.told("list_proposals")).data["total"] == before
