"""Which flags one request gets answers for (PostHog: request level of its flags service)."""

from datetime import UTC, datetime
from typing import Any

import pytest

from evaluator import Context, Definitions, Ruleset, compile_definitions, evaluate_all
from evaluator.select import Runtime

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
ADA = Context("ada")


def flag(key: str, *filters: Any, **other: Any) -> dict[str, Any]:
    return {"key": key, "active": True, "filters": {"groups": [{"properties": list(filters)}]}, **other}


def off(key: str) -> dict[str, Any]:
    return {"key": key, "type": "flag", "operator": "flag_evaluates_to", "value": False}


RULESET: Ruleset = compile_definitions(
    Definitions.from_posthog(
        {
            "flags": [
                flag("anywhere"),
                flag("on-server", evaluation_runtime="server"),
                flag("on-client", evaluation_runtime="client"),
                flag("on-all", evaluation_runtime="all"),
                flag("on-toaster", evaluation_runtime="toaster"),
                flag("web", evaluation_contexts=["web", "docs"]),
                flag("app", evaluation_contexts=["app"]),
                flag("inactive", active=False),
                flag("deleted", deleted=True),
                flag("unless-client", off("on-client")),
                flag("unless-unless", off("unless-client")),
            ]
        }
    )
)
EVERYWHERE = {"anywhere", "on-all", "on-toaster", "web", "app", "unless-client", "unless-unless"}


def test_inactive_and_deleted_flags_are_absent() -> None:
    assert set(evaluate_all(RULESET, ADA, now=NOW)) == EVERYWHERE | {"on-server", "on-client"}


@pytest.mark.parametrize(
    ("runtime", "more"),
    [
        ("all", {"on-server", "on-client"}),
        ("server", {"on-server"}),
        ("client", {"on-client"}),
        (None, set()),
    ],
)
def test_flags_for_another_runtime_are_absent(runtime: Runtime, more: set[str]) -> None:
    assert set(evaluate_all(RULESET, ADA, now=NOW, runtime=runtime)) == EVERYWHERE | more


def test_an_absent_flag_is_off_for_those_that_depend_on_it() -> None:
    assert evaluate_all(RULESET, ADA, now=NOW)["unless-client"].value is False
    on_server = evaluate_all(RULESET, ADA, now=NOW, runtime="server")
    assert (on_server["unless-client"].value, on_server["unless-unless"].value) == (True, False)


def test_flags_of_other_evaluation_contexts_are_absent() -> None:
    chosen = evaluate_all(RULESET, ADA, now=NOW, evaluation_contexts=["docs", "mail"])
    assert "web" in chosen
    assert "app" not in chosen
    assert "anywhere" in chosen


def test_keys_bring_their_dependencies_along() -> None:
    assert list(evaluate_all(RULESET, ADA, now=NOW, keys=["unless-unless"])) == [
        "on-client",
        "unless-client",
        "unless-unless",
    ]


def test_unknown_and_inactive_keys_are_passed_over() -> None:
    assert list(evaluate_all(RULESET, ADA, now=NOW, keys=["inactive", "nowhere", "anywhere"])) == ["anywhere"]
    assert evaluate_all(RULESET, ADA, now=NOW, keys=[]) == {}
