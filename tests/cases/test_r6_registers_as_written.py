"""R6: rows of registers are read as people write them (Art. 7)."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import date
from typing import Any

import pytest
import sqlalchemy as sa

from domain.licence import Licence
from domain.register import QuarantineReason, RegisterKind, SourceUnit
from domain.table import Table, table_of
from tests.registers import imported, opened, put_aside
from workflows.database import Database, loader

HEADER = "number,holder,province,valid_to\n"


@pytest.fixture
async def database(own_database_url: str) -> AsyncIterator[Database]:
    async with opened(own_database_url) as database:
        yield database


async def only(database: Database, model: type[Table]) -> Any:
    found = loader(model)
    wanted = sa.select(*found.columns).order_by(table_of(model).c.id)
    (row,) = await database.read(lambda connection: connection.fetch(wanted, {}))
    return found.row(row, database.dialect)


@pytest.mark.parametrize("name", ["示例日报（海外版)", "示例日报(海外版）", "示例［报]", "示例“日报＂", "示例｛一}"])
async def test_r6_brackets_are_counted_after_they_were_made_plain(database: Database, name: str) -> None:
    report = await imported(database, RegisterKind.SOURCES, f"name\n{name}\n")

    assert await put_aside(database, report) == []


@pytest.mark.parametrize("name", ["示例日报（海外版", "示例日报]海外版", "示例【报]"])
async def test_r6_a_bracket_alone_stays_a_piece_of_a_name(database: Database, name: str) -> None:
    report = await imported(database, RegisterKind.SOURCES, f"name\n{name}\n")

    assert [reason for _, reason in await put_aside(database, report)] == [QuarantineReason.BROKEN_FRAGMENT]


@pytest.mark.parametrize(
    "written",
    [
        "２０２９年３月５日",
        "2029 年 3 月 5 日",
        "2029-03-05T00:00:00",
        "2029-03-05 08:30:00.000Z",
        "2029年3月5日 23:59",
        "2029-03-05T00:00:00+08:00",
        "20290305T083000",
        "２０２９－０３－０５",
        "2029年3月5号",
        "二〇二九年三月五日",
        "2029 / 3 / 5",
    ],
)
async def test_r6_days_are_read_however_they_are_written(database: Database, written: str) -> None:
    report = await imported(database, RegisterKind.LICENCES, f"{HEADER}33120279001,示例晨社,,{written}\n")

    assert await put_aside(database, report) == []
    assert (await only(database, Licence)).valid_to == date(2029, 3, 5)


@pytest.mark.parametrize(
    "written",
    ["2029年13月5日", "2029-02-30T00:00:00", "十十年三月五日", "47182", "2029-03", "08:30", "2029-03-0508:30"],
)
async def test_r6_what_is_no_day_is_put_aside(database: Database, written: str) -> None:
    report = await imported(database, RegisterKind.LICENCES, f"{HEADER}33120279001,示例晨社,,{written}\n")

    assert [reason for _, reason in await put_aside(database, report)] == [QuarantineReason.INVALID_DATE]


@pytest.mark.parametrize(
    ("written", "character"),
    [
        (b"\xfe\x59", "\u9fb4"),
        (b"\xfe\x61", "\u9fb5"),
        (b"\xfe\xa0", "\u9fbb"),
        (b"\xfe\x51", "\U00020087"),
        (b"\xa8\xbc", "ḿ"),
    ],
)
async def test_r6_gb18030_is_read_by_the_table_of_2022(database: Database, written: bytes, character: str) -> None:
    content = "名称\n示例".encode("gb18030") + written + "日报\n".encode("gb18030")

    report = await imported(database, RegisterKind.SOURCES, content)

    assert await put_aside(database, report) == []
    assert (await only(database, SourceUnit)).name == f"示例{character}日报"


@pytest.mark.parametrize(
    "written", ["330106", "330106001", "330106001001", "3301", "３３０１０６", "浙江省杭州市西湖区", "浙江省 杭州市"]
)
async def test_r6_a_smaller_division_lies_in_its_province(database: Database, written: str) -> None:
    report = await imported(database, RegisterKind.LICENCES, f"{HEADER}33120279001,示例晨社,{written},\n")

    assert await put_aside(database, report) == []
    assert (await only(database, Licence)).province == "330000"


@pytest.mark.parametrize("written", ["990101", "33010", "海南藏族县", "3", "浙"])
async def test_r6_what_names_no_division_is_put_aside(database: Database, written: str) -> None:
    report = await imported(database, RegisterKind.LICENCES, f"{HEADER}33120279001,示例晨社,{written},\n")

    assert [reason for _, reason in await put_aside(database, report)] == [QuarantineReason.UNKNOWN_DIVISION]
