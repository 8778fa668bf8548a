"""POST /graphql as a client meets it: statuses, media types, headers, who is answered and in which language."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
import structlog

from api.limits import Buckets, Rate
from tests.api.reading_client import GRAPHQL, TYPENAME, Client, client_on
from tests.api.reading_world import UNHURRIED


@pytest.fixture(scope="module")
async def client(database_url: str) -> AsyncIterator[Client]:
    async with client_on(database_url) as made:
        yield made


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


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE", "OPTIONS", "PATCH"])
async def test_only_post_is_answered(client: Client, method: str) -> None:
    answer = await client.post(b"", method=method)

    assert (answer.status, answer.headers["allow"]) == (405, "POST")


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
