"""Other evaluators of feature flags, each given flags equivalent to those of the shop, and kept off the network.

Equivalent means: the same conditions in the same order, the same rollouts and variants. Which subjects a rollout holds
is each evaluator's own affair, as their hashes differ.
"""

from benchmarks.peers import growthbook_sdk, launchdarkly_sdk, posthog_sdk, statsig_sdk
from benchmarks.peers.peer import Json, Peer

__all__ = ["Json", "Peer", "all_peers"]


def all_peers(one: Json, hundred: Json, key: str) -> list[Peer]:
    """Every peer, with the flags that PostHog's SDK would download: one, and a hundred."""
    return [
        posthog_sdk.client_api(one, hundred, key),
        posthog_sdk.engine_function(one, hundred, key),
        statsig_sdk.peer(one, hundred, key),
        growthbook_sdk.peer(one, hundred, key),
        launchdarkly_sdk.peer(one, hundred, key),
    ]
