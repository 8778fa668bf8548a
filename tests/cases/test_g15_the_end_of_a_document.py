"""What stands at the end of a document is a syntax error, too many tokens are too many: each is told as what it is."""

from __future__ import annotations

from typing import Final

import pytest

from api.limits import TOKENS_MAX
from tests.world import World

_MANY: Final = "__typename " * TOKENS_MAX
_BROKEN: Final = (
    "{ __typename } token2000",
    "{ __typename } 2000",
    '{ __typename } "more than 2000 tokens"',
    "{ __typename @token2000( }",
    "{ __typename(token: 2000 }",
    'token2000 "Document contains more than 2000 tokens. Parsing aborted."',
    "{ __typename } # 2000 tokens\n }",
)
_LONG: Final = (f"{{ {_MANY} }}", "#\n" * (TOKENS_MAX + 1) + "{ __typename }", f"{{ {_MANY} }} token2000")


async def _told(world: World, document: str) -> tuple[str, str]:
    response = await world.client.post("/graphql", json={"query": document})
    assert response.status_code == 400
    [error] = response.json()["errors"]
    return error["extensions"]["code"], error["message"]


@pytest.mark.parametrize("document", _BROKEN)
async def test_g15_a_syntax_error_is_told_as_one(world: World, document: str) -> None:
    code, message = await _told(world, document)

    assert code == "DOCUMENT_INVALID"
    assert "Syntax Error" in message


@pytest.mark.parametrize("document", _LONG, ids=["fields", "comments", "and a syntax error"])
async def test_g15_too_many_tokens_are_told_as_that(world: World, document: str) -> None:
    code, message = await _told(world, document)

    assert code == "LIMIT_EXCEEDED"
    assert f"more than {TOKENS_MAX} tokens" in message


@pytest.mark.parametrize("more", [0, 1])
async def test_g15_the_last_token_allowed_is_read(world: World, more: int) -> None:
    document = "{ " + "__typename " * (TOKENS_MAX - 3 + more) + "__typename }"

    code, message = await _told(world, document)

    assert code == "LIMIT_EXCEEDED"
    assert ("tokens" in message) is bool(more)  # all of it was read: only its fields are too many
