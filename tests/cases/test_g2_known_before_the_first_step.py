"""Whatever a document can fail by is known before its first step: an answer without data has changed nothing."""

from __future__ import annotations

from typing import Any, Final

import pytest

from tests.world import Person, World

_TAKE: Final = "one: accountClaim(input: $a) { account { id } }"
_CASE: Final = "mutation($a: AccountLeaseInput!, "
# What comes after the first step, and the variables that make it fail.
_FAILING: Final[dict[str, tuple[str, dict[str, Any]]]] = {
    "a later id": ('$b: ID = "x") { TAKE two: accountClaim(input: {id: $b}) { account { id } } }', {"b": None}),
    "a later version": (
        '$b: Int = 1) { TAKE two: accountWithdraw(input: {id: "x", version: $b}) { account { id } } }',
        {"b": None},
    ),
    "an item of a later list": (
        (
            '$b: String = "OTHER") { TAKE two: accountReject(input: {id: "x", version: 1, reasons: {reasonCodes: [$b],'
            ' facts: "f", legalBases: ["IM_2014_ART_7"], publicReason: "p"}}) { account { id } } }'
        ),
        {"b": None},
    ),
    "an item of a filter in the first payload": (
        (
            '$b: String = "NEWS") { one: accountClaim(input: $a) { account { holder '
            "{ accounts(where: {category: [$b]}) { nodes { id } } } } } }"
        ),
        {"b": None},
    ),
    "an item of a filter in a later payload": (
        (
            '$b: String = "NEWS") { TAKE two: accountRelease(input: $a) { account { holder '
            "{ accounts(where: {category: [$b]}) { nodes { id } } } } } }"
        ),
        {"b": None},
    ),
    "a date of a filter in a payload": (
        (
            "$b: DateTime) { TAKE two: accountRelease(input: $a) { account { holder "
            "{ accounts(where: {appliedSince: $b}) { nodes { id } } } } } }"
        ),
        {"b": "0001-01-01T00:00:00+08:00"},
    ),
    "the size of a page in a payload": (
        "$b: Int = 5) { TAKE two: accountRelease(input: $a) { account { journal(first: $b) { nodes { id } } } } }",
        {"b": 101},
    ),
    "a directive": (
        "$b: Boolean = true) { TAKE two: accountRelease(input: $a) @include(if: $b) { account { id } } }",
        {"b": None},
    ),
}


async def _in_review(world: World) -> tuple[Person, str]:
    provider = await world.provider()
    _, account = await provider.applied()
    return provider.reviewer, account.id


async def _refused_whole(world: World, person: Person, document: str, variables: dict[str, Any], id_: str) -> str:
    """It is answered without data, and nothing was written; the error's code."""
    async with world.untouched(id_):
        response = await person.post(document, variables)
    assert response.status_code == 400, response.text
    assert "data" not in response.json()
    return str(response.json()["errors"][0]["extensions"]["code"])


@pytest.mark.parametrize("failing", _FAILING)
async def test_g2_no_step_is_taken_where_a_later_part_of_the_document_fails(world: World, failing: str) -> None:
    reviewer, id_ = await _in_review(world)
    rest, given = _FAILING[failing]
    document = _CASE + rest.replace("TAKE", _TAKE)

    code = await _refused_whole(world, reviewer, document, {"a": {"id": id_}, **given}, id_)

    assert code in ("VARIABLES_INVALID", "PAGE_INVALID", "ARGUMENT_INVALID")


async def test_g2_the_same_document_takes_its_steps_where_nothing_fails(world: World) -> None:
    reviewer, id_ = await _in_review(world)
    rest, _ = _FAILING["an item of a filter in a later payload"]
    document = _CASE + rest.replace("TAKE", _TAKE)
    refused = await _refused_whole(world, reviewer, document, {"a": {"id": id_}, "b": None}, id_)

    data = await reviewer.ask(document, a={"id": id_}, b="NEWS")

    assert refused == "VARIABLES_INVALID"
    assert data["two"]["account"]["holder"]["accounts"]["nodes"] == []


async def test_g2_no_step_is_taken_where_its_payload_would_resume_a_page(world: World) -> None:
    """Whose page it would resume is known only once the step is taken."""
    reviewer, id_ = await _in_review(world)
    page = "account(id: $id) { journal(first: 1) { pageInfo { endCursor } } }"
    read = await reviewer.ask(f"query($id: ID!) {{ {page} }}", id=id_)
    document = (
        "mutation($a: AccountLeaseInput!, $after: String) { accountClaim(input: $a) { account { "
        "journal(first: 1, after: $after) { nodes { id } } } } }"
    )

    cursor = read["account"]["journal"]["pageInfo"]["endCursor"]
    code = await _refused_whole(world, reviewer, document, {"a": {"id": id_}, "after": cursor}, id_)

    assert code == "CURSOR_INVALID"


async def test_g2_no_step_is_taken_where_a_filter_of_its_payload_cannot_be_asked(world: World) -> None:
    """PostgreSQL has no text with NUL in it."""
    reviewer, id_ = await _in_review(world)
    document = (
        "mutation($a: AccountLeaseInput!, $w: String) { accountClaim(input: $a) { account { holder { "
        "accounts(first: 1, where: {division: $w}) { nodes { id } } } } } }"
    )

    code = await _refused_whole(world, reviewer, document, {"a": {"id": id_}, "w": "a\0b"}, id_)

    assert code == "VARIABLES_INVALID"
