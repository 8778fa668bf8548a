"""R1: what is no licence number is none, and a licence whose services nobody knows grants nothing (Art. 7)."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from domain.identifiers import Malformed, licence_number
from domain.permission import RegisterEntry
from domain.register import QuarantineReason, RegisterKind
from tests.registers import imported, opened, put_aside
from tests.world import World, unique
from workflows.database import Database
from workflows.register_import import quarantined_rows

HEADER = "许可证编号,单位名称\n"
NUMBERS = [
    "00000019900101107X",
    "浙ICP备12345678号-1",
    "3.3120269901E10",
    "2024年3月5日A",  # of the case
    "京公网安备11010502030001号",
    "33120279001.0",
    "A1234",
    "9144030071526726XG",
    "H12345678",
    "ISBN9787000000001",
    "（署）网出证（京）字第098号",
    "B2-20090059",
    "TEL057112345678",
    "沪新备A20",
]


@pytest.fixture
async def database(own_database_url: str) -> AsyncIterator[Database]:
    async with opened(own_database_url) as database:
        yield database


@pytest.mark.parametrize("number", NUMBERS)
async def test_r1_a_number_of_something_else_is_put_aside(database: Database, number: str) -> None:
    report = await imported(database, RegisterKind.LICENCES, f"{HEADER}{number},示例晨社\n")

    assert [reason for _, reason in await put_aside(database, report)] == [QuarantineReason.MALFORMED_NUMBER]
    assert report.counts.created == 0


async def test_r1_a_file_in_which_nothing_was_let_in_makes_nothing_missing(database: Database) -> None:
    await imported(database, RegisterKind.LICENCES, f"{HEADER}33120279001,示例晨社\n")

    report = await imported(database, RegisterKind.LICENCES, HEADER + "".join(f"{n},示例社\n" for n in NUMBERS))

    assert (report.counts.quarantined, report.counts.missing) == (len(NUMBERS), 0)


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("00000019900101107X,示例晨社", QuarantineReason.MALFORMED_NUMBER),
        ("33120279001,示例 000000 19900101 107X", QuarantineReason.PERSONAL_DATA),
        ("33120279001,示例社０００００019900101107Ｘ", QuarantineReason.PERSONAL_DATA),
    ],
)
async def test_r1_the_number_of_a_person_is_not_kept(database: Database, row: str, reason: QuarantineReason) -> None:
    report = await imported(database, RegisterKind.LICENCES, f"{HEADER}{row}\n")

    (aside,) = [row async for row in quarantined_rows(database, report.import_id)]
    assert aside.reason == reason
    assert "19900101" not in aside.raw
    assert "•" in aside.raw


@pytest.mark.parametrize("number", ["沪新备A2006-012", "国新网 a2006012", "国新网〔2008〕第003号", "浙新办2009018号"])
def test_r1_listed_older_forms_are_read(number: str) -> None:
    assert licence_number(number).licence_class is None


@pytest.mark.parametrize("number", NUMBERS)
def test_r1_no_such_number_can_be_asked_for(number: str) -> None:
    with pytest.raises(Malformed):
        licence_number(number)


@pytest.mark.parametrize("kind", ["PUBLISH_AND_REPRINT", "REPRINT_ONLY"])
async def test_r1_a_licence_of_unknown_services_covers_nothing(world: World, kind: str) -> None:
    provider = await world.provider()
    holder, account_id, _ = await provider.news_unit()
    (entry,) = await world.rows(RegisterEntry, account_id=account_id)
    number = await world.licence(str(entry.organisation_name), services=None, licence_class=None)

    asked = {"accountId": account_id, "kind": kind, "licenceNumber": number, "idempotencyKey": unique("request-")}
    answer = await holder.person.refused("permissionRequest", **asked)

    assert ("KIND_BEYOND_LICENCE", "kind") in answer.problems
