"""Values that try to cost much: each is answered or refused in bounded work, and others are served on."""

import gzip
import json
import shutil
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from time import process_time

import httpx
import pytest
from starlette.testclient import TestClient

from tests.mcp_server.http.home import PUBLIC, opened_home, running

SIZE = 2_000_000
OPERATORS = {
    **dict.fromkeys(("exact", "icontains", "not_icontains", "starts_with", "gt", "is_date_before"), "5"),
    "icontains_multi": ["a", "b"],
    "between": [1, 5],
    "semver_gt": "1.2.3",
    "regex": "^(a+)+$",
    "not_regex": r"(?:a?){1000}(?:a?){1000}\w{20}",
}


def check(value: str) -> bytes:
    """A check with the value, given as JSON text, as a property."""
    return f'{{"token": "{PUBLIC}", "distinct_id": "ada", "person_properties": {{"plan": {value}}}}}'.encode()


def many(count: int) -> bytes:
    return check("1").replace(b'"plan": 1', b",".join(b'"p%d": 1' % number for number in range(count)))


ANSWERED = {
    "digits": check(f'"{"9" * SIZE}"'),
    "dots": check(f'"{"." * SIZE}"'),
    "a pre-release": check(f'"1.2.3-{"1." * (SIZE // 2)}1"'),
    "letters": check(f'"{"a" * SIZE}"'),
    "commas": check(f'"{"," * SIZE}"'),
    "a long list": check(f"[{','.join(['1.5'] * (SIZE // 40))}]"),
    "not a number": check("[NaN, Infinity, -Infinity]"),
    "a number below binary64": check("[-1e-400]"),
    "a key twice": check('"free", "plan": "pro"'),
    "a hundred thousand properties": many(100_000),
    "gzip": gzip.compress(check(f'"{"a" * SIZE}"')),
}
REFUSED = {
    "nests 100,000 deep": (400, check("[" * 100_000 + "]" * 100_000)),
    "nests 100,000 deep around NaN": (400, check("[" * 100_000 + "NaN" + "]" * 100_000)),
    "half a surrogate pair": (400, check('"\\ud800"')),
    "invalid UTF-8": (400, check('"\xff"').replace("\xff".encode(), b"\xff")),
    "more than 2 MiB": (413, check(f'"{"a" * 10_000_000}"')),
    "a gzip bomb": (413, gzip.compress(b" " * 100_000_000, 9)),
    "half of a gzip stream": (400, gzip.compress(check('"a"'))[:-9]),
}


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory, empty_home: Path) -> Iterator[TestClient]:
    path = Path(shutil.copy(empty_home, tmp_path_factory.mktemp("hostile")))
    with opened_home(path) as home:
        for operator, value in OPERATORS.items():
            entry = {"key": "plan", "type": "person", "operator": operator, "value": value}
            home.put_flag(operator.replace("_", "-"), groups=[{"properties": [entry]}])
        with TestClient(home.app()) as client:
            yield client


def assert_serves_others(client: TestClient) -> None:
    answer = client.post("/flags/?v=2", content=json.dumps({"token": PUBLIC, "distinct_id": "bob"}))
    assert answer.status_code == 200
    assert len(answer.json()["flags"]) == len(OPERATORS)


@pytest.mark.parametrize("name", ANSWERED)
def test_a_costly_value_is_answered(client: TestClient, name: str) -> None:
    begun = process_time()
    answer = client.post("/flags/?v=2", content=ANSWERED[name])
    assert process_time() - begun < 20, "work that grows faster than the value would take minutes"
    assert answer.status_code == 200, answer.text
    assert answer.json()["errorsWhileComputingFlags"] is False
    assert_serves_others(client)


@pytest.mark.parametrize("path", ["/flags/?v=2", "/ofrep/v1/evaluate/flags"])
def test_others_are_served_while_a_costly_value_is_looked_at(tmp_path: Path, empty_home: Path, path: str) -> None:
    body = check(f"[{','.join(['1.5'] * (SIZE // 5))}]")
    context = json.loads(body)["person_properties"] | {"targetingKey": "ada"}
    costly = body if path.startswith("/flags") else json.dumps({"context": context}).encode()
    with opened_home(Path(shutil.copy(empty_home, tmp_path))) as home:
        home.put_flag("listed", groups=[{"properties": [{"key": "plan", "type": "person", "value": "5"}]}])
        with running(home.store, home.recorded) as server, ThreadPoolExecutor(1) as somebody:
            headers = {"x-api-key": PUBLIC}
            answer = somebody.submit(httpx.post, server.url + path, content=costly, headers=headers, timeout=60)
            served_meanwhile = 0
            while not answer.done():
                others = httpx.post(f"{server.url}/flags/?v=2", json={"token": PUBLIC, "distinct_id": "bob"})
                assert others.status_code == 200
                served_meanwhile += not answer.done()
    assert answer.result().status_code == 200
    assert served_meanwhile > 5


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_read_is_refused(client: TestClient, name: str) -> None:
    status, content = REFUSED[name]
    answer = client.post("/flags/?v=2", content=content)
    assert answer.status_code == status, answer.text
    assert answer.text
    assert_serves_others(client)
