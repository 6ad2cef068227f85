"""The person's properties as PostHog's server would see them, as far as the request tells them.

Drysail keeps no person store: properties that an SDK does not send do not exist, and neither does GeoIP.
"""

from collections.abc import Mapping
from typing import Final

from evaluator.context import JsonValue

_WITH_SIGN: Final = (
    "app_build app_name app_namespace app_version browser browser_version device_type current_url pathname os "
    "os_version referring_domain referrer screen_height screen_width viewport_height viewport_width raw_user_agent"
)
_CAMPAIGN: Final = (
    "utm_source utm_medium utm_campaign utm_content utm_term gclid gad_source gclsrc dclid gbraid wbraid fbclid "
    "msclkid twclid li_fat_id mc_cid igshid ttclid rdt_cid epik qclid sccid irclid _kx"
)
INITIAL_TWINS: Final[Mapping[str, str]] = {
    **{f"${name}": f"$initial_{name}" for name in _WITH_SIGN.split()},
    **{name: f"$initial_{name}" for name in _CAMPAIGN.split()},
}
"""Properties whose first value PostHog keeps under a second name."""


def person_properties(distinct_id: str, sent: Mapping[str, JsonValue]) -> dict[str, JsonValue]:
    """What the request sent, and a ``$initial_`` twin where the request did not send that itself.

    A ``distinct_id`` that only repeats the subject's id is left out: the evaluator knows it, and a recording would keep
    one more value per subject.
    """
    properties = dict(sent)
    if properties.get("distinct_id") == distinct_id:
        del properties["distinct_id"]
    for name in sent:
        twin = INITIAL_TWINS.get(name)
        if twin is not None and twin not in sent:
            properties[twin] = sent[name]
    return properties


def group_properties(sent: Mapping[str, Mapping[str, JsonValue]]) -> dict[str, dict[str, JsonValue]]:
    """What the request sent, without ``$group_key``: that always is the group's key, whatever a caller says."""
    return {
        group: {name: value for name, value in properties.items() if name != "$group_key"}
        for group, properties in sent.items()
    }
