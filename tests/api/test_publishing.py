"""Who may ask what an account may publish, and how: scope, handles, lists of a hundred, no questions (Art. 7)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from domain.account import Account
from domain.policy.roles import Role
from tests.workflows.test_publishing import MANY, ONE
from tests.world import World, unique


async def test_whoever_sees_the_account_is_told_and_nobody_else_learns_that_it_is(world: World) -> None:
    provider, other = await world.provider(), await world.provider()
    holder, account_id, _ = await provider.filed()
    [account] = await world.rows(Account, id=account_id)
    neighbour = await provider.holder()
    nation, elsewhere = await world.regulator("000000"), await world.regulator("310000")
    see = [holder.person, provider.reviewer, provider.officer, provider.integration, provider.regulator, nation]
    do_not = [
        neighbour.person, other.integration, other.officer, elsewhere, provider.auditor,
        provider.staff[Role.APPEAL_REVIEWER], world.public,
    ]  # fmt: skip
    by_id = {"account": account_id, "act": "PUBLISH", "content": "GENERAL"}
    by_handle = {"handle": account.handle.upper(), "provider": provider.id, "act": "PUBLISH", "content": "GENERAL"}

    for person in see:
        told = (await person.ask(ONE, **by_id))["publishingDecision"]
        assert (told["account"], told["handle"], told["allowed"]) == (account_id, account.handle, True)
        assert (await person.ask(ONE, **by_handle))["publishingDecision"] == told
    for person in do_not:
        never = await person.ask(ONE, **{**by_id, "account": "account_01aaaaaaaaaaaaaaaaaaaaaaaa"})
        assert await person.ask(ONE, **by_id) == await person.ask(ONE, **by_handle) == never
        assert never == {"publishingDecision": None}


async def test_a_handle_is_looked_for_at_ones_own_provider(world: World) -> None:
    provider, other = await world.provider(), await world.provider()
    handle = unique("h")
    _, mine = await provider.approved(handle=handle)
    _, theirs = await other.approved(handle=handle)
    asked = {"handle": handle, "act": "UPDATE", "content": "GENERAL"}

    here = (await provider.integration.ask(ONE, **asked))["publishingDecision"]
    there = (await other.integration.ask(ONE, **asked))["publishingDecision"]

    assert (here["account"], there["account"]) == (mine.id, theirs.id)
    assert (await provider.integration.ask(ONE, **asked, provider=other.id)) == {"publishingDecision": None}


async def test_a_hundred_are_answered_in_their_order_and_what_is_not_there_is_null(world: World) -> None:
    provider, other = await world.provider(), await world.provider()
    _, filed, _ = await provider.filed()
    _, approved = await provider.approved()
    _, foreign, _ = await other.filed()
    [account] = await world.rows(Account, id=filed)
    some: list[dict[str, Any]] = [
        {"account": filed, "act": "PUBLISH"},
        {"handle": account.handle, "act": "COMMENT", "content": "NEWS_REPRINT"},
        {"account": foreign, "act": "PUBLISH"},
        {"account": approved.id, "act": "PUBLISH"},
        {"handle": "nobody", "act": "PUBLISH"},
    ]

    found = (await provider.integration.ask(MANY, items=some * 20))["publishingDecisions"]

    told = [None if one is None else (one["account"], one["act"], one["content"], one["allowed"]) for one in found]
    assert told == 20 * [
        (filed, "PUBLISH", "GENERAL", True),
        (filed, "COMMENT", "NEWS_REPRINT", False),
        None,
        (approved.id, "PUBLISH", "GENERAL", False),
        None,
    ]


@pytest.mark.parametrize(
    ("variables", "code"),
    [
        ({}, "ARGUMENT_INVALID"),
        ({"account": "a", "handle": "b"}, "ARGUMENT_INVALID"),
        ({"account": "a", "act": "WRITE"}, "VARIABLES_INVALID"),
        ({"account": "a", "content": None}, "VARIABLES_INVALID"),
        ({"account": "a", "act": None}, "VARIABLES_INVALID"),
    ],
)
async def test_a_question_that_is_none_is_refused(world: World, variables: Mapping[str, Any], code: str) -> None:
    provider = await world.provider()

    response = await provider.integration.post(ONE, {"act": "PUBLISH", "content": "GENERAL", **variables})

    assert response.status_code == 400
    assert [error["extensions"]["code"] for error in response.json()["errors"]] == [code]


async def test_too_many_questions_or_handles_of_no_provider_are_refused(world: World) -> None:
    provider = await world.provider()
    many = [{"account": "account_1", "act": "PUBLISH"}] * 101
    handle = [{"handle": "h", "act": "PUBLISH"}]

    refused = [
        await provider.integration.post(MANY, {"items": many}),
        await provider.regulator.post(MANY, {"items": handle}),
        await world.public.post(MANY, {"items": handle}),
    ]

    assert [answer.status_code for answer in refused] == [400] * 3
    assert await provider.integration.ask(MANY, items=[]) == {"publishingDecisions": []}


async def test_what_no_text_of_the_database_can_be_names_nothing(world: World) -> None:
    provider = await world.provider()
    items = [{name: text, "act": "PUBLISH"} for text in ("", "%", "'", "ẞ" * 1_000) for name in ("account", "handle")]
    literal = """{ publishingDecision(%s: "a\\u0000b", act: PUBLISH) { allowed } }"""

    assert await provider.integration.ask(MANY, items=items) == {"publishingDecisions": [None] * 8}
    for name in ("account", "handle", 'handle: "h", provider'):
        response = await provider.integration.post(literal % name)
        assert response.status_code == 400 or response.json() == {"data": {"publishingDecision": None}}
