"""Segments of checks whose contexts are known in part: what nobody told is redacted, not missing."""

from dataclasses import replace

import numpy as np

from mcp_server.traffic.draft import Content
from mcp_server.traffic.interning import MISSING_CODE, MOST_COLUMNS, REDACTED_CODE
from mcp_server.traffic.manifest import ColumnName


def untold_redacted(content: Content) -> Content:
    """The content with every property of persons and groups redacted that its context does not hold.

    The segment counts as keeping the properties that are in it, so that a reader takes all others for redacted. Names
    are kept of persons and groups alike: what a person told is written as redacted for every group. Where this takes
    more columns than a segment has room for, no property is kept.
    """
    count = len(content.codes)
    names = {column.name for column in content.columns[:count] if column.kind in ("property", "group_property")}
    groups = [column.group for column in content.columns[:count] if column.kind == "group"]
    if count + len(names) * len(groups) > MOST_COLUMNS:
        content, names = _without_properties(content), set()
    count = len(content.codes)
    added = [
        column
        for group in groups
        for name in sorted(filter(None, names))
        if (column := ColumnName(kind="group_property", group=group, name=name)) not in content.columns
    ]
    codes = np.vstack([content.codes, np.full((len(added), content.codes.shape[1]), MISSING_CODE, dtype=np.int32)])
    columns = (*content.columns[:count], *added)
    for number, column in enumerate(columns):
        if column.kind in ("property", "group_property"):
            codes[number][codes[number] == MISSING_CODE] = REDACTED_CODE
    return replace(
        content,
        origin=replace(content.origin, kept=frozenset(filter(None, names))),
        columns=(*columns, *content.columns[count:]),
        texts=[*content.texts[:count], *([] for _ in added), *content.texts[count:]],
        codes=codes,
    )


def _without_properties(content: Content) -> Content:
    numbers = [
        number for number, column in enumerate(content.columns) if column.kind not in ("property", "group_property")
    ]
    return replace(
        content,
        columns=tuple(content.columns[number] for number in numbers),
        texts=[content.texts[number] for number in numbers],
        codes=content.codes[[number for number in numbers if number < len(content.codes)]],
    )
