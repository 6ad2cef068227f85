"""Compiles the cohorts of a feed: bare trees, as SDKs receive them."""

from collections.abc import Mapping
from typing import Any

from evaluator.local.cohorts import MalformedTree, Negated, Tree
from evaluator.local.compiled import Filter
from evaluator.local.filters import Broken, compile_filter
from evaluator.local.unknown import BEYOND_PYTHON


def compile_cohort(tree: Any, *, explicit_equality: bool) -> Filter:
    """A cohort's tree. One that Python cannot follow or write is beyond SDKs as well."""
    try:
        return _compile_group(tree, explicit_equality)
    except BEYOND_PYTHON:
        return Broken()


def _compile_group(group: Any, explicit_equality: bool) -> Filter:
    if group == {}:
        return Tree((), every=True)
    if not isinstance(group, Mapping) or group.get("type") not in ("AND", "OR"):
        return MalformedTree()
    values = group.get("values")
    if not isinstance(values, list):
        return MalformedTree()
    parts = tuple(_compile_entry(entry, explicit_equality) for entry in values)
    return Tree(parts, every=group["type"] == "AND")


def _compile_entry(entry: Any, explicit_equality: bool) -> Filter:
    if not isinstance(entry, Mapping):
        return MalformedTree()
    if not entry or "values" in entry or entry.get("type") in ("AND", "OR"):
        return _compile_group(entry, explicit_equality)
    leaf = compile_filter(entry, explicit_equality=explicit_equality)
    return Negated(leaf) if entry.get("negation") else leaf
