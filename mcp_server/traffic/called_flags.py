"""What locally evaluating SDKs tell, while they run, of the flags that they decided by themselves.

They ask a server for definitions only; what became of them is in their ``$feature_flag_called`` events. SDKs send one
per subject, flag and answer, so these checks are fewer than were made.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final

from evaluator.check import DISTINCT_ID
from mcp_server.services.ports import AnsweredCheck
from mcp_server.traffic.manifest import EPOCH, microseconds
from mcp_server.traffic.posthog_events import CALLED, Groups, Person, call_of, moment_of_event, read_event
from policies.impact import FlagValue

AHEAD: Final = timedelta(minutes=5)
"""How far a client's clock may be ahead."""

_NOTHING_OF_GROUPS: Final = Groups()


@dataclass(frozen=True, slots=True)
class ToldAnswer:
    """A flag's answer as an SDK tells it."""

    key: str
    value: FlagValue


def is_local_call(event: Mapping[str, Any]) -> bool:
    """Whether an event tells of a flag that an SDK evaluated by itself. Other calls were answered here."""
    if event.get("event") != CALLED:
        return False
    properties = event.get("properties")
    return isinstance(properties, dict) and properties.get("locally_evaluated") is True


def check_of_event(event: Mapping[str, Any], environment: str, now: datetime) -> AnsweredCheck:
    """The check that a local call tells of. Raises ValueError with the reason.

    Its properties are the id and those that the event itself sets; of nothing else is known what it was. A time that is
    missing, cannot be read, is before 1970 or more than ``AHEAD`` of ``now`` is taken for ``now``.
    """

    def moment(value: Any) -> int:
        try:
            at_us = moment_of_event(value)
        except ValueError:
            return microseconds(now)
        return at_us if 0 <= at_us <= microseconds(now + AHEAD) else microseconds(now)

    told = replace(read_event(event, moment), known=None)
    properties = told.properties.get("$set")
    known = {**(properties if isinstance(properties, dict) else {}), DISTINCT_ID: told.distinct_id}
    call = call_of(told, Person(known), _NOTHING_OF_GROUPS, ())
    return AnsweredCheck(
        environment=environment,
        revision=0,
        at=EPOCH + timedelta(microseconds=call.at_us),
        context=call.context,
        results=(ToldAnswer(call.flag, call.value),),
        sdk=call.sdk,
    )
