"""The PostHog Python SDK as an oracle: what it decides from a feed alone, at a moment of our choosing."""

import datetime as real_datetime
import logging
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import posthog.feature_flags as sdk
from posthog import Client

from evaluator.context import Context


@dataclass(frozen=True, slots=True)
class SdkAnswer:
    """``value`` None: the SDK would ask the server. ``error`` is the reason it reports, None if it stumbled instead."""

    value: bool | str | None
    error: str | None
    payload: Any

    @property
    def stumbled(self) -> bool:
        """It met something that it does not expect, logged an exception and gave up."""
        return self.value is None and self.error is None


class PosthogSdk:
    """One client per feed. Use inside ``sdk_clock``."""

    def __init__(self, feed: Mapping[str, Any]) -> None:
        self._client = Client("phc_oracle", send=False, enable_local_evaluation=False)
        self._client.feature_flags = feed["flags"]
        self._client.cohorts = feed.get("cohorts", {})
        self._client.group_type_mapping = feed.get("group_type_mapping", {})
        self._client._property_matching_version = feed.get("property_matching_version", 1)

    def answer(self, key: str, context: Context) -> SdkAnswer:
        """What ``get_feature_flag_result(..., only_evaluate_locally=True)`` would find, with the reason if nothing."""
        client = self._client
        properties, group_properties = client._add_local_person_and_group_properties(
            dict(context.groups), dict(context.properties), dict(context.group_properties)
        )
        try:
            value = client._compute_flag_locally(
                client.feature_flags_by_key[key],
                context.distinct_id,
                groups=dict(context.groups),
                person_properties=client._person_properties_for_local_evaluation(context.distinct_id, properties),
                group_properties=group_properties,
                device_id=context.device_id,
            )
        except (sdk.InconclusiveMatchError, sdk.RequiresServerEvaluation) as unknown:
            return SdkAnswer(None, unknown.reason.value, None)
        except Exception:  # noqa: BLE001 - the SDK's own getters catch everything, too
            return SdkAnswer(None, None, None)
        return SdkAnswer(value, None, client._compute_payload_locally(key, value))


@contextmanager
def sdk_clock(now: real_datetime.datetime) -> Iterator[None]:
    """Let the SDK believe that it is ``now``, on a machine that runs on UTC, and keep it quiet."""

    class AnyDatetime(type):
        def __instancecheck__(cls, value: object) -> bool:
            return isinstance(value, real_datetime.datetime)

    class Clock(real_datetime.datetime, metaclass=AnyDatetime):
        @classmethod
        def now(cls, tz: real_datetime.tzinfo | None = None) -> real_datetime.datetime:
            moment = now.astimezone(real_datetime.UTC)
            return moment.replace(tzinfo=None) if tz is None else moment.astimezone(tz)

    names = vars(real_datetime) | {"datetime": Clock}
    logger = logging.getLogger("posthog")
    original = sdk.datetime
    sdk.datetime = SimpleNamespace(**names)  # type: ignore[assignment]
    sdk._assert_date_filter_supported.cache_clear()
    logger.disabled = True
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # a warning turned into an error would change what the SDK answers
            yield
    finally:
        sdk.datetime = original
        sdk._assert_date_filter_supported.cache_clear()
        logger.disabled = False
