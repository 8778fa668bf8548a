"""POST /graphql as a client meets it: statuses, media types, headers, and no 5xx for anything a client sends."""

from __future__ import annotations

import gzip
from collections.abc import AsyncIterator, MutableMapping
from dataclasses import dataclass
from typing import Any

import orjson
import pytest
import structlog
from hypothesis import given, settings
from hypothesis import strategies as st

from api.endpoint import GraphQLEndpoint
from api.errors import NotAuthenticated
from api.limits import Buckets, Rate
from domain.policy.roles import Role
from domain.viewer import ANONYMOUS, Viewer
from tests.api.reading_world import UNHURRIED, World, world_on

GRAPHQL = "application/graphql-response+json"
JSON_BODY = {"content-type": "application/json"}
TYPENAME = b'{"query": "{ __typename }"}'


@dataclass
class Response:
    """What came back."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> dict[str, Any]:
        found: dict[str, Any] = orjson.loads(self.body)
        return found

    @property
    def code(self) -> str:
        return str(self.json["errors"][0]["extensions"]["code"])


@dataclass
class Client:
    """Speaks ASGI to the endpoint."""

    endpoint: GraphQLEndpoint
    world: World

    async def post(
        self, body: bytes | dict[str, Any], *, method: str = "POST", parts: int = 1, raw: Any = None, **headers: str
    ) -> Response:
        """Send a body in so many parts; header names with `_` for `-`."""
        payload = orjson.dumps(body) if isinstance(body, dict) else body
        sent = {**JSON_BODY, **{name.replace("_", "-"): value for name, value in headers.items()}}
        size = max(1, -(-len(payload) // parts))
        chunks = [payload[i : i + size] for i in range(0, len(payload), size)] or [b""]
        messages = iter(
            {"type": "http.request", "body": chunk, "more_body": i < len(chunks) - 1} for i, chunk in enumerate(chunks)
        )
        return await self.call(
            method, raw or [(name.encode(), value.encode("latin-1")) for name, value in sent.items() if value], messages
        )

    async def call(self, method: str, headers: list[tuple[bytes, bytes]], messages: Any) -> Response:
        """One request."""
        answered: list[MutableMapping[str, Any]] = []

        async def receive() -> MutableMapping[str, Any]:
            return next(messages)

        async def send(message: MutableMapping[str, Any]) -> None:
            answered.append(message)

        scope = {"type": "http", "method": method, "path": "/graphql", "headers": headers, "client": ("192.0.2.1", 1)}
        await self.endpoint(scope, receive, send)
        if not answered:
            return Response(0, {}, b"")
        start, body = answered
        found = {name.decode(): value.decode() for name, value in start["headers"]}
        return Response(start["status"], found, body["body"])


@pytest.fixture(scope="module")
async def client(database_url: str) -> AsyncIterator[Client]:
    async with world_on(database_url) as world:
        viewers = {"reviewer": world.ours.viewer(Role.REVIEWER)}

        async def viewer_of(authorization: str | None) -> Viewer:
            if authorization is None:
                return ANONYMOUS
            if authorization not in viewers:
                raise NotAuthenticated
            return viewers[authorization]

        yield Client(GraphQLEndpoint(world.engine, viewer_of), world)


async def test_a_question_is_answered(client: Client) -> None:
    asked = {
        "query": "query Q($id: ID!) { account(id: $id) { createdAt } } query R { __typename }",
        "variables": {"id": client.world.ours.accounts[0]},
        "operationName": "Q",
    }

    answer = await client.post(asked, authorization="reviewer", accept=GRAPHQL)

    assert answer.status == 200
    assert answer.headers["content-type"] == f"{GRAPHQL}; charset=utf-8"
    assert answer.headers["content-length"] == str(len(answer.body))
    assert answer.headers["cache-control"] == "no-store"
    assert answer.body == (
        b'{"data":{"account":{"createdAt":"2026-11-22T08:00:00.250000Z"}},'
        b'"extensions":{"cost":{"requested":2,"limit":5000}}}'
    )


@pytest.mark.parametrize(
    ("accept", "status", "type_"),
    [
        ("", 200, "application/json; charset=utf-8"),
        ("*/*", 200, "application/json; charset=utf-8"),
        ("application/*", 200, "application/json; charset=utf-8"),
        ("application/json", 200, "application/json; charset=utf-8"),
        (GRAPHQL, 200, f"{GRAPHQL}; charset=utf-8"),
        (f"application/json, {GRAPHQL};q=0.5", 200, f"{GRAPHQL}; charset=utf-8"),
        (f"{GRAPHQL};q=0, application/json", 200, "application/json; charset=utf-8"),
        ("text/html", 406, "application/json; charset=utf-8"),
        ("text/html, */*", 200, "application/json; charset=utf-8"),
    ],
)
async def test_the_answer_is_what_is_accepted(client: Client, accept: str, status: int, type_: str) -> None:
    answer = await client.post(TYPENAME, accept=accept)

    assert (answer.status, answer.headers["content-type"]) == (status, type_)


@pytest.mark.parametrize(("accept", "status"), [("", 400), ("*/*", 400), (GRAPHQL, 400), ("application/json", 200)])
@pytest.mark.parametrize(
    ("asked", "code"),
    [
        ({"query": "{"}, "DOCUMENT_INVALID"),
        ({"query": "{ nothing }"}, "DOCUMENT_INVALID"),
        ({"query": "query($id: ID!) { account(id: $id) { id } }", "variables": {"id": None}}, "VARIABLES_INVALID"),
    ],
)
async def test_plain_json_has_200_for_what_is_well_formed(
    client: Client, accept: str, status: int, asked: dict[str, Any], code: str
) -> None:
    answer = await client.post(asked, accept=accept)

    assert (answer.status, answer.code) == (status, code)
    assert "data" not in answer.json


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        ({"query": "{ accounts(first: 0) { nodes { id } } }"}, "PAGE_INVALID"),
        ({"query": '{ accounts(after: "x") { nodes { id } } }'}, "CURSOR_INVALID"),
        ({"query": "{ __typename }", "operationName": "Other"}, "OPERATION_UNKNOWN"),
        ({"query": "query A { __typename } query B { __typename }"}, "OPERATION_UNKNOWN"),
        ({"query": "{" + " ".join(f"a{i}: __typename" for i in range(31)) + "}"}, "LIMIT_EXCEEDED"),
        (
            {"query": "query($s: String) { accounts(after: $s) { nodes { id } } }", "variables": {"s": "\0"}},
            "VARIABLES_INVALID",
        ),
    ],
)
async def test_a_refused_request_is_400_with_its_code_and_cure(
    client: Client, asked: dict[str, Any], code: str
) -> None:
    answer = await client.post(asked, accept=GRAPHQL)

    assert (answer.status, answer.code) == (400, code)
    assert answer.json["errors"][0]["extensions"]["fix"]


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


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE", "OPTIONS", "PATCH"])
async def test_only_post_is_answered(client: Client, method: str) -> None:
    answer = await client.post(b"", method=method)

    assert (answer.status, answer.headers["allow"]) == (405, "POST")


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


async def test_a_header_that_comes_twice_is_refused(client: Client) -> None:
    headers = [(b"content-type", b"application/json"), (b"authorization", b"reviewer"), (b"authorization", b"other")]

    answer = await client.post(TYPENAME, raw=headers)

    assert answer.status in (400, 401)


async def test_a_token_that_proves_nobody_is_401(client: Client) -> None:
    answer = await client.post(TYPENAME, authorization="stranger")

    assert (answer.status, answer.code) == (401, "UNAUTHENTICATED")
    assert answer.headers["www-authenticate"].startswith("Bearer")


async def test_too_many_new_documents_are_429(client: Client) -> None:
    client.world.engine._buckets = Buckets(UNHURRIED, Rate(1, 0.25), elapsed=lambda: 0.0)

    first = await client.post({"query": "{ first: __typename }"})
    second = await client.post({"query": "{ second: __typename }"})
    again = await client.post({"query": "{ first: __typename }"})
    client.world.engine._buckets = Buckets(UNHURRIED, UNHURRIED)

    assert (first.status, second.status, again.status) == (200, 429, 200)
    assert (second.code, second.headers["retry-after"]) == ("RATE_LIMITED", "4")


async def test_labels_are_in_the_language_of_the_request(client: Client) -> None:
    asked = {"query": "{ accounts(first: 1) { nodes { availableSteps { caption } } } }"}

    answers = [
        await client.post(asked, authorization="reviewer", accept_language=language)
        for language in ("", "en-GB, zh;q=0.5", "fr, de;q=0.9", "en;q=0.2, zh-CN;q=0.8")
    ]

    captions = [each.json["data"]["accounts"]["nodes"][0]["availableSteps"][0]["caption"] for each in answers]
    assert captions == ["ZH:approve", "EN:approve", "ZH:approve", "ZH:approve"]


async def test_a_fault_is_told_by_its_id_and_logged_without_values(client: Client) -> None:
    asked = {
        "query": "mutation($input: RenameInput!) { accountRename(input: $input) { problems { message } } }",
        "variables": {"input": {"id": "private", "name": "fault"}},
    }

    with structlog.testing.capture_logs() as logs:
        answer = await client.post(asked, authorization="reviewer", accept=GRAPHQL)

    assert (answer.status, answer.code) == (500, "FAULT")
    assert "secret" not in answer.body.decode()
    assert [(log["event"], log["id"], log["type"]) for log in logs] == [
        ("fault", answer.json["errors"][0]["extensions"]["id"], "RuntimeError")
    ]
    assert "secret" not in str(logs)
    assert "private" not in str(logs)


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
