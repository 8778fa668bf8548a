"""`Viewer` is no node and has no id: it links to the member of staff or the holder who asks, one type to each id."""

from __future__ import annotations

from typing import Any, Final

from domain.policy.roles import Role
from tests.api import sdl
from tests.world import Person, World, unique

_ME: Final = "{ viewer { __typename role staff { __typename id role } holder { __typename id displayName } } }"
_VIEWER: Final[Any] = sdl.SCHEMA.type_map["Viewer"]


async def _viewer(person: Person) -> dict[str, Any]:
    found: dict[str, Any] = (await person.ask(_ME))["viewer"]
    assert found["__typename"] == "Viewer"
    return found


def test_n2_the_viewer_is_no_node_and_has_no_id_of_its_own() -> None:
    assert "Me" not in sdl.SCHEMA.type_map
    assert "id" not in _VIEWER.fields
    assert [interface.name for interface in _VIEWER.interfaces] == []
    assert str(sdl.SCHEMA.query_type.fields["viewer"].type) == "Viewer!"  # type: ignore[union-attr]


async def test_n2_every_role_of_staff_is_linked_to_its_own_row_and_to_no_other(world: World) -> None:
    provider = await world.provider()
    people = {**provider.staff, Role.PROVINCIAL_REGULATOR: provider.regulator}
    people[Role.NATIONAL_REGULATOR] = await world.regulator("000000")
    for role, person in people.items():
        told = await _viewer(person)
        assert told["staff"] == {"__typename": "Staff", "id": person.id, "role": role}, role
        assert told["holder"] is None


async def test_n2_a_holder_is_linked_to_their_own_row_and_the_public_to_none(world: World) -> None:
    provider = await world.provider()
    holder = await provider.newcomer()
    stranger = Person(world, unique("holder-"), Role.HOLDER, provider.id)

    told = await _viewer(holder.person)

    assert told["staff"] is None
    assert (told["holder"]["__typename"], told["holder"]["id"]) == ("Holder", holder.id)
    for nobody in (world.public, stranger):
        found = await _viewer(nobody)
        assert (found["staff"], found["holder"]) == (None, None)
    assert '""' not in str(await world.public.ask("{ viewer { role providerId authorityId holderId staffNumber } }"))


async def test_n2_no_id_stands_under_two_types_in_one_answer(world: World) -> None:
    provider = await world.provider()
    query = (
        "query($me: ID!) { viewer { staff { __typename id } } staffMember(id: $me) { __typename id } "
        "node(id: $me) { __typename id } }"
    )

    told = await provider.officer.ask(query, me=provider.officer.id)

    assert told["viewer"]["staff"] == told["staffMember"] == told["node"]


async def test_n2_the_viewer_is_asked_anew_as_a_client_refetches_it(world: World) -> None:
    """Relay refetches a fragment on Viewer by the root field, and a page of it with the cursor that it was given."""
    provider = await world.provider()
    holder, _ = await provider.rejected()
    page = (
        "query($n: Int, $after: String) { viewer { ...f @include(if: true) } } "
        "fragment f on Viewer { role holder { id } notices(first: $n, after: $after) "
        "{ edges { cursor node { id __typename } } pageInfo { hasNextPage endCursor } } }"
    )

    first = (await holder.person.ask(page, n=1))["viewer"]
    again = (await holder.person.ask(page, n=1))["viewer"]
    after = (await holder.person.ask(page, n=1, after=first["notices"]["pageInfo"]["endCursor"]))["viewer"]

    assert first == again
    assert first["holder"] == after["holder"] == {"id": holder.id}
    assert first["notices"]["edges"]
    assert first["notices"]["edges"] != after["notices"]["edges"]


async def test_n2_a_machine_or_an_auditor_reads_of_staff_its_own_row_alone(world: World) -> None:
    provider = await world.provider()
    for person in (provider.integration, provider.auditor, provider.staff[Role.APPEAL_REVIEWER]):
        told = await person.ask(
            "query($other: ID!) { staff(first: 100) { nodes { id } } staffMember(id: $other) { id } }",
            other=provider.officer.id,
        )
        assert told == {"staff": {"nodes": [{"id": person.id}]}, "staffMember": None}
