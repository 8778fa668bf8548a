"""Identity as each role reads it: one form for one kind, on every way to a value (Art. 5)."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

from domain.identity import FIELDS
from domain.policy.masking import MASKS, Form
from domain.policy.roles import Role
from domain.vault.forms import PROVIDED
from domain.vault.pseudonym import pseudonym
from tests.api.reading_rows import KEYS, PERSON
from tests.api.reading_world import World, world_on

SEEING = tuple(role for role in Role if role not in (Role.PUBLIC, Role.APPEAL_REVIEWER, Role.OPERATOR, Role.SYSTEM))
SHOWN = {"legal_name": "欧阳**", "resident_id": "**************123X", "mobile": "*******0000"}
FIELD = {"legal_name": "legalName", "resident_id": "residentId", "mobile": "mobile", "email": "email"}
FIELDS_OF = "legalName { ...M } residentId { ...M } mobile { ...M } email { ...M }"
FRAGMENT = "fragment M on MaskedText { display form revealable }"


@pytest.fixture(scope="module")
async def world(reading_url: str) -> AsyncIterator[World]:
    async with world_on(reading_url) as made:
        yield made


def expected(world: World, role: Role, body: str) -> dict[str, Any]:
    """The masked fields of the first identity, worked out from the table of masks alone."""
    found = {}
    for name, graphql_name in FIELD.items():
        form = MASKS[FIELDS[name].kind, role].form
        display = None
        if name in PERSON:
            stand_in = pseudonym(KEYS, body, world.ours.identities[0])
            display = {Form.HIDDEN: None, Form.PRESENCE: PROVIDED, Form.PSEUDONYM: stand_in}.get(form, SHOWN[name])
        found[graphql_name] = {"display": display, "form": str(form), "revealable": False}
    return found


@pytest.mark.parametrize("role", SEEING)
@pytest.mark.parametrize(
    "way",
    [
        "holder(id: $id) { identity { %s } }",
        "node(id: $id) { ... on Holder { identity { %s } } }",
        "nodes(ids: [$id]) { ... on Holder { identity { %s } } }",
        "holder(id: $id) { a: identity { ...I } b: identity { ...I } }",
    ],
)
async def test_each_role_sees_the_form_of_its_cell(world: World, role: Role, way: str) -> None:
    viewer = world.ours.viewer(role)
    text = "query($id: ID!) { " + (way % FIELDS_OF if "%s" in way else way) + " }" + FRAGMENT
    if "...I" in way:
        text += f" fragment I on Identity {{ {FIELDS_OF} }}"

    found = await world.data(text, viewer, id=world.ours.holders[0])

    holder = next(iter(found.values()))
    holder = holder[0] if isinstance(holder, list) else holder
    assert list(holder.values()) == [expected(world, role, viewer.body)] * len(holder)


@pytest.mark.parametrize("role", [role for role in SEEING if role is not Role.AUDITOR])
async def test_a_list_shows_the_same_forms(world: World, role: Role) -> None:
    viewer = world.ours.viewer(role)
    text = f"{{ accounts {{ edges {{ node {{ holder {{ id identity {{ {FIELDS_OF} }} }} }} }} }} }} {FRAGMENT}"

    found = await world.data(text, viewer)

    first = [
        e["node"]["holder"] for e in found["accounts"]["edges"] if e["node"]["holder"]["id"] == world.ours.holders[0]
    ]
    assert [holder["identity"] for holder in first] == [expected(world, role, viewer.body)] * 3


async def test_pseudonyms_of_two_bodies_cannot_be_joined(world: World) -> None:
    text = "query($id: ID!) { holder(id: $id) { identity { legalName { display } } } }"
    here, there = world.ours.viewer(Role.NATIONAL_REGULATOR), world.theirs.viewer(Role.NATIONAL_REGULATOR)
    number = "query($id: ID!) { holder(id: $id) { identity { residentId { display form } } } }"

    one = await world.data(number, here, id=world.ours.holders[0])
    other = await world.data(number, there, id=world.ours.holders[0])
    name = await world.data(text, here, id=world.ours.holders[0])

    assert one["holder"]["identity"]["residentId"]["form"] == "PSEUDONYM"
    assert one != other
    assert name["holder"]["identity"]["legalName"]["display"] == "欧阳**"


@pytest.mark.parametrize(
    ("role", "seen"),
    [
        (Role.HOLDER, {"FACTS", "ITEMS"}),
        (Role.REVIEWER, {"FACTS", "ITEMS", "NOTE"}),
        (Role.PROVINCIAL_REGULATOR, {"FACTS", "ITEMS"}),
    ],
)
async def test_words_of_a_case_open_for_those_who_may_read_them(world: World, role: Role, seen: set[str]) -> None:
    text = "query($id: ID!) { account(id: $id) { journal { texts { name body { display form } } } } }"

    found = await world.data(text, world.ours.viewer(role), id=world.ours.accounts[0])

    texts = found["account"]["journal"][0]["texts"]
    assert {each["name"] for each in texts} == seen
    assert all(each["body"] == {"display": f"words of {each['name']}", "form": "CLEAR"} for each in texts)


async def test_only_what_is_selected_is_opened(world: World) -> None:
    text = "query($id: ID!) { holder(id: $id) { identity { legalName { form __typename } } } }"

    statements = await world.statements(text, world.ours.viewer(Role.REVIEWER), id=world.ours.holders[0])

    assert len(statements) == 1
    assert "bundle" not in statements[0]
    assert "mask_key" not in statements[0]
