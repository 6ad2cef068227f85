"""Mistakes: a stable code, the place, what was wrong, and what is near."""

from typing import Any

import pytest

from mcp_server.services.actor import Actor
from mcp_server.services.home import Home
from mcp_server.services.operations import GRAMMAR
from mcp_server.tools import Caller
from mcp_server.tools.access import TOOL_SCOPES
from tests.mcp_server.tools.given import EXAMPLES, FLAG, MODIFY, PLACE, STEP, Era, speaking

pytestmark = pytest.mark.anyio


def operation(**fields: Any) -> dict[str, Any]:
    return {**MODIFY, "operations": [fields]}


CASES: list[tuple[str, str, dict[str, Any], list[str]]] = [
    ("get_flag", "NO_SUCH_FLAG", {"flag_key": "new-chekout", **PLACE}, ["'new-chekout'", "Did you mean new-checkout"]),
    ("get_flag", "NO_SUCH_FLAG", {"flag_key": "zzz", **PLACE}, ["find_flags"]),
    ("get_flag", "NO_SUCH_ENVIRONMENT", {"flag_key": FLAG, "environment": "sandbx"}, ["live, sandbox, staging"]),
    ("get_flag", "ENVIRONMENT_REQUIRED", {"flag_key": FLAG}, ["live, sandbox, staging", "Name one"]),
    ("find_flags", "ENVIRONMENT_REQUIRED", {}, ["Name one"]),
    ("find_flags", "BAD_CURSOR", {"cursor": "nonsense", **PLACE}, ["Leave it out"]),
    ("find_flags", "WRONG_ARGUMENT", {"limit": 0, **PLACE}, ["limit must be a whole number from 1 to 100, not 0."]),
    ("find_flags", "WRONG_ARGUMENT", {"limit": 101}, ["from 1 to 100, not 101."]),
    ("find_flags", "WRONG_ARGUMENT", {"limit": "many"}, ['limit must be a whole number from 1 to 100, not "many".']),
    ("find_flags", "WRONG_ARGUMENT", {"status": "onn"}, ["one of on, off, archived, any", "Did you mean 'on'?"]),
    ("find_flags", "WRONG_ARGUMENT", {"query": ["a"]}, ['query must be text, not ["a"].']),
    (
        "find_flags",
        "UNKNOWN_ARGUMENT",
        {"limt": 3},
        ["'limt'", "Did you mean 'limit'?", "It takes: query, environment"],
    ),
    ("get_flag", "MISSING_ARGUMENT", {}, ["get_flag needs flag_key", "see find_flags"]),
    ("get_flag", "WRONG_ARGUMENT", {"flag_key": FLAG, "detail": "fulll"}, ["summary, full", "Did you mean 'full'?"]),
    ("modify_flag", "MISSING_ARGUMENT", {}, ["flag_key", "operations", "reason"]),
    ("modify_flag", "WRONG_ARGUMENT", {**MODIFY, "operations": "archive"}, ["operations must be a list of objects"]),
    ("modify_flag", "WRONG_ARGUMENT", {**MODIFY, "operations": ["archive"]}, ["operations[0] must be an object"]),
    ("modify_flag", "WRONG_ARGUMENT", {**MODIFY, "reason": 1}, ["reason must be text, not 1."]),
    ("modify_flag", "WRONG_ARGUMENT", {**MODIFY, "idempotency_key": "k" * 201}, ["at most 200 characters"]),
    ("modify_flag", "NO_REASON", {**MODIFY, "reason": "  "}, ["Say in one sentence why"]),
    ("modify_flag", "NO_OPERATIONS", {**MODIFY, "operations": []}, ["set_rollout"]),
    ("modify_flag", "NO_SUCH_FLAG", {**MODIFY, "flag_key": "new_checkout"}, ["new-checkout"]),
    ("modify_flag", "NO_SUCH_CONDITION", operation(op="set_rollout", condition="c22", rollout_percentage=5), ["'c2'"]),
    ("modify_flag", "UNKNOWN_FIELD", operation(op="archive", why="x"), ["why"]),
    ("modify_flag", "MISSING_FIELD", operation(op="set_rollout", condition="c2"), ["rollout_percentage"]),
    (
        "modify_flag",
        "BAD_PERCENTAGE",
        operation(op="set_rollout", condition="c2", rollout_percentage=101),
        ["operations[0].rollout_percentage", "0 to 100"],
    ),
    (
        "modify_flag",
        "NO_SUCH_VARIANT",
        {
            **operation(op="update_condition", condition="c1", variant="gren"),
            "flag_key": "checkout-button",
        },
        ["control, green, blue"],
    ),
    ("create_flag", "FLAG_EXISTS", {"flag_key": FLAG, "reason": "x", **PLACE}, ["modify_flag"]),
    ("create_flag", "WRONG_ARGUMENT", {"flag_key": "a b", "reason": "x"}, ['not "a b".']),
    ("create_flag", "ENVIRONMENT_REQUIRED", {"flag_key": "fresh", "reason": "x"}, ["Name one"]),
    ("explain_flag", "NO_SUCH_SUBJECT", {"flag_key": FLAG, "distinct_id": "nobody", **PLACE}, ["Give its properties"]),
    ("explain_flag", "NO_TRAFFIC", {"flag_key": FLAG, "distinct_id": "u", "environment": "staging"}, ["properties"]),
    ("explain_flag", "WRONG_ARGUMENT", {**EXAMPLES["explain_flag"], "groups": {"a": 1}}, ["groups.a must be text"]),
    ("list_proposals", "UNKNOWN_STATE", {"state": "needs-review"}, ["Did you mean needs_review?"]),
    ("list_proposals", "UNKNOWN_STATE", {"state": "?"}, ["Use one of: judging, allowed"]),
    ("list_proposals", "NO_SUCH_FLAG", {"flag_key": "new-chekout", **PLACE}, ["Did you mean new-checkout"]),
    ("list_proposals", "NO_SUCH_ENVIRONMENT", {"environment": "prod"}, ["live, sandbox, staging"]),
    *(
        (tool, "NO_SUCH_PROPOSAL", {"proposal_id": "pr_none"}, ["'pr_none'", "list_proposals"])
        for tool in ("get_proposal", "apply_proposal", "rebase_proposal", "withdraw_proposal", "simulate_flag")
    ),
]


