"""OpenFeature's own provider for OFREP, over real sockets."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from openfeature import api
from openfeature.client import OpenFeatureClient
from openfeature.contrib.provider.ofrep import OFREPProvider
from openfeature.evaluation_context import EvaluationContext
from openfeature.exception import ErrorCode
from openfeature.flag_evaluation import Reason

from tests.mcp_server.http.home import PUBLIC, Running, ServedHome, create_home, opened_home, running

ADA = EvaluationContext("ada", {"plan": "pro"})
Connect = Callable[..., OpenFeatureClient]


@pytest.fixture
def home(tmp_path: Path) -> Iterator[ServedHome]:
    path = tmp_path / "drysail.db"
    create_home(path)
    with opened_home(path) as opened:
        pro = {"key": "plan", "type": "person", "operator": "exact", "value": "pro"}
        opened.put_flag("always")
        opened.put_flag("pros", groups=[{"properties": [pro]}])
        opened.put_flag(
            "colour",
            multivariate={"variants": [{"key": "blue", "rollout_percentage": 100}]},
            groups=[{"properties": [pro]}],
            payloads={"blue": '{"hex": "#00f"}'},
        )
        opened.put_flag("asleep", active=False)
        opened.put_flag("lost", groups=[{"properties": [{"key": "id", "type": "cohort", "value": 9}]}])
        yield opened


@pytest.fixture
def server(home: ServedHome) -> Iterator[Running]:
    with running(home.store, home.recorded) as started:
        yield started


@pytest.fixture
def connect(server: Running) -> Iterator[Connect]:
    providers = []

    def client(header: str = "Authorization", value: str = f"Bearer {PUBLIC}") -> OpenFeatureClient:
        provider = OFREPProvider(server.url, headers_factory=lambda: {header: value})
        providers.append(provider)
        api.set_provider(provider)
        return api.get_client()

    yield client
    for provider in providers:
        provider.session.close()
    api.clear_providers()


@pytest.mark.parametrize(("header", "value"), [("Authorization", f"Bearer {PUBLIC}"), ("X-API-Key", PUBLIC)])
def test_values_come_with_variant_and_reason(connect: Connect, header: str, value: str) -> None:
    client = connect(header, value)
    always = client.get_boolean_details("always", False, ADA)
    assert (always.value, always.variant, always.reason) == (True, "true", Reason.STATIC)
    pros = client.get_boolean_details("pros", False, ADA)
    assert (pros.value, pros.reason) == (True, Reason.TARGETING_MATCH)
    colour = client.get_string_details("colour", "grey", ADA)
    assert (colour.value, colour.variant, colour.reason) == ("blue", "blue", Reason.SPLIT)
    assert colour.flag_metadata["payload"] == '{"hex": "#00f"}'
    assert colour.flag_metadata["reason"] == "condition_match"


def test_an_inactive_flag_is_off_and_says_why(connect: Connect) -> None:
    details = connect().get_boolean_details("asleep", True, ADA)
    assert (details.value, details.reason, details.error_code) == (False, Reason.DISABLED, None)


def test_a_subject_without_a_variant_gets_the_default_of_the_code(connect: Connect) -> None:
    details = connect().get_string_details("colour", "grey", EvaluationContext("bob"))
    assert (details.value, details.error_code) == ("grey", ErrorCode.TYPE_MISMATCH)
    assert connect().get_boolean_value("colour", True, EvaluationContext("bob")) is False


def test_errors_are_told_apart(connect: Connect) -> None:
    client = connect()
    misshapen = EvaluationContext("ada", {"groups": "x"})
    cases = {
        ErrorCode.FLAG_NOT_FOUND: client.get_boolean_details("nobody-knows", True, ADA),
        ErrorCode.TARGETING_KEY_MISSING: client.get_boolean_details("always", True, EvaluationContext()),
        ErrorCode.INVALID_CONTEXT: client.get_boolean_details("always", True, misshapen),
        ErrorCode.GENERAL: client.get_boolean_details("lost", True, ADA),
    }
    for code, details in cases.items():
        assert (details.value, details.error_code) == (True, code)
        assert details.error_message
    assert "dependency_not_found_cohort" in str(cases[ErrorCode.GENERAL].error_message)


def test_a_wrong_key_gets_defaults_and_the_provider_goes_on(connect: Connect) -> None:
    refused = connect("X-API-Key", "nobody").get_boolean_details("always", False, ADA)
    assert (refused.value, refused.error_code) == (False, ErrorCode.GENERAL)
    assert connect().get_boolean_value("always", False, ADA) is True
