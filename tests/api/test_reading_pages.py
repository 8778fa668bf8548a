"""Pages: order, direction, cursors, filters and counts."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest

from domain.account import Submission
from domain.policy.roles import Role
from tests.api.reading_rows import Seed, body
from tests.api.reading_world import World, world_on

PAGE = """query(
    $first: Int, $after: String, $last: Int, $before: String, $order: AccountOrder! = NEWEST, $where: AccountFilter
) {
    accounts(first: $first, after: $after, last: $last, before: $before, orderBy: $order, where: $where) {
        edges { cursor node { id displayName } }
        pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
        totalCount { value isCapped }
    }
}"""


@pytest.fixture(scope="module")
async def world(reading_url: str) -> AsyncIterator[World]:
    async with world_on(reading_url) as made:
        yield made


async def page(world: World, **arguments: Any) -> dict[str, Any]:
    """A page of a reviewer's accounts."""
    found = await world.data(PAGE, world.ours.viewer(Role.REVIEWER), **arguments)
    accounts: dict[str, Any] = found["accounts"]
    return accounts


def names(shown: dict[str, Any]) -> list[str]:
    """What the rows of a page are called."""
    return [edge["node"]["displayName"] for edge in shown["edges"]]


async def test_pages_follow_one_another_without_gap_or_overlap(world: World) -> None:
    shown, after = [], None
    while True:
        found = await page(world, first=2, after=after)
        shown += names(found)
        if not found["pageInfo"]["hasNextPage"]:
            break
        after = found["pageInfo"]["endCursor"]

    assert shown == [f"name {i}" for i in range(6)]


@pytest.mark.parametrize("order", ["NEWEST", "OLDEST", "DUE"])
async def test_going_back_gives_the_same_pages(world: World, order: str) -> None:
    whole = await page(world, first=6, order=order)

    last = await page(world, last=2, order=order)
    middle = await page(world, last=3, order=order, before=last["pageInfo"]["startCursor"])

    assert names(last) == names(whole)[4:]
    assert last["pageInfo"]["hasPreviousPage"] is True
    assert last["pageInfo"]["hasNextPage"] is False
    assert names(middle) == names(whole)[1:4]
    assert middle["pageInfo"]["hasPreviousPage"] is True
    assert middle["pageInfo"]["hasNextPage"] is True


async def test_a_whole_page_says_that_nothing_follows(world: World) -> None:
    found = await page(world, first=6)

    assert found["pageInfo"]["hasNextPage"] is False
    assert found["pageInfo"]["startCursor"] == found["edges"][0]["cursor"]
    assert found["pageInfo"]["endCursor"] == found["edges"][5]["cursor"]
    assert found["totalCount"] == {"value": 6, "isCapped": False}


async def test_one_row_more_is_read_only_to_tell_whether_more_follow(world: World) -> None:
    viewer = world.ours.viewer(Role.REVIEWER)

    without = await world.statements("{ accounts(first: 3) { edges { cursor } pageInfo { endCursor } } }", viewer)
    with_it = await world.statements("{ accounts(first: 3) { pageInfo { hasNextPage } } }", viewer)

    assert "LIMIT 3" in without[0].upper()
    assert "LIMIT 4" in with_it[0].upper()
    assert len(without) == len(with_it) == 1


