"""Putting a recording together from merged segments."""

from collections.abc import Sequence

from mcp_server.traffic.manifest import SegmentManifest
from mcp_server.traffic.merging import Contexts, Part, kept_by_all
from mcp_server.traffic.profile import gaps, merge_periods
from policies.impact import TrafficFacts
from policies.replay.recording import Column, Recording


def traffic_facts(
    manifests: Sequence[SegmentManifest], contexts: Contexts, *, snapshot: str, digest: str
) -> TrafficFacts:
    """What the evidence says about its traffic."""
    periods = merge_periods(period for manifest in manifests for period in manifest.busy)
    return TrafficFacts(
        snapshot=snapshot,
        digest=digest,
        environment=manifests[0].environment,
        provenance=manifests[0].provenance,
        first_at=min(manifest.first_at for manifest in manifests),
        newest_at=max(manifest.last_at for manifest in manifests),
        largest_gap_seconds=max(((end - start) // 1_000_000 for start, end in gaps(periods)), default=0),
        subjects=contexts.subjects,
        contexts=contexts.size,
        checks=sum(manifest.checks for manifest in manifests),
        dropped=sum(manifest.dropped for manifest in manifests),
        sampled_ppm=min(manifest.sampled_ppm for manifest in manifests),
    )


def assemble(facts: TrafficFacts, parts: Sequence[Part], contexts: Contexts) -> Recording:
    """A recording of the parts' contexts, without answers."""
    group_properties: dict[str, dict[str, Column]] = {}
    for (group, name), column in contexts.columns("group_property").items():
        group_properties.setdefault(group, {})[name] = column
    return Recording(
        facts=facts,
        subjects=contexts.columns("subject")["", ""],
        device_ids=contexts.columns("device")["", ""],
        properties={name: column for (_, name), column in contexts.columns("property").items()},
        groups={group: column for (group, _), column in contexts.columns("group").items()},
        group_properties=group_properties,
        answers={},
        kept_properties=kept_by_all(parts),
    )
