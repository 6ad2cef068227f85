"""Writing traffic out as text."""

from collections.abc import Iterator, Sequence

import duckdb
import numpy as np

from mcp_server.traffic.assembly import assemble, traffic_facts
from mcp_server.traffic.compaction import common_origin
from mcp_server.traffic.interning import parse_texts
from mcp_server.traffic.layout import LOG, TrafficFolder
from mcp_server.traffic.line_format import check_text, context_text, header_text
from mcp_server.traffic.manifest import ColumnName, SegmentManifest, moment_of
from mcp_server.traffic.merging import Part, merge_contexts, read_part
from mcp_server.traffic.tables import engine


def export_lines(folder: TrafficFolder, manifests: Sequence[SegmentManifest]) -> Iterator[str]:
    """The lines of a traffic file without line ends: for each segment a header, then its checks in order of time."""
    with engine() as connection:
        for manifest in manifests:
            part = read_part(connection, folder, manifest)
            yield header_text(common_origin(manifest), manifest.dropped)
            yield from _check_lines(connection, part)


def _check_lines(connection: duckdb.DuckDBPyConnection, part: Part) -> Iterator[str]:
    contexts = merge_contexts([part])
    recording = assemble(traffic_facts([part.manifest], contexts, snapshot="", digest=""), [part], contexts)
    texts = [context_text(recording.context(index)) for index in range(recording.size)]
    flags, values, sdks = (parse_texts(part.texts[ColumnName(kind=kind)]) for kind in ("flag", "value", "sdk"))
    log = part.read(connection, LOG)
    places = contexts.places[0]
    for row in np.argsort(log["at"], kind="stable"):
        yield check_text(
            texts[places[log["context"][row]]],
            moment_of(int(log["at"][row])),
            (flags[log["flag"][row]], values[log["value"][row]]),
            int(log["revision"][row]),
            sdks[log["sdk"][row]],
        )
