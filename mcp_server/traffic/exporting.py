"""Writing traffic out as text."""

from collections.abc import Iterator, Sequence

import numpy as np

from mcp_server.traffic.assembly import assemble, traffic_facts
from mcp_server.traffic.compaction import common_origin
from mcp_server.traffic.layout import LOG, TABLE_COLUMNS, TrafficFolder
from mcp_server.traffic.line_format import check_text, context_text, header_text
from mcp_server.traffic.manifest import ColumnName, SegmentManifest, moment_of
from mcp_server.traffic.merging import Merged, merged


def export_lines(folder: TrafficFolder, manifests: Sequence[SegmentManifest]) -> Iterator[str]:
    """The lines of a traffic file without line ends: for each segment a header, then its checks in order of time."""
    for manifest in manifests:
        yield header_text(common_origin(manifest), manifest.dropped)
        with merged(folder, [manifest]) as segment:
            yield from _check_lines(segment)


def _check_lines(segment: Merged) -> Iterator[str]:
    facts = traffic_facts([segment.parts[0].manifest], segment.contexts, snapshot="", digest="")
    recording = assemble(facts, segment)
    texts = [context_text(recording.context(index)) for index in range(recording.size)]
    flags, values, sdks = (segment.dictionaries.values(ColumnName(kind=kind)) for kind in ("flag", "value", "sdk"))
    log = segment.rows(0, LOG)
    in_time = np.argsort(log["at"], kind="stable")
    rows = zip(*(log[name][in_time].tolist() for name in TABLE_COLUMNS[LOG]), strict=True)
    for at_us, flag, context, value, revision, sdk in rows:
        yield check_text(texts[context], moment_of(at_us), (flags[flag], values[value]), revision, sdks[sdk])
