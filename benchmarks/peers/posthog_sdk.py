"""posthog-python, deciding locally."""

from benchmarks.peers.peer import Json, Peer
from benchmarks.posthog_client import client_of, engine, public_api, public_api_of_all


def client_api(one: Json, hundred: Json, key: str) -> Peer:
    """``get_feature_flag`` and ``get_all_flags``, as an application calls them; no events."""
    return Peer(
        "posthog client API",
        "posthog",
        subject=lambda context: context,
        one=public_api(client_of(one), key),
        hundred=public_api_of_all(client_of(hundred)),
        values=dict,
    )


def engine_function(one: Json, hundred: Json, key: str) -> Peer:
    """The function inside the client that decides, without anything around it."""
    client = client_of(hundred)
    checks = {flag["key"]: engine(client, flag["key"]) for flag in hundred["flags"]}
    return Peer(
        "posthog engine function",
        "posthog",
        subject=lambda context: context,
        one=engine(client_of(one), key),
        hundred=lambda context: {key: check(context) for key, check in checks.items()},
        values=dict,
    )
