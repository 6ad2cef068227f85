"""Compiles a whole feed."""

from collections.abc import Mapping
from typing import Any

from evaluator.local.compiled import LocalRuleset
from evaluator.local.flags import compile_flag
from evaluator.local.trees import compile_cohort


def compile_local(feed: Mapping[str, Any]) -> LocalRuleset:
    """Prepares a definitions feed, in the form that SDKs download, for ``evaluate_local``.

    Reads ``flags`` (with the ``dependency_chain`` of filters on flags), ``cohorts`` (bare trees by id),
    ``group_type_mapping`` and ``property_matching_version``. Never raises: what is malformed is evaluated as the
    SDK would.
    """
    explicit_equality = feed.get("property_matching_version") == 2
    flags = {key: flag for flag in _list(feed.get("flags")) if isinstance(key := _key(flag), str)}
    return LocalRuleset(
        flags={key: compile_flag(key, flag, explicit_equality=explicit_equality) for key, flag in flags.items()},
        cohorts={
            cohort_id: compile_cohort(tree, explicit_equality=explicit_equality)
            for cohort_id, tree in _object(feed.get("cohorts")).items()
        },
        group_types={
            index: name for index, name in _object(feed.get("group_type_mapping")).items() if isinstance(name, str)
        },
    )


def _key(flag: Any) -> Any:
    return flag.get("key") if isinstance(flag, Mapping) else None


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _object(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}
