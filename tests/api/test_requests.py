"""Bodies of requests: what is none is 4xx, whatever it is, and is read no further than needed."""

from __future__ import annotations

import gzip
from collections.abc import AsyncIterator
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.api.reading_client import TYPENAME, Client, client_on


@pytest.fixture(scope="module")
async def client(database_url: str) -> AsyncIterator[Client]:
    async with client_on(database_url) as made:
        yield made


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"null",
        b"1",
        b"true",
        b'"text"',
        b"[]",
        b'[{"query": "{ __typename }"}]',
        b"{}",
        b'{"query": null}',
        b'{"query": 1}',
        b'{"query": ["{ __typename }"]}',
        b'{"query": {"a": 1}}',
        b'{"query": "{ __typename }", "variables": []}',
        b'{"query": "{ __typename }", "variables": "{}"}',
        b'{"query": "{ __typename }", "variables": 1}',
        b'{"query": "{ __typename }", "operationName": {}}',
        b'{"query": "{ __typename }", "operationName": 7}',
        b'{"query": "{ __typename }", "extensions": []}',
        b'{"query": "{ __typename }", "query": "{ __typename }"}',
        b'{"query": "{ __typename }", "variables": {"a": 1}, "variables": {}}',
        b'{"query": "\xff\xfe"}',
        b"\xff\xfe{\x00",
        b'{"query": "{ __typename }", "variables": ' + b'{"a":' * 5_000 + b"1" + b"}" * 5_000 + b"}",
        b"[" * 100_000,
        b'{"query": "{ __typename }", "n": ' + b"9" * 400_000 + b"}",
        b'{"query": "\\ud83d"}',
    ],
)
async def test_what_is_no_request_is_400(client: Client, body: bytes) -> None:
    answer = await client.post(body)

    assert (answer.status, answer.code) == (400, "BAD_REQUEST")


async def test_a_member_of_the_variables_may_be_called_like_one_of_the_request(client: Client) -> None:
    body = b'{"query": "{ __typename }", "variables": {"query": 1, "variables": {"query": 2}}}'

    answer = await client.post(body)

    assert answer.status == 200


@pytest.mark.parametrize(
    "headers",
    [
        {"content_type": ""},
        {"content_type": "text/plain"},
        {"content_type": "application/graphql"},
        {"content_type": "application/x-www-form-urlencoded"},
        {"content_type": "multipart/form-data; boundary=x"},
        {"content_type": "application/json; charset=utf-16"},
        {"content_type": "application/json; charset=latin-1"},
        {"content_encoding": "gzip"},
        {"content_encoding": "br"},
        {"content_encoding": "deflate, gzip"},
    ],
)
async def test_only_plain_json_in_utf8_is_read(client: Client, headers: dict[str, str]) -> None:
    body = gzip.compress(TYPENAME) if "content_encoding" in headers else TYPENAME

    answer = await client.post(body, **headers)  # type: ignore[arg-type]

    assert (answer.status, answer.code) == (415, "MEDIA_TYPE_UNSUPPORTED")


@pytest.mark.parametrize(
    "type_", ["application/json", "Application/JSON ; Charset=UTF-8", 'application/json;charset="utf-8"']
)
async def test_json_is_known_however_it_is_spelt(client: Client, type_: str) -> None:
    answer = await client.post(TYPENAME, content_type=type_, content_encoding="identity")

    assert answer.status == 200


async def test_a_body_that_says_it_is_too_large_is_not_read(client: Client) -> None:
    headers = [(b"content-type", b"application/json"), (b"content-length", b"1000001")]

    answer = await client.call("POST", headers, iter(()))

    assert (answer.status, answer.code) == (413, "BODY_TOO_LARGE")


async def test_a_body_that_grows_too_large_is_read_no_further(client: Client) -> None:
    read = 0

    def endless() -> Any:
        nonlocal read
        while True:
            read += 1
            yield {"type": "http.request", "body": b" " * 100_000, "more_body": True}

    answer = await client.call("POST", [(b"content-type", b"application/json")], endless())

    assert (answer.status, read) == (413, 11)


@pytest.mark.parametrize("length", ["x", "-1", "", "1e3", "9" * 5_000, "١"])
async def test_a_length_that_is_none_is_refused(client: Client, length: str) -> None:
    headers = [(b"content-type", b"application/json"), (b"content-length", length.encode())]

    answer = await client.call("POST", headers, iter([{"type": "http.request", "body": TYPENAME}]))

    assert answer.status in (400, 413)


async def test_a_body_in_parts_is_one_body(client: Client) -> None:
    answer = await client.post(TYPENAME, parts=7)

    assert answer.json["data"] == {"__typename": "Query"}


async def test_who_goes_away_is_answered_nothing(client: Client) -> None:
    messages = iter([{"type": "http.request", "body": b"{", "more_body": True}, {"type": "http.disconnect"}])

    answer = await client.call("POST", [(b"content-type", b"application/json")], messages)

    assert answer.status == 0


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@settings(max_examples=150)
@given(
    body=st.binary(max_size=300)
    | json_values.map(lambda value: repr(value).encode())
    | st.fixed_dictionaries(
        {},
        optional={
            "query": json_values | st.text(alphabet='{}()[]!$:@"\\.,# \nabcdefaccountsnodes0123', max_size=80),
            "variables": json_values,
            "operationName": json_values,
            "extensions": json_values,
        },
    ).map(lambda value: orjson.dumps(value, option=orjson.OPT_NON_STR_KEYS) if _is_dumpable(value) else b"?")
)
async def test_nothing_that_is_sent_is_answered_with_a_fault(client: Client, body: bytes) -> None:
    answer = await client.post(body, authorization="reviewer")

    assert 200 <= answer.status < 500
    assert "data" in answer.json or answer.json["errors"]


def _is_dumpable(value: object) -> bool:
    try:
        orjson.dumps(value)
    except (TypeError, orjson.JSONEncodeError):
        return False
    return True
