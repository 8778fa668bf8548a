"""The register of licences: numbers are parsed; a change or an absence puts a licence in doubt, no more (Art. 7)."""

from __future__ import annotations

import tracemalloc
from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from domain.licence import Licence, LicenceDoubt
from domain.problems import ProblemCode, Refused
from domain.register import ImportState, QuarantinedRow, QuarantineReason, RegisterImport, RegisterKind
from domain.table import Table, table_of
from tests import registers
from tests.registers import Killed, opened, put_aside, quiet
from workflows.database import Database, Transaction, loader
from workflows.register_csv import Source
from workflows.register_import import BATCH_ROWS, ImportReport
from workflows.register_run import Counts

DEMO = Path(__file__).parents[1] / "data" / "demo_licensed_media.csv"
HEADER = "licence_no,holder,province,class,permission,issuer,valid_from,valid_to\n"
FIRST = HEADER + "31120170001,示例日报社,上海,1,,,2017-06-01,2027-05-31\n32220180002,示例网,,2,,,,\n"
REASON = QuarantineReason


@pytest.fixture
async def database(own_database_url: str) -> AsyncIterator[Database]:
    async with opened(own_database_url) as database:
        yield database


async def imported(database: Database, content: bytes | str | Source, progress: Any = quiet) -> ImportReport:
    return await registers.imported(database, RegisterKind.LICENCES, content, progress)


async def rows_of(database: Database, model: type[Table]) -> list[Any]:
    """All rows of a table, oldest first."""
    found = loader(model)
    wanted = sa.select(*found.columns).order_by(table_of(model).c.id)
    rows = await database.read(lambda connection: connection.fetch(wanted, {}))
    return [found.row(row, database.dialect) for row in rows]


async def licences(database: Database) -> dict[str, Licence]:
    """All licences by their numbers."""
    return {row.number: row for row in await rows_of(database, Licence)}


async def doubts(database: Database) -> list[tuple[str, str, dict[str, Any]]]:
    """All doubts in the order they were written: number, cause, what was said before."""
    numbers = {row.id: number for number, row in (await licences(database)).items()}
    return [(numbers[row.licence_id], row.cause, row.before) for row in await rows_of(database, LicenceDoubt)]


