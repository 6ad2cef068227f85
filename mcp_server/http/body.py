"""From the bytes of a request to JSON: reading within limits, and undoing what SDKs wrap around it."""

import asyncio
import base64
import binascii
import json
import zlib
from collections.abc import Mapping
from typing import Final
from urllib.parse import unquote_to_bytes

import orjson
from starlette.types import Receive

from evaluator.context import JsonValue
from mcp_server.http.rejection import Cause, Disconnected, Rejection

FLAGS_LIMIT: Final = 2 * 1024 * 1024
"""Bytes that a check may hold, compressed or not (PostHog's limit)."""

EVENTS_LIMIT: Final = 20 * 1024 * 1024
"""Bytes that a batch of events may hold, compressed or not (PostHog's limit)."""

READ_SECONDS: Final = 10.0
"""How long a client may take to send its body."""

Headers = Mapping[bytes, bytes]
"""Header names in lower case; of a repeated header, the last."""

GZIP_MAGIC: Final = b"\x1f\x8b"
_ZLIB_MAGIC: Final = b"\x78"
_GZIP_WINDOW: Final = 31
_ZLIB_WINDOW: Final = 15


async def read_body(receive: Receive, headers: Headers, limit: int) -> bytes:
    """The body as sent.

    Raises Rejection if it is larger than ``limit`` bytes (before reading it, where its length is announced) or takes
    longer than ``READ_SECONDS``, and Disconnected.
    """
    announced = headers.get(b"content-length", b"")
    if announced.isdigit() and int(announced) > limit:
        raise _too_large(limit)
    try:
        async with asyncio.timeout(READ_SECONDS):
            return await _receive_all(receive, limit)
    except TimeoutError:
        raise Rejection(Cause.TOO_SLOW, f"The body did not arrive within {READ_SECONDS:.0f} seconds.") from None


async def _receive_all(receive: Receive, limit: int) -> bytes:
    chunks: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise Disconnected
        chunk: bytes = message.get("body", b"")
        if not chunks and not message.get("more_body", False) and len(chunk) <= limit:
            return chunk
        size += len(chunk)
        if size > limit:
            raise _too_large(limit)
        chunks.append(chunk)
        if not message.get("more_body", False):
            return b"".join(chunks)


def decode_body(raw: bytes, headers: Headers, limit: int) -> JsonValue:
    """The JSON in a body, in the order in which PostHog tries: compression, JSON, base64 of JSON, a form's ``data``.

    Compression is told by the first bytes: browsers send gzip without any header, and a ``compression`` parameter or
    ``Content-Encoding`` may survive a proxy that has already decompressed. NaN and infinities become null.

    Raises Rejection if it is none of these, or larger than ``limit`` when decompressed.
    """
    return json_of(plain_body(raw, headers, limit))


def plain_body(raw: bytes, headers: Headers, limit: int) -> bytes:
    """The part of ``decode_body`` before the JSON is read. Raises Rejection."""
    data = _uncompressed(raw, headers.get(b"content-encoding", b"").strip().lower(), limit)
    return data if _looks_like_json(data) else _unwrapped(data)


def json_of(data: bytes) -> JsonValue:
    """The JSON in a plain body. Raises Rejection."""
    try:
        return parse_json(data)
    except ValueError:
        raise Rejection(Cause.MALFORMED, "The body is not valid JSON.") from None


def parse_json(data: bytes) -> JsonValue:
    """JSON with NaN and infinities read as null. Raises ValueError; lone surrogates are errors too."""
    try:
        return orjson.loads(data)
    except orjson.JSONDecodeError:
        if b"NaN" not in data and b"Infinity" not in data:
            raise
    try:
        return orjson.loads(orjson.dumps(json.loads(data.decode(), parse_constant=lambda _: None)))
    except (RecursionError, orjson.JSONEncodeError) as error:
        raise ValueError(str(error)) from None


def _uncompressed(raw: bytes, encoding: bytes, limit: int) -> bytes:
    if raw.startswith(GZIP_MAGIC):
        return _decompressed(raw, _GZIP_WINDOW, limit)
    if encoding == b"deflate" and raw.startswith(_ZLIB_MAGIC):
        return _decompressed(raw, _ZLIB_WINDOW, limit)
    if encoding not in (b"", b"identity", b"gzip", b"gzip-js", b"deflate"):
        raise Rejection(Cause.MALFORMED, "The body's content encoding is not supported; send gzip, deflate or none.")
    return raw


def _decompressed(raw: bytes, window: int, limit: int) -> bytes:
    stream = zlib.decompressobj(window)
    try:
        data = stream.decompress(raw, limit + 1)
    except zlib.error:
        raise Rejection(Cause.MALFORMED, "The compressed body is damaged.") from None
    if len(data) > limit:
        raise _too_large(limit)
    if not stream.eof:
        raise Rejection(Cause.MALFORMED, "The compressed body is cut off.")
    return data


def _unwrapped(data: bytes) -> bytes:
    """The JSON in a form's ``data`` field or in base64; whatever else it is comes back unchanged."""
    text = data.strip()
    for field in text.split(b"&"):
        if field.startswith(b"data="):
            text = unquote_to_bytes(field[len(b"data=") :].replace(b"+", b" ")).strip()
            if _looks_like_json(text):
                return text
            text = text.replace(b" ", b"+")  # a plus sign of base64 that the client did not escape
            break
    try:
        return base64.b64decode(text + b"=" * (-len(text) % 4), validate=True)
    except binascii.Error:
        return data


def _looks_like_json(data: bytes) -> bool:
    return data.lstrip()[:1] in (b"{", b"[")


def _too_large(limit: int) -> Rejection:
    return Rejection(Cause.TOO_LARGE, f"The body is larger than {limit // (1024 * 1024)} MiB.")
