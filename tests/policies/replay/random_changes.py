"""Seeded random changes of random definitions, and recordings of random subjects to replay them on."""

from collections.abc import Mapping
from copy import deepcopy
from dataclasses import replace
from random import Random
from typing import Any

from evaluator import REDACTED, Context, Definitions, Facts, Ruleset, compile_definitions
from tests.oracles.random_contexts import GROUP_KEYS, random_context
from tests.oracles.random_definitions import Feed, random_feed
from tests.oracles.random_values import PROPERTIES, random_value

STATIC_COHORTS = ("5", "6")


def random_definitions(random: Random, *, flags: int) -> Feed:
    """Flags of every shape, some malformed, with static cohorts among the others."""
    feed = random_feed(random, flags=flags, oddness=random.choice([0.0, 0.1, 0.3]))
    for cohort_id in STATIC_COHORTS:
        feed["cohorts"][cohort_id] = {"name": f"list {cohort_id}", "is_static": True}
    feed["flags"] += [
        _dependent("orphan", "no-such-flag"),
        _dependent("lost", "orphan"),
        _dependent("circle", "circle"),
    ]
    return feed


def random_facts(random: Random) -> Facts:
    """Members of one of the static cohorts; the other is not listed."""
    return Facts(members={STATIC_COHORTS[0]: frozenset(f"user-{random.randrange(10_000)}" for _ in range(5_000))})


def compiled(feed: Feed) -> Ruleset:
    """The feed as a ruleset."""
    return compile_definitions(Definitions.from_posthog(feed))


def changed_definitions(random: Random, feed: Feed) -> Feed:
    """The same definitions after a few edits, as people make them: small ones, mostly."""
    changed = deepcopy(feed)
    for flag in random.sample(changed["flags"], k=min(4, len(changed["flags"]))):
        _edit(random, flag)
    if random.random() < 0.3:
        cohort_id = random.choice(["1", "2", "3", "4"])
        changed["cohorts"][cohort_id] = random_feed(random, flags=0, oddness=0.1)["cohorts"][cohort_id]
    return changed


def random_subjects(random: Random, amount: int, *, redacted: bool = True) -> list[Context]:
    """Contexts of subjects, several of whom come back with other properties."""
    contexts: list[Context] = []
    while len(contexts) < amount:
        context = random_context(random, oddness=0.2)
        contexts.append(context)
        while random.random() < 0.3:
            again = random_context(random, oddness=0.2)
            contexts.append(replace(again, distinct_id=context.distinct_id))
    return [_redacted(random, context) if redacted else context for context in contexts[:amount]]


def revealed(random: Random, context: Context) -> Context:
    """The context with some value wherever one was redacted: what might really have been sent."""

    def reveal(values: Mapping[str, Any]) -> dict[str, Any]:
        return {name: _some_value(random, name) if value is REDACTED else value for name, value in values.items()}

    return replace(
        context,
        properties=reveal(context.properties),
        groups={
            name: random.choice(GROUP_KEYS[:4]) if key is REDACTED else key for name, key in context.groups.items()
        },
        group_properties={name: reveal(values) for name, values in context.group_properties.items()},
    )


def _some_value(random: Random, name: str) -> Any:
    if name in PROPERTIES:
        return random_value(random, PROPERTIES[name], oddness=0.2)
    return random.choice([True, False, "true", "false", None, "device-1"])


def _redacted(random: Random, context: Context) -> Context:
    """The context as it looks in a recording that did not keep everything."""
    share = random.choice([0.0, 0.0, 0.1, 0.3])

    def hide(values: Mapping[str, Any]) -> dict[str, Any]:
        return {name: REDACTED if random.random() < share else value for name, value in values.items()}

    return replace(
        context,
        properties=hide(context.properties),
        groups=hide(context.groups) if random.random() < 0.2 else context.groups,
        group_properties={name: hide(values) for name, values in context.group_properties.items()},
    )


def _dependent(key: str, needed: str) -> Feed:
    needs = {"key": needed, "type": "flag", "operator": "flag_evaluates_to", "value": False}
    return {"key": key, "active": True, "filters": {"groups": [{"properties": [needs]}]}}


def _edit(random: Random, flag: Feed) -> None:
    filters = flag["filters"]
    groups: list[Any] = (filters.get("groups") or []) if isinstance(filters, dict) else []
    usable = [group for group in groups if isinstance(group, dict) and isinstance(group.get("properties"), list)]
    match random.randrange(8):
        case 0:
            flag["active"] = not flag["active"]
        case 1 if groups:
            groups.insert(random.randrange(len(groups) + 1), {"properties": [], "rollout_percentage": 20})
        case 2 if groups:
            groups.pop(random.randrange(len(groups)))
        case 3 if groups:
            random.shuffle(groups)
        case 4 if isinstance(filters, dict):
            filters["early_exit"] = not filters.get("early_exit")
        case 5 if isinstance(filters, dict):
            filters["payloads"] = {"true": "1", "v0": '"other"'}
        case 6 if any(group["properties"] for group in usable):
            chosen = random.choice([group for group in usable if group["properties"]])
            chosen["properties"].pop(random.randrange(len(chosen["properties"])))
        case _ if usable:
            random.choice(usable)["rollout_percentage"] = random.choice([0, 15, 50, 80, 100])
