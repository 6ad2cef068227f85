"""Operations on variants and payloads."""

from typing import Any

from evaluator import json_text
from mcp_server.services.errors import InvalidInput
from mcp_server.services.operations.grammar import Operation

Definition = dict[str, Any]


def set_variants(flag: Definition, operation: Operation) -> None:
    """Replace the list of variants. What the entries hold is validated with the whole flag."""
    filters = flag.setdefault("filters", {})
    entries = [dict(entry) for entry in operation.variants or []]
    filters["multivariate"] = {**(filters.get("multivariate") or {}), "variants": entries} if entries else None


def set_payload(flag: Definition, operation: Operation) -> None:
    """Set or remove a payload; it is stored as JSON text, the way PostHog stores it."""
    filters = flag.setdefault("filters", {})
    payloads = dict(filters.get("payloads") or {})
    key = operation.variant or ""
    known = [variant.get("key") for variant in (filters.get("multivariate") or {}).get("variants", [])] or ["true"]
    if key not in known:
        raise InvalidInput(
            f"Flag {flag.get('key')!r} can have no payload for {key!r}.",
            hint=f"It can for: {', '.join(map(str, known))}.",
            code="NO_SUCH_VARIANT",
            place="variant",
        )
    if operation.payload is None:
        payloads.pop(key, None)
    else:
        payloads[key] = json_text.dumps(operation.payload)
    filters["payloads"] = payloads
