"""A detail page with the sizes that lists have by default fits what anybody but the public may ask for at once."""

from __future__ import annotations

from typing import Any, Final

import pytest
from graphql import get_named_type, is_leaf_type

from api.limits import LIMITS
from domain.policy.roles import Role
from tests.api import sdl
from tests.workflows.test_permission import granted
from tests.world import Person, Provider, World

_ROOTS: Final = {"Staff": "staffMember", "AgreementVersion": "agreement"}
CASES: Final = tuple(type_.name for type_ in sdl.SCHEMA.get_possible_types(sdl.SCHEMA.type_map["Case"]))  # type: ignore[arg-type]


def page_of(type_: Any, lists: int = 2) -> str:
    """Every leaf, what is related with its leaves, and lists with their own lists: no size is named anywhere."""
    parts = ["__typename"]
    for name, field in type_.fields.items():
        named: Any = get_named_type(field.type)
        if is_leaf_type(named):
            parts.append(name)
        elif not hasattr(named, "fields"):
            continue
        elif "nodes" in named.fields:
            inner: Any = get_named_type(named.fields["nodes"].type)
            parts.append(
                f"{name} {{ nodes {{ {page_of(inner, lists - 1)} }} totalCount {{ value }} }}" if lists else ""
            )
        elif "[" in str(field.type):
            parts.append(f"{name} {{ {page_of(named, lists - 1)} }}" if lists else "")
        elif lists == 2:
            parts.append(f"{name} {{ {page_of(named, 0)} }}")
    return " ".join(parts)


async def _cost(person: Person, root: str, id_: str, selected: str) -> int:
    response = await person.post(f"query($id: ID!) {{ {root}(id: $id) {{ {selected} }} }}", {"id": id_})
    assert response.status_code == 200, response.text
    return int(response.json()["extensions"]["cost"]["requested"])


async def _ids(provider: Provider) -> dict[str, str]:
    """One case of each type where the world has one; any other id costs as much."""
    holder, account_id, number = await provider.news_unit()
    permission = await granted(provider, await holder.request(account_id, number))
    found = {"Account": account_id, "Holder": holder.id, "Identity": holder.identity_id, "Provider": provider.id}
    return found | {
        "Staff": provider.officer.id,
        "AgreementVersion": provider.agreement_id,
        "Permission": permission.id,
    }


async def test_n9_a_full_detail_page_of_every_type_of_case_fits(world: World) -> None:
    provider = await world.provider()
    ids = await _ids(provider)
    people = {Role.COMPLIANCE_OFFICER: provider.officer, Role.REVIEWER: provider.reviewer}
    for role, person in people.items():
        for name in CASES:
            root = _ROOTS.get(name, name[0].lower() + name[1:])
            cost = await _cost(person, root, ids.get(name, "x_1"), page_of(sdl.SCHEMA.type_map[name]))
            assert cost <= LIMITS[role].cost, (role, name, cost)

    assert len(CASES) >= 12


@pytest.mark.parametrize(
    ("selected", "named"),
    [
        ("journal { nodes { id } }", "journal(first: 10) { nodes { id } }"),
        ("filings { nodes { id } }", "filings(first: 10) { nodes { id } }"),
        (
            "filings { nodes { journal { nodes { id } } } }",
            "filings(first: 10) { nodes { journal(first: 2) { nodes { id } } } }",
        ),
        ("candidates { isExact }", "candidates(first: 10) { isExact }"),
    ],
)
async def test_n9_a_list_of_a_row_costs_what_its_description_says(world: World, selected: str, named: str) -> None:
    provider = await world.provider()
    _, account = await provider.applied()

    costs = [await _cost(provider.reviewer, "account", account.id, asked) for asked in (selected, named)]

    assert costs[0] == costs[1]


async def test_n9_a_list_of_a_row_shows_ten_and_says_that_there_are_more(world: World) -> None:
    provider = await world.provider()
    for version in range(2, 24, 2):
        await provider.officer.must("providerConfigure", id=provider.id, version=version // 2, quotaOthers=version)
    page = "journal { nodes { seq } pageInfo { hasNextPage } totalCount { value } }"

    told = (await provider.officer.ask(f"query($id: ID!) {{ provider(id: $id) {{ {page} }} }}", id=provider.id))[
        "provider"
    ]

    assert [one["seq"] for one in told["journal"]["nodes"]] == list(range(1, 11))
    assert told["journal"]["pageInfo"]["hasNextPage"] is True
    assert told["journal"]["totalCount"]["value"] > 10


def test_n9_every_list_says_how_many_it_shows_by_default() -> None:
    told = {"root": 0, "nested": 0}
    for type_ in sdl.SCHEMA.type_map.values():
        for field in getattr(type_, "fields", {}).values():
            first = getattr(field, "args", {}).get("first")
            if first is not None and str(first.type) == "Int":
                nested = "if neither first nor last is given 10, or 2 in a list within a list" in first.description
                told["nested" if nested else "root"] += 1
                assert nested or "20 if neither first nor last is given" in first.description
    assert told["nested"] > 20
    assert told["root"] > 10
