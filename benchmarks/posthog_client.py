"""The PostHog SDK as benchmarks use it: with definitions in memory, never on the network."""

import logging
import warnings
from collections.abc import Callable
from typing import Any

from posthog.client import Client
from posthog.feature_flags import InconclusiveMatchError

from evaluator import Context

Value = bool | str | None


def client_of(feed: dict[str, Any]) -> Client:
    """A client that evaluates these definitions locally."""
    logging.getLogger("posthog").disabled = True
    warnings.simplefilter("ignore")
    client = Client("phc_benchmark", send=False, enable_local_evaluation=False)
    client.feature_flags = feed["flags"]
    client.cohorts = feed["cohorts"]
    client.group_type_mapping = feed["group_type_mapping"]
    return client


def public_api(client: Client, key: str) -> Callable[[Context], Value]:
    """``get_feature_flag``, as an application calls it. None: the SDK would ask the server."""

    def check(context: Context) -> Value:
        return client.get_feature_flag(
            key,
            context.distinct_id,
            person_properties=dict(context.properties),
            only_evaluate_locally=True,
            send_feature_flag_events=False,
        )

    return check


def public_api_of_all(client: Client) -> Callable[[Context], Any]:
    """``get_all_flags``, as an application calls it."""

    def check(context: Context) -> Any:
        return client.get_all_flags(
            context.distinct_id, person_properties=dict(context.properties), only_evaluate_locally=True
        )

    return check


def engine(client: Client, key: str) -> Callable[[Context], Value]:
    """The function inside the client that decides, without anything around it."""
    flag, decide = client.feature_flags_by_key[key], client._compute_flag_locally

    def check(context: Context) -> Value:
        try:
            return decide(flag, context.distinct_id, person_properties=context.properties)
        except InconclusiveMatchError:
            return None

    return check