async def everything(database: Database) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Both tables, ids and writing imports too."""
    return (
        [dict(vars(row)) for row in await rows_of(database, Licence)],
        [dict(vars(row)) for row in await rows_of(database, LicenceDoubt)],
    )


def generated(rows: int) -> Source:
    """So many licences, made while they are read."""

    async def content() -> AsyncIterator[bytes]:
        yield HEADER.encode()
        for start in range(0, rows, 100):
            numbers = range(start, start + 100)
            lines = (f"31{n % 3 + 1}{2000 + n // 10_000}{n % 10_000:04},示例{n}报社,,,,,,\n" for n in numbers)
            yield "".join(lines).encode()

    return content


async def test_the_demo_register_comes_in_whole_and_twice_changes_nothing(database: Database) -> None:
    first = await imported(database, DEMO.read_bytes())
    before = await everything(database)
    second = await imported(database, DEMO.read_bytes())

    assert first.counts == Counts(read=8, created=8)
    assert second.counts == Counts(read=8, unchanged=8)
    assert await everything(database) == before
    daily = (await licences(database))["41120181101"]
    assert (daily.holder_name, daily.province, daily.licence_class) == ("漯河日报社", "410000", 1)
    assert (daily.services, daily.year, daily.serial, daily.is_legacy) == ("PUBLISH_AND_REPRINT", 2018, "1101", False)
    assert (daily.issuer, daily.valid_from, daily.valid_to, daily.missing_from) == ("", None, None, None)


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        ("10120170001,示例社,北京,1,,,,", ("10120170001", "000000", 1, "PUBLISH_AND_REPRINT", 2017, "0001", False)),
        ("3132018001,示例社,,,,,,", ("3132018001", "310000", 3, "PLATFORM", 2018, "001", False)),
        (
            "３１ 2-2017-0001,示例社,上海市,,转载服务,,,",
            ("31220170001", "310000", 2, "REPRINT_ONLY", 2017, "0001", False),
        ),
        ("沪新备A2006012,示例社,,,,,,", ("沪新备A2006012", "", None, None, None, None, True)),
        ("国新网 a2006012,示例社,全国,3,,,,", ("国新网A2006012", "000000", 3, "PLATFORM", None, None, True)),
        (
            "沪新备A2006012,示例社,310000,一类,,,,",
            ("沪新备A2006012", "310000", 1, "PUBLISH_AND_REPRINT", None, None, True),
        ),
    ],
)
async def test_a_number_tells_province_class_year_and_serial_and_an_old_one_is_flagged(
    database: Database, row: str, expected: tuple[object, ...]
) -> None:
    await imported(database, f"{HEADER}{row}\n")

    [found] = await rows_of(database, Licence)
    assert (
        found.number, found.province, found.licence_class, found.services, found.year, found.serial, found.is_legacy,
    ) == expected  # fmt: skip


@pytest.mark.parametrize(
    "written", ["2017-06-01", "2017/6/1", "2017.06.01", "2017年6月1日", "20170601", "2017-6-1 0:00"]
)
async def test_a_day_is_read_in_each_usual_form(database: Database, written: str) -> None:
    await imported(database, f"{HEADER}31120170001,示例社,,,,示例机关,{written},长期\n")

    [found] = await rows_of(database, Licence)
    assert (found.valid_from, found.valid_to, found.issuer) == (date(2017, 6, 1), None, "示例机关")


async def test_chinese_headers_are_known(database: Database) -> None:
    head = "许可证编号,单位名称,所在省份,许可类别,许可项目,发证机关,发证日期,有效期至"

    report = await imported(database, f"{head}\n31120170001,示例社,上海,1,采编发布服务,示例机关,,2027-01-01\n")

    assert report.counts == Counts(read=1, created=1)


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (",示例社,,,,,,", REASON.MALFORMED_NUMBER),
        ("3112017,示例社,,,,,,", REASON.MALFORMED_NUMBER),
        ("99120170001,示例社,,,,,,", REASON.MALFORMED_NUMBER),
        ("31420170001,示例社,,,,,,", REASON.MALFORMED_NUMBER),
        ("31120170001,,,,,,,", REASON.EMPTY_NAME),
        ("31120170001,示例(社,,,,,,", REASON.BROKEN_FRAGMENT),
        ("31120170001,示例社,广东,,,,,", REASON.CONTRADICTS_NUMBER),
        ("31120170001,示例社,全国,,,,,", REASON.CONTRADICTS_NUMBER),
        ("31120170001,示例社,,2,,,,", REASON.CONTRADICTS_NUMBER),
        ("31120170001,示例社,,,PLATFORM,,,", REASON.CONTRADICTS_NUMBER),
        ("沪新备A2006012,示例社,,1,REPRINT_ONLY,,,", REASON.CONTRADICTS_NUMBER),
        ("31120170001,示例社,999999,,,,,", REASON.UNKNOWN_DIVISION),
        ("31120170001,示例社,,4,,,,", REASON.UNKNOWN_SERVICES),
        ("31120170001,示例社,,,,,2017-02-30,", REASON.INVALID_DATE),
        ("31120170001,示例社,,,,,,soon", REASON.INVALID_DATE),
        ("31120170001,示例社,,,,,2018-01-01,2017-12-31", REASON.INVALID_DATE),
        ("31120170001,示\u202e例,,,,,,", REASON.CONTROL_CHARACTERS),
    ],
)
async def test_a_row_that_cannot_be_let_in_is_put_aside_with_its_reason(
    database: Database, row: str, reason: QuarantineReason
) -> None:
    report = await imported(database, f"{HEADER}{row}\n32120170001,示例网,,,,,,\n")

    assert await put_aside(database, report) == [(2, reason)]
    assert list(await licences(database)) == ["32120170001"]


async def test_a_change_is_written_and_doubted_with_what_was_said_before(database: Database) -> None:
    await imported(database, FIRST)
    second = FIRST.replace("示例日报社", "示例晚报社").replace("2027-05-31", "2028-05-31")

    report = await imported(database, second)
    before = await everything(database)
    again = await imported(database, second)

    assert report.counts == Counts(read=2, changed=1, unchanged=1)
    assert await doubts(database) == [
        ("31120170001", "CHANGED", {"holder_name": "示例日报社", "valid_to": "2027-05-31"}),
    ]
    changed = (await licences(database))["31120170001"]
    assert (changed.holder_name, changed.holder_name_key) == ("示例晚报社", "示例晚报社")
    assert (changed.valid_to, changed.import_id, changed.seen_in) == (date(2028, 5, 31), *[report.import_id] * 2)
    assert again.counts == Counts(read=2, unchanged=2)
    assert await everything(database) == before


async def test_an_absence_is_doubted_once_and_takes_nothing_away(database: Database) -> None:
    await imported(database, FIRST)
    other, third = FIRST.replace("32220180002", "33220180002"), FIRST.replace("32220180002", "35220180002")

    newer = await imported(database, other)
    before = await everything(database)
    again = await imported(database, other)
    newest = await imported(database, third)

    assert newer.counts == Counts(read=2, created=1, unchanged=1, missing=1)
    assert again.counts == Counts(read=2, unchanged=2)
    assert newest.counts == Counts(read=2, created=1, unchanged=1, missing=1)
    assert await doubts(database) == [("32220180002", "MISSING", {}), ("33220180002", "MISSING", {})]
    found = await licences(database)
    assert found["32220180002"].missing_from == newer.import_id
    assert found["32220180002"].content_hash == before[0][1]["content_hash"]


async def test_a_licence_listed_again_is_missing_no_more_and_may_be_missed_again(database: Database) -> None:
    other = FIRST.replace("32220180002", "33220180002")
    for content in (FIRST, other, FIRST, other):
        await imported(database, content)

    assert [(number, cause) for number, cause, _ in await doubts(database)] == [
        ("32220180002", "MISSING"),
        ("33220180002", "MISSING"),
        ("32220180002", "MISSING"),
    ]
    assert (await licences(database))["33220180002"].missing_from is None


async def test_a_file_that_lists_nothing_says_nothing(database: Database) -> None:
    await imported(database, FIRST)

    report = await imported(database, f"{HEADER}x,示例社,,,,,,\n")

    assert report.counts == Counts(read=1, quarantined=1)
    assert await doubts(database) == []


async def test_the_first_of_two_rows_that_contradict_each_other_holds_in_every_run(database: Database) -> None:
    filler = "".join(f"3112018{number:04},示例{number}报社,,,,,,\n" for number in range(BATCH_ROWS))
    text = f"{FIRST}{filler}31120170001,示例晚报社,上海,,,,,\n"
    await imported(database, FIRST)

    first = await imported(database, text)
    second = await imported(database, text)

    assert first.counts == Counts(read=503, created=500, unchanged=2, quarantined=1)
    assert second.counts == Counts(read=503, unchanged=502, quarantined=1)
    assert await put_aside(database, second) == [(504, REASON.CONTRADICTION)]
    assert await doubts(database) == []


@pytest.mark.parametrize("killed_after", [BATCH_ROWS, 2 * BATCH_ROWS])
async def test_an_import_that_died_goes_on_and_finds_the_same(database: Database, killed_after: int) -> None:
    def dies(rows: int, read_bytes: int) -> None:
        if rows >= killed_after:
            raise Killed

    await imported(database, FIRST)
    content = HEADER + "".join(f"3112018{number:04},示例{number}报社,,,,,,\n" for number in range(1_200))
    with pytest.raises(Killed):
        await imported(database, content, dies)
    assert await doubts(database) == []

    report = await imported(database, content)

    assert report.resumed_at == killed_after
    assert report.counts == Counts(read=1_200, created=1_200, missing=2)
    assert [number for number, _, _ in await doubts(database)] == ["31120170001", "32220180002"]


async def test_an_import_that_died_while_it_noted_what_is_missing_goes_on_there(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    await imported(database, generated(1_200))
    pages, write = 0, database.write

    async def dies(work: Any) -> Any:
        nonlocal pages
        pages += 1
        if pages == 4:  # the import's row, its batch, a page of what is missing, and the next
            raise Killed
        return await write(work)

    with monkeypatch.context() as patched:
        patched.setattr(database, "write", dies)
        with pytest.raises(Killed):
            await imported(database, FIRST)
    halfway = len(await doubts(database))
    report = await imported(database, FIRST)

    assert halfway == 500
    assert report.counts == Counts(read=2, created=2, missing=1_200)
    assert len({number for number, _, _ in await doubts(database)}) == len(await doubts(database)) == 1_200


async def test_a_new_file_ends_the_interrupted_import_of_another(database: Database) -> None:
    def dies(rows: int, read_bytes: int) -> None:
        if rows:
            raise Killed

    with pytest.raises(Killed):
        await imported(database, generated(1_000), dies)
    await imported(database, FIRST)
    again = await imported(database, generated(1_000))

    states = [row.state for row in await rows_of(database, RegisterImport)]
    assert states == [ImportState.SUPERSEDED, ImportState.FINISHED, ImportState.FINISHED]
    assert again.counts == Counts(read=1_000, created=500, unchanged=500, missing=2)


async def test_an_import_that_another_has_ended_writes_nothing_more(own_database_url: str) -> None:
    async with opened(own_database_url) as one, opened(own_database_url) as other:
        passes = iter((False, True))

        async def overtaken() -> AsyncIterator[bytes]:
            content = [piece async for piece in generated(1_000)()]
            for piece in content[:7]:
                yield piece
            if next(passes):
                await imported(other, FIRST)
            for piece in content[7:]:
                yield piece

        with pytest.raises(Refused) as refused:
            await imported(one, overtaken)

        assert [problem.code for problem in refused.value.problems] == [ProblemCode.TRY_AGAIN]
        assert await doubts(one) == [(number, "MISSING", {}) for number in list(await licences(one))[:500]]


Row = tuple[int, str, str]  # serial, holder, last day
FILES = st.lists(
    st.lists(st.tuples(st.integers(0, 4), st.sampled_from("甲乙"), st.sampled_from(["", "2027-01-01"])), max_size=8),
    min_size=1,
    max_size=5,
)


def told(rows: Sequence[Row]) -> dict[int, tuple[str, str]]:
    """What a file says: the first row of a number holds."""
    said: dict[int, tuple[str, str]] = {}
    for serial, holder, last_day in rows:
        said.setdefault(serial, (holder, last_day))
    return said


def expected(files: Sequence[Sequence[Row]]) -> tuple[Mapping[int, tuple[str, str]], list[tuple[int, str]], set[int]]:
    """What is known after these files, what was doubted, and what is missing: written without batches or hashes."""
    known: dict[int, tuple[str, str]] = {}
    doubted: list[tuple[int, str]] = []
    missing: set[int] = set()
    for rows in files:
        said = told(rows)
        doubted += [(serial, "CHANGED") for serial in said if serial in known and known[serial] != said[serial]]
        known |= said
        missing -= set(said)
        if said:
            doubted += [(serial, "MISSING") for serial in set(known) - set(said) - missing]
            missing |= set(known) - set(said)
    return known, doubted, missing


async def emptied(transaction: Transaction) -> None:
    for model in (LicenceDoubt, Licence, QuarantinedRow, RegisterImport):
        await transaction.fetch(sa.delete(table_of(model)), {})


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(files=FILES)
async def test_any_sequence_of_registers_gives_what_a_plain_reading_gives(
    database: Database, files: list[list[Row]]
) -> None:
    await database.write(emptied)

    for rows in files:
        lines = [f"3112017{serial:04},示例{holder}社,,,,,,{last_day}\n" for serial, holder, last_day in rows]
        report = await imported(database, HEADER + "".join(lines))
        assert report.counts.quarantined == sum(told(rows)[row[0]] != row[1:] for row in rows)

    found = await licences(database)
    known, doubted, missing = expected(files)
    assert {int(number[7:]): (row.holder_name[2], str(row.valid_to or "")) for number, row in found.items()} == known
    assert sorted((int(number[7:]), cause) for number, cause, _ in await doubts(database)) == sorted(doubted)
    assert {int(number[7:]) for number, row in found.items() if row.missing_from} == missing


async def test_memory_does_not_grow_with_the_file_nor_with_what_is_missing(database: Database) -> None:
    await imported(database, generated(1_000))  # what is made once is made

    few = await peak_bytes(database, generated(2_000))
    many = await peak_bytes(database, generated(12_000))
    missed = await peak_bytes(database, FIRST)

    assert many < few * 1.3
    assert max(many, missed) < 8_000_000


async def peak_bytes(database: Database, content: Source | str) -> int:
    tracemalloc.start()
    try:
        await imported(database, content)
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
