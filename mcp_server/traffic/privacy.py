"""What of a check is recorded, and in which form: names that never are, values and ids that become tokens.

A hashed property is recorded twice: under its own name as redacted, so that a replay cannot take a token for a value,
and under the name that ``token_name`` gives as a token, so that people can still count distinct values.
"""

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from fnmatch import translate
from functools import cached_property
from typing import Any, Final

from evaluator.check import DEVICE_ID, DISTINCT_ID
from evaluator.context import REDACTED, Context, JsonValue, Mark
from mcp_server.services.ports import AnsweredCheck
from mcp_server.traffic.interning import json_text
from mcp_server.traffic.manifest import Redaction
from mcp_server.traffic.secret import TOKEN_PREFIX, Tokens

ID_PROPERTIES: Final = frozenset({DISTINCT_ID, DEVICE_ID, "$anon_distinct_id", "$user_id"})
"""Properties that hold a subject's ids; others are recognised by holding the same text."""

_MOST_REMEMBERED: Final = 10_000

Properties = Mapping[str, JsonValue | Mark]


class NamePatterns:
    """Patterns such as ``*token*``, whichever letters are capital. Remembers the names that it was asked about."""

    def __init__(self, patterns: Iterable[str]) -> None:
        self.texts = tuple(sorted(set(patterns)))
        self._pattern = re.compile("|".join(map(translate, self.texts)) or r"(?!)", re.IGNORECASE)
        self._known: dict[str, bool] = {}

    def __contains__(self, name: str) -> bool:
        known = self._known.get(name)
        if known is None:
            known = self._pattern.match(name) is not None
            if len(self._known) < _MOST_REMEMBERED:
                self._known[name] = known
        return known


@dataclass(frozen=True)
class Privacy:
    """Withholds from checks what must not reach the disk. ``tokens`` are needed where anything is hashed."""

    denied: tuple[str, ...] = ()
    hashed: tuple[str, ...] = ()
    hashes_ids: bool = False
    tokens: Tokens | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        if (self.hashed or self.hashes_ids) and self.tokens is None:
            raise ValueError("hashing takes a key")

    @cached_property
    def redaction(self) -> Redaction:
        """What manifests say about it."""
        return Redaction(
            denied=self._denied.texts, hashed=self._hashed.texts, ids="hashed" if self.hashes_ids else "plain"
        )

    def kept(self, allowed: Collection[str] | None) -> frozenset[str] | None:
        """The names that may be written, of those that are allowed. None, which allows all, stays None."""
        if allowed is None:
            return None
        names = {name for name in allowed if name not in self._denied and not self._is_token(name)}
        names |= {token_name(name) for name in names if name in self._hashed}
        # A replay that asks for the distinct id must find that it is not known.
        return frozenset(names | {DISTINCT_ID} if self.hashes_ids else names)

    def withheld(self, check: AnsweredCheck) -> AnsweredCheck:
        """The check without what must not be written. Raises Unrecordable for a value that is no JSON value."""
        context = check.context
        if not (self.denied or self.hashed or self.hashes_ids):
            return check
        context = self._without_values(context, check.environment)
        if not self.hashes_ids:
            return replace(check, context=context)
        return replace(check, context=self._without_ids(context, check.environment), hashes=dict)

    @cached_property
    def _denied(self) -> NamePatterns:
        return NamePatterns(self.denied)

    @cached_property
    def _hashed(self) -> NamePatterns:
        return NamePatterns(self.hashed)

    def _is_token(self, name: str) -> bool:
        """Whether only a recorder that hashes writes this name, never a client."""
        return bool(self.hashed) and name.startswith(TOKEN_PREFIX)

    def _without_values(self, context: Context, environment: str) -> Context:
        properties = self._properties(context.properties, environment, "property")
        groups = {
            group: self._properties(values, environment, f"property of {group}")
            for group, values in context.group_properties.items()
        }
        return replace(context, properties=properties, group_properties=groups)

    def _properties(self, sent: Properties, environment: str, kind: str) -> Properties:
        if not any(name in self._denied or name in self._hashed or self._is_token(name) for name in sent):
            return sent
        written: dict[str, Any] = {}
        for name, value in sent.items():
            if self._is_token(name):
                continue
            is_hashed = name in self._hashed and name not in self._denied and not isinstance(value, Mark)
            written[name] = REDACTED if is_hashed or name in self._denied else value
            if is_hashed and self.tokens is not None:
                written[token_name(name)] = self.tokens.of(environment, f"{kind} {name}", json_text(value))
        return written

    def _without_ids(self, context: Context, environment: str) -> Context:
        tokens = self.tokens
        if tokens is None:
            return context
        among = context.properties.get(DEVICE_ID)
        device = context.device_id or (among if isinstance(among, str) and among else None)
        ids = {context.distinct_id, device} - {None, ""}

        def hidden(values: Properties, names: Collection[str] = ()) -> dict[str, JsonValue | Mark]:
            told = {name: value for name, value in values.items() if name not in names and not _is_one_of(ids, value)}
            return {name: told.get(name, REDACTED) for name in values}

        return replace(
            context,
            distinct_id=tokens.of_subject(environment, context.distinct_id),
            device_id=None if device is None else tokens.of_device(environment, device),
            properties={**hidden(context.properties, ID_PROPERTIES), DISTINCT_ID: REDACTED},
            groups=hidden(context.groups),
            group_properties={group: hidden(values) for group, values in context.group_properties.items()},
        )


NOTHING_PRIVATE: Final = Privacy()


def token_name(name: str) -> str:
    """Under which name the tokens of a hashed property are recorded."""
    return TOKEN_PREFIX + name


def _is_one_of(ids: Collection[str | None], value: JsonValue | Mark) -> bool:
    """Whether a value is one of these ids, as text or as a number."""
    if type(value) is int:
        return value.bit_length() < 256 and str(value) in ids
    return isinstance(value, str) and value in ids
