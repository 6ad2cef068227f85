"""Reading and unwrapping request bodies."""

import asyncio
import base64
import gzip
import json
import zlib
from collections.abc import Iterable
from contextlib import suppress
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.types import Message

from mcp_server.http.body import decode_body, read_body
from mcp_server.http.rejection import Cause, Disconnected, Rejection

LIMIT = 1000
BODY = {"token": "dsp", "distinct_id": "ü+/ ", "n": 1}
PLAIN = json.dumps(BODY).encode()


def read(messages: Iterable[Message], announced: str | None = None) -> bytes:
    waiting = iter(messages)

    async def receive() -> Message:
        return next(waiting)

    headers = {} if announced is None else {b"content-length": announced.encode()}
    return asyncio.run(read_body(receive, headers, LIMIT))


def chunk(body: bytes, *, more: bool) -> Message:
    return {"type": "http.request", "body": body, "more_body": more}


def cause_of(rejection: pytest.ExceptionInfo[Rejection]) -> Cause:
    return rejection.value.cause


def test_a_body_may_come_in_pieces() -> None:
    assert read([chunk(b"ab", more=True), chunk(b"", more=True), chunk(b"c", more=False)]) == b"abc"


def test_a_body_of_the_limit_is_read_and_one_byte_more_is_too_large() -> None:
    assert len(read([chunk(b"x" * LIMIT, more=False)])) == LIMIT
    for messages in ([chunk(b"x" * 1001, more=False)], [chunk(b"x" * 600, more=True), chunk(b"x" * 401, more=True)]):
        with pytest.raises(Rejection) as rejection:
            read(messages)
        assert cause_of(rejection) is Cause.TOO_LARGE


def test_a_body_that_is_announced_as_too_large_is_not_read() -> None:
    with pytest.raises(Rejection) as rejection:
        read([], announced="1001")
    assert cause_of(rejection) is Cause.TOO_LARGE


@pytest.mark.parametrize("announced", ["", "-1", "x", "²", "1 000"])
def test_a_length_that_is_no_number_is_passed_over(announced: str) -> None:
    assert read([chunk(b"x", more=False)], announced=announced.encode().decode("latin-1")) == b"x"


def test_a_client_that_goes_away_ends_the_request() -> None:
    with pytest.raises(Disconnected):
        read([chunk(b"x", more=True), {"type": "http.disconnect"}])


def test_a_client_that_sends_too_slowly_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mcp_server.http.body.READ_SECONDS", 0.001)

    async def never() -> Message:
        await asyncio.Event().wait()
        raise AssertionError

    with pytest.raises(Rejection) as rejection:
        asyncio.run(read_body(never, {}, LIMIT))
    assert cause_of(rejection) is Cause.TOO_SLOW


ENCODED = base64.b64encode(PLAIN)
WRAPPED = {
    "plain": (PLAIN, {}),
    "with blanks": (b"\r\n " + PLAIN + b"\n", {}),
    "gzip with its header": (gzip.compress(PLAIN, mtime=0), {b"content-encoding": b"gzip"}),
    "gzip without any header, as browsers send it": (gzip.compress(PLAIN, mtime=0), {b"content-type": b"text/plain"}),
    "gzip that a proxy has undone": (PLAIN, {b"content-encoding": b"gzip"}),
    "deflate": (zlib.compress(PLAIN), {b"content-encoding": b"deflate"}),
    "deflate that a proxy has undone": (PLAIN, {b"content-encoding": b"deflate"}),
    "base64": (ENCODED, {}),
    "base64 without padding": (ENCODED.rstrip(b"="), {}),
    "base64 in a form": (b"data=" + quote(ENCODED).encode(), {}),
    "base64 in a form, its plus signs not escaped": (b"data=" + ENCODED, {}),
    "base64 in a form with other fields": (b"ip=1&data=" + ENCODED + b"&ver=1.2", {}),
    "JSON in a form": (b"data=" + quote(PLAIN).encode(), {}),
    "a gzipped form": (gzip.compress(b"data=" + ENCODED, mtime=0), {}),
    "a form that only says so": (PLAIN, {b"content-type": b"application/x-www-form-urlencoded"}),
}


@pytest.mark.parametrize("name", WRAPPED)
def test_every_way_in_which_sdks_wrap_a_body_is_undone(name: str) -> None:
    raw, headers = WRAPPED[name]
    assert decode_body(raw, headers, LIMIT) == BODY


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"{",
        b"nonsense",
        b"data=",
        b"data=%7B",
        b"\xff\xfe{}",
        b'{"a": "\\ud800"}',
        b'{"a": 1e999}',
        b"[" * 5000,
        b'{"a": NaN, "b": ' + b"[" * 5000,
        b'{"a": NaN, "b": "\\ud800"}',
        gzip.compress(PLAIN, mtime=0)[:-9],
        b"\x1f\x8bnot gzip at all",
        gzip.compress(b"nonsense", mtime=0),
    ],
)
def test_what_is_no_json_is_malformed(raw: bytes) -> None:
    with pytest.raises(Rejection) as rejection:
        decode_body(raw, {}, 20_000)
    assert cause_of(rejection) is Cause.MALFORMED


@pytest.mark.parametrize("encoding", [b"br", b"zstd"])
def test_other_compressions_are_refused_by_name(encoding: bytes) -> None:
    with pytest.raises(Rejection) as rejection:
        decode_body(b"\x0b\x02\x80", {b"content-encoding": encoding}, LIMIT)
    assert cause_of(rejection) is Cause.MALFORMED
    assert "gzip" in rejection.value.detail


def test_a_decompression_bomb_is_stopped_at_the_limit() -> None:
    for bomb in (gzip.compress(b"0" * 50_000_000, mtime=0), zlib.compress(b"0" * 50_000_000)):
        assert len(bomb) < 100_000
        with pytest.raises(Rejection) as rejection:
            decode_body(bomb, {b"content-encoding": b"deflate"}, 2 * 1024 * 1024)
        assert cause_of(rejection) is Cause.TOO_LARGE


def test_numbers_that_are_none_become_null() -> None:
    raw = b'{"a": NaN, "b": [Infinity, -Infinity], "c": 1e999, "d": 12345678901234567890, "e": "NaN"}'
    expected = {"a": None, "b": [None, None], "c": None, "d": 12345678901234567890, "e": "NaN"}
    assert decode_body(raw, {}, LIMIT) == expected


json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
)


def _without_infinities(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _without_infinities(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [_without_infinities(inner) for inner in value]
    return None if value in (float("inf"), float("-inf")) else value


@given(st.dictionaries(st.text(), json_values), st.sampled_from(["plain", "gzip", "base64", "form"]))
def test_any_object_survives_any_wrapping(body: dict[str, Any], wrapping: str) -> None:
    plain = json.dumps(body).encode()
    raw = {
        "plain": plain,
        "gzip": gzip.compress(plain, mtime=0),
        "base64": base64.b64encode(plain),
        "form": b"data=" + quote(base64.b64encode(plain)).encode(),
    }[wrapping]
    assert decode_body(raw, {}, 1_000_000) == _without_infinities(body)


@given(st.binary(max_size=300))
def test_any_bytes_are_read_or_rejected(raw: bytes) -> None:
    for start in (b"", b"\x1f\x8b", b"data=", b"{"):
        with suppress(Rejection):
            decode_body(start + raw, {}, LIMIT)
