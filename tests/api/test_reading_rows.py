"""Rows as they are read: fields, relations, lists, values, for the viewer's scope and no other."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from api.types.language import Language
from domain.policy.roles import Role
from domain.viewer import ANONYMOUS
from tests.api.reading_types import TALLIES
from tests.api.reading_world import World, world_on


@pytest.fixture(scope="module")
async def world(reading_url: str) -> AsyncIterator[World]:
    async with world_on(reading_url) as made:
        yield made


async def test_a_row_is_read_by_its_id(world: World) -> None:
    text = "query($id: ID!) { account(id: $id) { id displayName state flags isFlagged createdAt version dueAt } }"

    found = await world.data(text, world.ours.viewer(Role.REVIEWER), id=world.ours.accounts[1])

    assert found == {
        "account": {
            "id": world.ours.accounts[1],
            "displayName": "name 1",
            "state": "FILED",
            "flags": ["NEWS_CATEGORY", "TWIN"],
            "isFlagged": True,
            "createdAt": "2026-11-22T07:59:00.250000Z",
            "version": 1,
            "dueAt": "2026-11-22T08:00:00.250000Z",
        }
    }


async def test_a_row_out_of_scope_is_as_one_that_never_was(world: World) -> None:
    text = "query($id: ID!) { account(id: $id) { id } node(id: $id) { id } nodes(ids: [$id]) { id } }"
    viewer = world.ours.viewer(Role.REVIEWER)
    never = "account_01h455vb4pex5vsknk084sn02q"

    foreign = await world.ask(text, viewer, id=world.theirs.accounts[0])
    unknown = await world.ask(text, viewer, id=never)

    assert foreign == unknown
    assert foreign["data"] == {"account": None, "node": None, "nodes": [None]}


@pytest.mark.parametrize(
    ("role", "count"),
    [
        (Role.PUBLIC, 0),
        (Role.HOLDER, 3),
        (Role.REVIEWER, 6),
        (Role.COMPLIANCE_OFFICER, 6),
        (Role.INTEGRATION, 6),
        (Role.PROVINCIAL_REGULATOR, 6),
        (Role.AUDITOR, 0),
        (Role.APPEAL_REVIEWER, 0),
    ],
)
async def test_a_list_holds_the_rows_in_scope(world: World, role: Role, count: int) -> None:
    viewer = world.ours.viewer(role)

    found = await world.data("{ accounts(first: 100) { nodes { id } totalCount { value isCapped } } }", viewer)

    assert len(found["accounts"]["nodes"]) == count
    assert found["accounts"]["totalCount"] == {"value": count, "isCapped": False}
    assert {node["id"] for node in found["accounts"]["nodes"]} <= set(world.ours.accounts)


async def test_relations_are_joined_in_one_statement(world: World) -> None:
    text = """query($id: ID!) { account(id: $id) {
        holder { displayName identity { state } provider { name } }
        provider { name jurisdiction { name } } filing { version }
    } }"""
    viewer = world.ours.viewer(Role.REVIEWER)

    statements = await world.statements(text, viewer, id=world.ours.accounts[0])
    found = await world.data(text, viewer, id=world.ours.accounts[0])

    assert len(statements) == 1
    assert found["account"] == {
        "holder": {"displayName": "holder 0", "identity": {"state": "VERIFIED"}, "provider": {"name": "P"}},
        "provider": {"name": "P", "jurisdiction": {"name": "X"}},
        "filing": {"version": 1},
    }


async def test_a_relation_out_of_scope_is_null_and_its_row_stays(world: World) -> None:
    auditor = world.ours.viewer(Role.AUDITOR)  # sees steps, and no account

    found = await world.data(
        "query($id: ID!) { holder(id: $id) { id accounts { totalCount { value } nodes { id } } } }",
        auditor,
        id=world.ours.holders[0],
    )

    assert found["holder"] == {"id": world.ours.holders[0], "accounts": {"totalCount": {"value": 0}, "nodes": []}}


async def test_the_number_of_statements_does_not_grow_with_the_rows(world: World) -> None:
    text = """query($n: Int!) { accounts(first: $n) { nodes {
        latestSubmissions { round account { id } } submissions(first: 2) { nodes { id } totalCount { value } }
        journal { case { __typename ... on Account { displayName } } texts { name } } holder { tally { accounts } }
    } } }"""
    viewer = world.ours.viewer(Role.REVIEWER)

    one = await world.statements(text, viewer, n=1)
    many = await world.statements(text, viewer, n=6)

    assert len(one) == len(many) == 8


async def test_the_latest_rows_of_each_parent_are_read(world: World) -> None:
    text = """{ accounts(first: 2) { nodes {
        id latestSubmissions { round account { id } } two: latestSubmissions(first: 2) { round }
    } } }"""

    found = await world.data(text, world.ours.viewer(Role.REVIEWER))

    for node in found["accounts"]["nodes"]:
        assert [each["round"] for each in node["latestSubmissions"]] == [4, 3, 2]
        assert {each["account"]["id"] for each in node["latestSubmissions"]} == {node["id"]}
        assert [each["round"] for each in node["two"]] == [4, 3]


async def test_computed_values_know_role_clock_arguments_and_language(world: World) -> None:
    text = """query($id: ID!, $times: Int) { account(id: $id) {
        plain: title  marked: title(mark: "!", times: $times)
        availableSteps { trigger allowed states caption en: caption(language: EN) __typename }
    } }"""
    reviewer, regulator = world.ours.viewer(Role.REVIEWER), world.ours.viewer(Role.PROVINCIAL_REGULATOR)

    seen = await world.data(text, reviewer, id=world.ours.accounts[0], times=3)
    other = await world.ask(text, regulator, language=Language.EN, id=world.ours.accounts[0])

    assert seen["account"] == {
        "plain": "name 0 Applied: waits for review",
        "marked": "name 0 Applied: waits for review!!!",
        "availableSteps": [
            {
                "trigger": "approve",
                "allowed": True,
                "states": ["APPLIED"],
                "caption": "ZH:approve",
                "en": "EN:approve",
                "__typename": "Available",
            }
        ],
    }
    assert other["data"]["account"]["availableSteps"][0]["allowed"] is False
    assert other["data"]["account"]["availableSteps"][0]["caption"] == "EN:approve"


async def test_batched_values_are_worked_out_once_for_a_page(world: World) -> None:
    before = TALLIES.loads

    found = await world.data(
        "{ accounts { nodes { holder { tally { accounts note } } } } }", world.ours.viewer(Role.REVIEWER)
    )

    assert [node["holder"]["tally"] for node in found["accounts"]["nodes"]] == [{"accounts": 3, "note": None}] * 6
    assert TALLIES.loads == before + 1


async def test_ids_of_any_type_are_found_by_their_prefix(world: World) -> None:
    viewer = world.ours.viewer(Role.REVIEWER)
    ids = [world.ours.accounts[0], world.theirs.accounts[0], world.ours.provider, world.ours.authority, "nonsense", ""]

    found = await world.data("query($ids: [ID!]!) { nodes(ids: $ids) { __typename id } }", viewer, ids=ids)

    assert found["nodes"] == [
        {"__typename": "Account", "id": ids[0]},
        None,
        {"__typename": "Provider", "id": ids[2]},
        {"__typename": "Authority", "id": ids[3]},
        None,
        None,
    ]


async def test_the_viewer_and_values_stand_beside_rows(world: World) -> None:
    text = """query($n: Int!) {
        __typename
        me: viewer { id role languages sums(firstNumber: $n) mine(first: 1) { nodes { displayName } } }
        sums(firstNumber: 1, other: 5) }"""
    viewer = world.ours.viewer(Role.REVIEWER)

    found = await world.data(text, viewer, n=3)

    assert found == {
        "__typename": "Query",
        "me": {
            "id": viewer.id,
            "role": "REVIEWER",
            "languages": ["ZH", "EN"],
            "sums": [4],
            "mine": {"nodes": [{"displayName": "name 0"}]},
        },
        "sums": [6],
    }


async def test_fragments_conditions_and_aliases_merge(world: World) -> None:
    text = """query($id: ID!, $with: Boolean!) {
        node(id: $id) { ...A ... on Case { version } ... on Holder { displayName } }
        node(id: $id) { ... on Account @include(if: $with) { state } ... on Account @skip(if: $with) { category } }
    }
    fragment A on Account { name: displayName holder { id } ...B }
    fragment B on Account { holder { displayName @skip(if: true) subjectType } }"""
    viewer = world.ours.viewer(Role.REVIEWER)
    shared = {"name": "name 0", "holder": {"id": world.ours.holders[0], "subjectType": "INDIVIDUAL"}, "version": 1}

    yes = await world.data(text, viewer, id=world.ours.accounts[0], **{"with": True})
    no = await world.data(text, viewer, id=world.ours.accounts[0], **{"with": False})

    assert yes["node"] == {**shared, "state": "APPLIED"}
    assert no["node"] == {**shared, "category": "FINANCE"}


async def test_nobody_sees_a_thing_without_a_login_but_what_is_public(world: World) -> None:
    text = """query($id: ID!) {
        provider(id: $id) { id } holder(id: $id) { id } authorities(first: 1) { nodes { __typename } }
    }"""

    found = await world.data(text, ANONYMOUS, id=world.ours.provider)

    assert found == {"provider": None, "holder": None, "authorities": {"nodes": [{"__typename": "Authority"}]}}