@pytest.mark.parametrize(("tool", "code", "arguments", "words"), CASES)
async def test_a_mistake_is_answered_with_its_code_and_a_way_out(
    shop: Home, era: Era, tool: str, code: str, arguments: dict[str, Any], words: list[str]
) -> None:
    async with speaking(shop, era) as agent:
        text = await agent.refused(tool, code, **arguments)
    for word in words:
        assert word in text
    assert len(text) < 2_000


async def test_an_unknown_operation_names_the_nearest_and_the_grammar(shop: Home, era: Era) -> None:
    async with speaking(shop, era) as agent:
        near = await agent.ask("simulate_flag", flag_key=FLAG, operations=[{"op": "set_rolout"}], **PLACE)
        far = await agent.ask("simulate_flag", flag_key=FLAG, operations=[{"op": "frobnicate"}], **PLACE)
    assert "set_rollout" in near.text
    assert near.text.startswith("[UNKNOWN_OPERATION] operations[0]")
    for name in GRAMMAR:
        assert name in far.text


async def test_an_unknown_tool_names_the_nearest_or_all(shop: Home, era: Era) -> None:
    async with speaking(shop, era) as agent:
        near = await agent.client.call_tool("get_flags", {})
        far = await agent.client.call_tool("approve", {})
    assert near.is_error
    assert far.is_error
    assert near.content[0].text.startswith("[UNKNOWN_TOOL]")  # type: ignore[union-attr]
    assert "Did you mean" in near.content[0].text  # type: ignore[union-attr]
    for tool in TOOL_SCOPES:
        assert tool in far.content[0].text  # type: ignore[union-attr]


