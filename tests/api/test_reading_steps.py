"""Mutations: planned before the step is taken, read anew after it, one after the other."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from api.extension import planned_by
from domain.policy.roles import Role
from tests.api.reading_schema import SCHEMA, Mutation, Query
from tests.api.reading_world import World, world_on

RENAME = """mutation($input: RenameInput!) { accountRename(input: $input) {
    account { displayName holder { identity { legalName { display } } } }
    case { __typename id version } accounts { id } problems { message path }
} }"""


@pytest.fixture(scope="module")
async def world(reading_url: str) -> AsyncIterator[World]:
    async with world_on(reading_url) as made:
        yield made


async def name_of(world: World, account: str) -> str:
    """What an account is called now."""
    found = await world.data(
        "query($id: ID!) { account(id: $id) { displayName } }", world.ours.viewer(Role.REVIEWER), id=account
    )
    return str(found["account"]["displayName"])


async def test_a_payload_is_read_after_the_step_under_scope_and_mask(world: World) -> None:
    account = world.ours.accounts[0]

    found = await world.data(RENAME, world.ours.viewer(Role.REVIEWER), input={"id": account, "name": "New"})

    assert found["accountRename"] == {
        "account": {"displayName": "New", "holder": {"identity": {"legalName": {"display": "欧阳**"}}}},
        "case": {"__typename": "Account", "id": account, "version": 1},
        "accounts": [{"id": account}],
        "problems": [],
    }


async def test_a_payload_shows_nothing_out_of_scope(world: World) -> None:
    viewer = world.theirs.viewer(Role.REVIEWER)

    found = await world.data(RENAME, viewer, input={"id": world.ours.accounts[1], "name": "Theirs"})

    assert found["accountRename"] == {"account": None, "case": None, "accounts": [], "problems": []}


async def test_a_refusal_is_data(world: World) -> None:
    found = await world.data(RENAME, world.ours.viewer(Role.REVIEWER), input={"id": world.ours.accounts[2], "name": ""})

    assert found["accountRename"]["account"] is None
    assert found["accountRename"]["problems"] == [{"message": "Nothing is no name.", "path": ["name"]}]


async def test_steps_of_one_operation_are_taken_in_turn(world: World) -> None:
    account = world.ours.accounts[3]
    text = """mutation($id: ID!) {
        one: accountRename(input: { id: $id, name: "First" }) { account { displayName } }
        two: accountRename(input: { id: $id, name: "Second" }) { account { displayName } }
        __typename
    }"""

    found = await world.data(text, world.ours.viewer(Role.REVIEWER), id=account)

    assert found == {
        "one": {"account": {"displayName": "First"}},
        "two": {"account": {"displayName": "Second"}},
        "__typename": "Mutation",
    }


@pytest.mark.parametrize(
    "payload",
    [
        "account { submissions(first: 0) { nodes { id } } }",
        'account { submissions(after: "nonsense") { nodes { id } } }',
        "account { latestSubmissions(first: 100) { account { submissions(first: 100) { nodes { round } } } } }",
        "account { nothing }",
    ],
)
async def test_no_step_is_taken_for_a_payload_that_cannot_be_read(world: World, payload: str) -> None:
    account = world.ours.accounts[4]
    text = f'mutation($id: ID!) {{ accountRename(input: {{ id: $id, name: "Lost" }}) {{ {payload} }} }}'

    answer = await world.ask(text, world.ours.viewer(Role.REVIEWER), id=account)

    assert answer["errors"][0]["extensions"]["code"] in (
        "PAGE_INVALID",
        "CURSOR_INVALID",
        "COST_EXCEEDED",
        "DOCUMENT_INVALID",
    )
    assert await name_of(world, account) == "name 4"


async def test_strawberrys_own_doors_use_the_same_plans(world: World) -> None:
    import strawberry  # noqa: PLC0415 - only here a schema is made with its extension
    from strawberry.schema.config import StrawberryConfig  # noqa: PLC0415

    from api.context import Context  # noqa: PLC0415
    from api.types.scalars import SCALARS  # noqa: PLC0415
    from tests.api.reading_types import Filing, Step  # noqa: PLC0415

    schema = strawberry.Schema(
        Query,
        Mutation,
        types=[Filing, Step],
        config=StrawberryConfig(scalar_map=SCALARS),
        extensions=[planned_by(lambda: world.engine)],
    )
    context = Context(world.ours.viewer(Role.REVIEWER), world.engine.office)
    text = "query Q($id: ID!) { account(id: $id) { state } __schema { queryType { name } } } query R { __typename }"

    good = await schema.execute(text, {"id": world.ours.accounts[0]}, context_value=context, operation_name="Q")
    bad = await schema.execute("{ nothing }", context_value=context)

    assert good.data == {"account": {"state": "APPLIED"}, "__schema": {"queryType": {"name": "Query"}}}
    assert good.errors is None
    assert bad.errors is not None
    assert bad.errors[0].extensions is not None
    assert bad.errors[0].extensions["code"] == "DOCUMENT_INVALID"
    assert SCHEMA is not schema