@pytest.mark.parametrize(
    ("where", "shown"),
    [
        ({}, [0, 1, 2, 3, 4, 5]),
        ({"state": ["APPLIED"]}, [0, 3]),
        ({"state": ["APPLIED", "REJECTED"]}, [0, 2, 3, 5]),
        ({"state": []}, []),
        ({"state": None, "category": "NEWS"}, [1, 4]),
        ({"category": "x' OR '1'='1"}, []),
        ({"createdSince": "2026-11-22T07:58:00.250Z"}, [0, 1, 2]),
        ({"createdBefore": "2026-11-22T15:58:00.250+08:00"}, [3, 4, 5]),
        ({"claimed": True}, [0, 3]),
        ({"claimed": False}, [1, 2, 4, 5]),
        ({"claimedByMe": True}, [0, 3]),
        ({"claimedByMe": False}, [1, 2, 4, 5]),
        ({"flag": "NEWS_CATEGORY"}, [1, 4]),
        ({"flag": "TWIN"}, [1, 4]),
        ({"flag": "NEWS_CATEGOR_"}, []),
        ({"flag": "EWS_CATEGORY"}, []),
        ({"clock": "OVERDUE"}, [0]),
        ({"clock": "RUNNING"}, [1, 2, 3, 4, 5]),
        ({"clock": "PAUSED"}, []),
        ({"clock": "RUNNING", "state": ["FILED"], "claimed": False}, [1, 4]),
    ],
)
async def test_filters_choose_rows(world: World, where: dict[str, Any], shown: list[int]) -> None:
    found = await page(world, where=where, first=50)

    assert names(found) == [f"name {i}" for i in shown]
    assert found["totalCount"]["value"] == len(shown)


async def test_a_filter_does_not_tell_a_role_what_its_eyes_may_not_see(world: World) -> None:
    text = '{ accounts(where: { flag: "TWIN" }) { nodes { id } totalCount { value } } }'

    found = await world.data(text, world.ours.viewer(Role.INTEGRATION))

    assert found["accounts"] == {"nodes": [], "totalCount": {"value": 0}}


async def test_a_list_of_one_is_compared_by_equality(world: World) -> None:
    viewer = world.ours.viewer(Role.REVIEWER)
    text = "query($state: [AccountState!]) { accounts(where: { state: $state }) { nodes { id } } }"

    one = await world.statements(text, viewer, state=["APPLIED"])
    two = await world.statements(text, viewer, state=["APPLIED", "FILED"])

    assert "ANY" not in one[0].upper().replace("COMPANY", "")
    assert "json_each" not in one[0]
    assert one != two


@pytest.mark.parametrize(
    "arguments",
    [
        {"first": 0},
        {"first": 101},
        {"first": -1},
        {"last": 0},
        {"last": 101},
        {"first": 1, "last": 1},
        {"first": 1, "before": "x"},
        {"last": 1, "after": "x"},
        {"before": "x"},
    ],
)
async def test_a_bad_page_is_refused(world: World, arguments: dict[str, Any]) -> None:
    code = await world.code(PAGE, world.ours.viewer(Role.REVIEWER), **arguments)

    assert code == "PAGE_INVALID"


async def test_a_list_without_a_size_has_twenty_rows_at_most(world: World) -> None:
    statements = await world.statements("{ accounts { nodes { id } } }", world.ours.viewer(Role.REVIEWER))

    assert "LIMIT 20" in statements[0].upper()


async def cursor(world: World, **arguments: Any) -> str:
    """The first cursor of a page."""
    found = await page(world, **arguments)
    return str(found["edges"][0]["cursor"])


@pytest.mark.parametrize("bad", ["", "x", "äöü", "=" * 40, "A" * 5_000, "AAAAAAAAAAAAAAAAW10", "\x00"])
async def test_what_is_no_cursor_is_refused(world: World, bad: str) -> None:
    viewer = world.ours.viewer(Role.REVIEWER)

    code = await world.code("query($c: String) { accounts(after: $c) { nodes { id } } }", viewer, c=bad)

    assert code == ("VARIABLES_INVALID" if "\x00" in bad else "CURSOR_INVALID")


async def test_a_changed_cursor_is_refused(world: World) -> None:
    good = await cursor(world)

    for place in (0, 5, 20, len(good) - 2):
        changed = good[:place] + ("A" if good[place] != "A" else "B") + good[place + 1 :]
        assert await world.code(PAGE, world.ours.viewer(Role.REVIEWER), after=changed) == "CURSOR_INVALID"


@pytest.mark.parametrize(
    "other", [{"order": "OLDEST"}, {"where": {"state": ["APPLIED"]}}, {"where": {"category": "NEWS"}}]
)
async def test_a_cursor_is_good_for_its_order_and_filters_only(world: World, other: dict[str, Any]) -> None:
    good = await cursor(world)

    assert await world.code(PAGE, world.ours.viewer(Role.REVIEWER), after=good, **other) == "CURSOR_INVALID"