@pytest.mark.parametrize("tool", sorted(TOOL_SCOPES))
async def test_every_tool_refuses_arguments_it_does_not_have(shop: Home, era: Era, tool: str) -> None:
    async with speaking(shop, era) as agent:
        text = await agent.refused(tool, "UNKNOWN_ARGUMENT", **EXAMPLES[tool], aprove=True)
    for argument in EXAMPLES[tool]:
        assert argument in text


async def test_lists_sent_as_json_text_are_understood(shop: Home, era: Era) -> None:
    import json

    async with speaking(shop, era) as agent:
        await agent.told("simulate_flag", flag_key=FLAG, operations=json.dumps(STEP), **PLACE)


class Somebody:
    """A caller with some scopes, in one environment."""

    def __init__(self, scopes: set[str], environment: str | None = "sandbox", principal: str = "agent:key_x") -> None:
        actor = Actor(kind="agent", principal=principal)  # type: ignore[arg-type]
        self._caller = Caller(actor=actor, scopes=frozenset(scopes), environment=environment)

    def caller(self, headers: object, client: str | None) -> Caller:
        return self._caller


ALL = {"flags:read", "flags:simulate", "flags:propose", "flags:apply"}


@pytest.mark.parametrize("scope", sorted(ALL))
async def test_a_tool_without_its_scope_is_hidden_and_refused(shop: Home, era: Era, scope: str) -> None:
    hidden = {tool for tool, needed in TOOL_SCOPES.items() if needed == scope}
    async with speaking(shop, era, Somebody(ALL - {scope})) as agent:
        listed = {tool.name for tool in (await agent.client.list_tools()).tools}
        assert listed == set(TOOL_SCOPES) - hidden
        for tool in hidden:
            text = await agent.refused(tool, "SCOPE_MISSING", **EXAMPLES[tool])
            assert scope in text


async def test_a_key_of_one_environment_reaches_no_other(home: Home, era: Era) -> None:
    async with speaking(home, era) as agent:
        elsewhere = await agent.proposed(STEP, environment="live")
    async with speaking(home, era, Somebody(ALL)) as agent:
        assert (await agent.told("find_flags")).data["environment"] == "sandbox"
        rows = (await agent.told("list_proposals")).data["proposals"]
        assert {row["environment"] for row in rows} == {"sandbox"}
        for tool, arguments in EXAMPLES.items():
            there = {"proposal_id": elsewhere} if "proposal_id" in arguments else {**arguments, "environment": "live"}
            await agent.refused(tool, "WRONG_ENVIRONMENT", **there)
        await agent.refused("simulate_flag", "WRONG_ENVIRONMENT", proposal_id=elsewhere)
        unknown = await agent.refused("find_flags", "WRONG_ENVIRONMENT", environment="secret-place")
        assert "live" not in unknown, "a key learns nothing of other environments"


async def test_an_agent_moves_only_its_own_proposals(home: Home, era: Era) -> None:
    async with speaking(home, era) as agent:
        theirs = await agent.proposed(STEP)
    async with speaking(home, era, Somebody(ALL)) as agent:
        await agent.refused("withdraw_proposal", "NOT_YOURS", proposal_id=theirs)
        await agent.refused("rebase_proposal", "NOT_YOURS", proposal_id=theirs)


class Faulty(Somebody):
    """Forgets how to tell callers apart."""

    broken = False

    def caller(self, headers: object, client: str | None) -> Caller:
        if self.broken:
            raise RuntimeError("secret inside")
        return super().caller(headers, client)


async def test_a_fault_of_our_own_is_named_so_and_tells_nothing_of_the_inside(shop: Home, era: Era) -> None:
    access = Faulty(ALL)
    async with speaking(shop, era, access) as agent:
        access.broken = True
        text = await agent.refused("find_flags", "INTERNAL")
    assert "secret" not in text
    assert "log" in text
