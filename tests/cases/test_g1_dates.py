"""No infinity comes in or goes out: a date is of the years 1900 to 9999, wherever the schema takes one."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from hashlib import sha256
from typing import Any, Final

import pytest
import sqlalchemy as sa
from graphql import get_named_type

from domain.agreement import AgreementVersion, Baseline
from domain.policy.roles import GRANTS
from domain.qualification import Qualification
from domain.register import RegisterKind
from domain.sanction import Evidence
from tests import registers, sanctions
from tests.api import sdl
from tests.registers import put_aside
from tests.workflows.test_migrations import moved, within
from tests.workflows.test_publishing import ONE
from tests.world import Person, Provider, World, opened_world, unique

DATES: Final = ("Date", "DateTime")
OUTSIDE: Final = {
    "Date": ("0001-01-01", "1899-12-31"),
    "DateTime": (
        "0001-01-01T00:00:00Z", "0001-01-01T00:00:00+08:00", "1899-12-31T23:59:59Z", "9999-12-31T23:59:59.999999Z",
        "9999-12-31T23:59:59-08:00",
    ),
}  # fmt: skip
EDGES: Final = {"Date": ("1900-01-01", "9999-12-31"), "DateTime": ("1900-01-01T00:00:00Z", "9999-12-31T00:00:00Z")}


def _inputs() -> Iterator[tuple[str, sdl.Path, str]]:
    """Every place of every mutation that takes a date."""
    for mutation, type_ in sdl.mutations().items():
        for scalar in DATES:
            yield from ((mutation, path, scalar) for path in sdl.places_of(type_, scalar))


INPUTS: Final = list(_inputs())


def _filters() -> Iterator[tuple[str, str]]:
    """Every root field and the filter of it that takes a moment."""
    for name, field in sdl.SCHEMA.query_type.fields.items():  # type: ignore[union-attr]
        if "where" in field.args:
            where: Any = get_named_type(field.args["where"].type)
            yield from ((name, path[0]) for path in sdl.places_of(where, *DATES))


def _publication(**more: Any) -> dict[str, Any]:
    body = unique("示例协议 ")
    clauses = [{"baseline": baseline.value, "words": baseline.zh} for baseline in Baseline]
    hashed = sha256(body.encode()).hexdigest()
    return {"body": body, "bodyHash": hashed, "clauses": clauses, "idempotencyKey": unique("key-"), **more}


async def _somebody(provider: Provider, mutation: str) -> Person:
    """Who may ask for it."""
    field = sdl.SCHEMA.mutation_type.fields[mutation]  # type: ignore[union-attr]
    grant = next(one.grant for one in field.extensions["strawberry-definition"].directives if hasattr(one, "grant"))
    people = [*provider.staff.values(), provider.regulator]
    for person in people:
        if person.role is not None and grant in GRANTS[person.role]:
            return person
    return (await provider.newcomer()).person


async def _asked(person: Person, mutation: str, input_: dict[str, Any]) -> Any:
    type_ = sdl.mutations()[mutation].name
    query = f"mutation($input: {type_}!) {{ {mutation}(input: $input) {{ problems {{ code path message }} }} }}"
    return await person.post(query, {"input": input_})


def test_g1_the_schema_takes_dates_in_many_places() -> None:
    assert len(INPUTS) >= 15
    assert ("agreementPublish", ("validFrom",), "DateTime") in INPUTS


async def test_g1_a_date_outside_is_a_problem_with_its_path_in_every_input(world: World) -> None:
    provider = await world.provider()
    for mutation, path, scalar in INPUTS:
        person = await _somebody(provider, mutation)
        for value in OUTSIDE[scalar]:
            input_ = sdl.placed(sdl.sample(sdl.mutations()[mutation]), path, value)
            async with world.untouched():
                response = await _asked(person, mutation, input_)
            assert response.status_code == 200, (mutation, path, value, response.text)
            problems = response.json()["data"][mutation]["problems"]
            named = [problem for problem in problems if "1900 to 9999" in problem["message"]]
            want = ["0" if part == "*" else part for part in path]
            assert [(one["code"], one["path"]) for one in named] == [("INPUT_INVALID", want)], (mutation, path, value)


async def test_g1_the_first_and_the_last_day_are_answered_in_every_input(world: World) -> None:
    provider = await world.provider()
    for mutation, path, scalar in INPUTS:
        person = await _somebody(provider, mutation)
        for value in EDGES[scalar]:
            input_ = sdl.placed(sdl.sample(sdl.mutations()[mutation]), path, value)
            response = await _asked(person, mutation, input_)
            assert response.status_code == 200, (mutation, path, value, response.text)


async def test_g1_a_date_outside_is_refused_in_every_filter_and_argument(world: World) -> None:
    reviewer = (await world.provider()).reviewer
    asked = [
        (f"{root}(first: 1, where: {{{name}: %s}}) {{ totalCount {{ value }} }}", name) for root, name in _filters()
    ]
    assert len(asked) >= 4
    for field, name in asked:
        for value in OUTSIDE["DateTime"]:
            literal = await reviewer.post("{ " + field.replace("%s", f'"{value}"') + " }")
            given = await reviewer.post("query($v: DateTime) { " + field.replace("%s", "$v") + " }", {"v": value})
            for response in (literal, given):
                [error] = response.json()["errors"]
                assert (response.status_code, error["extensions"]["code"]) == (400, "ARGUMENT_INVALID"), field
                assert name in error["message"]
        for value in EDGES["DateTime"]:
            assert (await reviewer.post("{ " + field.replace("%s", f'"{value}"') + " }")).status_code == 200, field
    for value in OUTSIDE["Date"]:
        response = await reviewer.post(f'{{ codes(list: "materials", at: "{value}") {{ code }} }}')
        assert response.json()["errors"][0]["extensions"]["code"] == "ARGUMENT_INVALID"


@pytest.mark.parametrize("moment", ["2026-03-02T03:59:59Z", "2020-01-01T00:00:00Z", "1900-01-01T00:00:00Z"])
async def test_g1_an_agreement_comes_into_force_no_earlier_than_now(world: World, moment: str) -> None:
    provider = await world.provider()

    answer = await provider.officer.refused("agreementPublish", **_publication(validFrom=moment))

    assert answer.problems == [("IN_FORCE_BEFORE_ITS_TIME", "validFrom")]


@pytest.mark.parametrize("moment", ["2026-03-02T04:00:00Z", "2026-03-02T12:00:00+08:00", "9999-12-31T00:00:00Z"])
async def test_g1_an_agreement_that_comes_later_is_shown_with_z_and_stops_nobody(world: World, moment: str) -> None:
    provider = await world.provider()
    holder, account_id, _ = await provider.filed()

    await provider.officer.must("agreementPublish", **_publication(validFrom=moment))
    told = await holder.person.ask(ONE, account=account_id, act="PUBLISH", content="GENERAL")
    page = "provider(id: $id) { agreements(first: 5) { nodes { validFrom } } }"
    read = await provider.officer.ask(f"query($id: ID!) {{ {page} }}", id=provider.id)

    assert told["publishingDecision"]["allowed"] is True
    moments = [one["validFrom"] for one in read["provider"]["agreements"]["nodes"]]
    assert len(moments) == 2
    assert all(one.endswith("Z") for one in moments)


async def test_g1_what_holds_for_ever_holds_and_overruns_nothing(world: World) -> None:
    provider = await world.provider()
    await provider.qualify(validFrom="1900-01-01", validTo="9999-12-31")
    holder, account_id, number = await provider.news_unit()
    asked = await holder.request(account_id, number)
    forever: dict[str, Any] = {"id": provider.id, "version": 1, "adoptionUntil": "9999-12-31T00:00:00Z"}
    await provider.regulator.must("providerConfigure", **forever)
    granting: dict[str, Any] = {"id": asked.id, "version": asked.version, "validUntil": "9999-12-31"}
    granted = await provider.officer.do("permissionGrant", **granting)  # the licence ends before that
    case = await sanctions.opened(
        provider, account_id, holder, evidence=[{**sanctions.PIECE, "capturedAt": "9999-12-31T00:00:00Z"}]
    )
    told = await holder.person.ask(ONE, account=account_id, act="PUBLISH", content="NEWS_REPRINT")

    assert [path for _, path in granted.problems] == ["validUntil"]
    assert told["publishingDecision"] is not None
    assert (await case.told("evidence(first: 1) { nodes { capturedAt } }"))["evidence"]["nodes"] == [
        {"capturedAt": "9999-12-31T00:00:00Z"}
    ]


async def test_g1_the_last_day_there_is_lies_in_the_database_as_that_day(own_database_url: str) -> None:
    async with opened_world(own_database_url) as world:
        provider = await world.provider()
        await provider.qualify(validFrom="1900-01-01", validTo="9999-12-31")
        await world.licence("示例晨社", valid_to=date.max)
        days = {row.valid_to for row in await world.rows(Qualification)}

    def written(connection: sa.Connection) -> set[str]:
        tables = ("qualification", "licence")
        told = (connection.execute(sa.text(f"SELECT CAST(valid_to AS TEXT) FROM {table}")) for table in tables)
        return {row[0] for rows in told for row in rows}

    assert days == {date.max}
    assert await within(own_database_url, written) == {"9999-12-31"}


async def test_g1_a_licence_of_no_such_day_is_put_aside(own_database_url: str) -> None:
    header = "许可证编号,单位名称,有效期起,有效期止\n"
    days = ("0001-01-01,2028-01-01", "1899-12-31,2028-01-01", "2020-01-01,9999-12-31")
    rows = "".join(f"331202790{n:02},示例晨社{n},{span}\n" for n, span in enumerate(days, 1))
    async with registers.opened(own_database_url) as database:
        report = await registers.imported(database, RegisterKind.LICENCES, header + rows)
        aside = await put_aside(database, report)

    assert [(line, str(reason)) for line, reason in aside] == [(2, "INVALID_DATE"), (3, "INVALID_DATE")]


async def test_g1_what_stands_as_infinity_is_brought_within_by_the_upgrade(own_database_url: str) -> None:
    async with opened_world(own_database_url) as world:
        provider = await world.provider()
        holder, account_id, _ = await provider.filed()
        await sanctions.opened(provider, account_id, holder)
        await provider.submit_qualification()
        created = (await world.rows(AgreementVersion, id=provider.agreement_id))[0].created_at
    await moved(own_database_url, "0007", down=True)

    def planted(connection: sa.Connection) -> None:
        on_sqlite = connection.dialect.name == "sqlite"
        least = "0001-01-01T00:00:00.000000+00:00" if on_sqlite else "-infinity"
        most = "9999-12-31T23:59:59.999999+00:00" if on_sqlite else "infinity"
        connection.execute(sa.text(f"UPDATE agreement_version SET valid_from = '{least}'"))
        connection.execute(sa.text(f"UPDATE evidence SET captured_at = '{most}'"))
        always = "9999-12-31" if on_sqlite else "infinity"
        connection.execute(sa.text(f"UPDATE qualification SET valid_to = '{always}'"))

    await within(own_database_url, planted)
    await moved(own_database_url, "head")

    async with opened_world(own_database_url) as world:
        [version] = await world.rows(AgreementVersion, id=provider.agreement_id)
        [piece] = await world.rows(Evidence)
        told = await Person(world, holder.person.subject, holder.person.role, provider.id).ask(
            ONE, account=account_id, act="PUBLISH", content="GENERAL"
        )

    def finite(connection: sa.Connection) -> list[str]:
        return [row[0] for row in connection.execute(sa.text("SELECT CAST(valid_to AS TEXT) FROM qualification"))]

    assert version.valid_from == created
    assert await within(own_database_url, finite) == ["9999-12-31"]
    assert piece.captured_at == datetime(9999, 12, 31, tzinfo=UTC)
    assert told["publishingDecision"]["allowed"] is True