async def test_a_cursor_of_other_filter_values_is_refused(world: World) -> None:
    good = await cursor(world, where={"category": "NEWS"})
    viewer = world.ours.viewer(Role.REVIEWER)

    assert await world.code(PAGE, viewer, after=good, where={"category": "FINANCE"}) == "CURSOR_INVALID"
    assert names(await page(world, after=good, where={"category": "NEWS"})) == ["name 4"]


async def test_a_cursor_is_good_for_its_list_only(world: World) -> None:
    good = await cursor(world)
    viewer = world.ours.viewer(Role.REVIEWER)

    text = "query($c: String) { viewer { mine(after: $c) { nodes { id } } } }"
    assert await world.code(text, viewer, c=good) == "CURSOR_INVALID"


async def test_a_cursor_is_good_for_its_viewers_sight_and_scope_only(world: World) -> None:
    good = await cursor(world)
    reviewer = world.ours.viewer(Role.REVIEWER)

    for viewer in (
        world.ours.viewer(Role.COMPLIANCE_OFFICER),
        world.theirs.viewer(Role.REVIEWER),
        replace(reviewer, provider_id=world.theirs.provider),
    ):
        assert await world.code(PAGE, viewer, after=good) == "CURSOR_INVALID"


async def test_a_cursor_of_one_parent_is_refused_under_another(world: World) -> None:
    viewer = world.ours.viewer(Role.REVIEWER)
    text = """query($id: ID!, $c: String) { account(id: $id) {
        submissions(first: 2, after: $c) { edges { cursor node { round } } }
    } }"""
    first = await world.data(text, viewer, id=world.ours.accounts[0])
    good = first["account"]["submissions"]["edges"][1]["cursor"]

    more = await world.data(text, viewer, id=world.ours.accounts[0], c=good)

    assert [edge["node"]["round"] for edge in more["account"]["submissions"]["edges"]] == [2, 1]
    assert await world.code(text, viewer, id=world.ours.accounts[1], c=good) == "CURSOR_INVALID"


async def test_nested_pages_look_ahead_and_count_for_each_parent(world: World) -> None:
    text = """{ accounts(first: 2) { nodes { submissions(first: 3) {
        nodes { round } totalCount { value isCapped } pageInfo { hasNextPage hasPreviousPage }
    } all: submissions(last: 4) { nodes { round } pageInfo { hasPreviousPage } } } } }"""

    found = await world.data(text, world.ours.viewer(Role.REVIEWER))

    for node in found["accounts"]["nodes"]:
        assert node["submissions"] == {
            "nodes": [{"round": 4}, {"round": 3}, {"round": 2}],
            "totalCount": {"value": 4, "isCapped": False},
            "pageInfo": {"hasNextPage": True, "hasPreviousPage": False},
        }
        assert [each["round"] for each in node["all"]["nodes"]] == [4, 3, 2, 1]
        assert node["all"]["pageInfo"] == {"hasPreviousPage": False}


async def test_a_count_stops_at_ten_thousand(world: World) -> None:
    seed = Seed()
    crowd = body(seed, holders=1, accounts_each=1)
    whose = {"provider_id": crowd.provider, "jurisdiction": crowd.authority, "account_id": crowd.accounts[0]}
    for number in range(10_000):
        seed.add(Submission, id=f"submission_{number:026}", **whose, holder_id=crowd.holders[0], round=10 + number)
    for rows in seed.rows[Submission]:
        rows["id"] = f"{crowd.accounts[0]}_{rows['id']}"
    await seed.write(world.database)
    text = """query($id: ID!) {
        account(id: $id) { submissions(first: 1) { totalCount { value isCapped } } }
        submissions(first: 1) { totalCount { value isCapped } }
    }"""

    found = await world.data(text, crowd.viewer(Role.REVIEWER), id=crowd.accounts[0])

    assert found["account"]["submissions"]["totalCount"] == {"value": 10_000, "isCapped": True}
    assert found["submissions"]["totalCount"] == {"value": 10_000, "isCapped": True}
